// Package oktasync makes the vendor's Okta org follow the bridge: a lease holder claims due users, asks policy what
// each account should be, and applies the difference call by call, each recorded before it is sent.
package oktasync
