package bridge

import "time"

// LoginCount is what a store knows of one customer's changes of logins.
type LoginCount struct {
	Changed int  // other people whose login was changed within the last hour, or may have been, without a person's answer
	Again   bool // this person's was within the last day
	Held    int  // logins that wait for an answer
}

// HeldLogin is a login that waits for an answer.
type HeldLogin struct {
	LoginPin
	UserName string
}

// LoginHold is a customer of whom logins wait for an answer.
type LoginHold struct {
	CustomerID string
	Slug       string
	Logins     int
	Since      time.Time
}
