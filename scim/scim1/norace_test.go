//go:build !race

package scim1_test

const forgetful = false
