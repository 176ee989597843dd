//go:build race

package oktasync_test

import "flag"

// raced tells that the race detector is on: what it makes slow is played in part.
const raced = true

// A property is tried 30 times instead of 100.
func init() {
	if err := flag.Set("rapid.checks", "30"); err != nil {
		panic(err)
	}
}
