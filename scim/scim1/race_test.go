//go:build race

package scim1_test

// forgetful: under the race detector a sync.Pool drops what it holds at random, so that buffers are allocated anew.
const forgetful = true
