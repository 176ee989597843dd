package bridge

import "time"

// RemovalCount is what a store knows of one customer's removals: what the limits on mass removal are measured by.
type RemovalCount struct {
	Hour, Day, Week int       // users whose removal in force was accepted within the last hour, day and week
	Active          int       // users that are active
	Peak            [3]int    // the most users active at any moment of the last hour, day and week; at least Active plus the removals
	LastStart       time.Time // when the customer's last revocation was sent; zero: none was
	StartedLastHour int       // revocations sent within the last hour
}
