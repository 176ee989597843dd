package scim_test

import (
	"testing"

	"drawbridge/scim/scimtest"
)

// TestExchanges plays what identity providers send.
func TestExchanges(t *testing.T) {
	for _, f := range scimtest.Fixtures(t, "testdata") {
		t.Run(f.Name, func(t *testing.T) {
			f.Play(t, newService().handler, "/scim/v2/acme", token)
		})
	}
}
