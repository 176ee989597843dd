//go:build race

package oktasync_test

// raced tells that the race detector is on: what it makes slow, and can find nothing in that a part does not show, is played in part.
const raced = true
