package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
)

func testToken(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	digest := bridge.Digest{1, 2, 3}
	token := bridge.Token{
		ID: newID(), CustomerID: f.customer.ID, Class: bridge.SCIMToken, Name: "second", Created: f.now.Add(time.Second), Expires: f.now.Add(time.Hour),
	}
	f.must(s.AddToken(f.ctx(), token, digest, 2, f.event(bridge.EventTokenCreated)))
	third := token
	third.ID = newID()
	f.wantCode("a third live token", s.AddToken(f.ctx(), third, bridge.Digest{9}, 2, f.event("x")), bridge.Conflict)
	third.Class = bridge.OktaToken
	f.must(s.AddToken(f.ctx(), third, bridge.Digest{9}, 2, f.event("x")))
	third.ID = newID()
	f.wantCode("the same digest", s.AddToken(f.ctx(), third, bridge.Digest{9}, 2, f.event("x")), bridge.Taken)

	got, customer, err := s.TokenByDigest(f.ctx(), digest)
	f.must(err)
	if diff := cmp.Diff(token, got); diff != "" {
		t.Errorf("token by digest (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(f.customer, customer); diff != "" {
		t.Errorf("customer by digest (-want +got):\n%s", diff)
	}
	_, _, err = s.TokenByDigest(f.ctx(), bridge.Digest{7})
	f.wantCode("an unknown digest", err, bridge.NotFound)

	used := f.now.Add(time.Minute)
	f.must(s.TouchToken(f.ctx(), f.customer.ID, token.ID, used))
	f.must(s.TouchToken(f.ctx(), f.customer.ID, token.ID, f.now)) // late, and older
	token.LastUsed = used
	f.must(s.RevokeToken(f.ctx(), f.customer.ID, token.ID, used, f.event(bridge.EventTokenRevoked)))
	events := len(f.number())
	f.must(s.RevokeToken(f.ctx(), f.customer.ID, token.ID, used.Add(time.Hour), f.event(bridge.EventTokenRevoked)))
	if n := len(f.number()); n != events {
		t.Errorf("revoking twice made %d events more", n-events)
	}
	token.Revoked = used
	all, err := s.Tokens(f.ctx(), f.customer.ID)
	f.must(err)
	if i := 1; len(all) != 3 || !cmp.Equal(all[i], token) {
		t.Errorf("tokens: %+v, want 3 with %+v", all, token)
	}
	f.wantCode("revoking an unknown token", s.RevokeToken(f.ctx(), f.customer.ID, "none", used, f.event("x")), bridge.NotFound)
	other := newFixture(t, s, "beta")
	f.wantCode("revoking another customer's token", s.RevokeToken(f.ctx(), f.customer.ID, other.cred.TokenID, used, f.event("x")), bridge.NotFound)
}
