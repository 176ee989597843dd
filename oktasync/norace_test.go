//go:build !race

package oktasync_test

const raced = false
