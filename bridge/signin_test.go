package bridge_test

import (
	"regexp"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

func TestSignIn(t *testing.T) {
	const idp = "0oaAAAAAAAAAAAAAAAAA"
	now := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	federated := bridge.Link{OktaID: "00u1", Status: policy.Active, Provider: "FEDERATION", Password: bridge.PasswordNone}
	own := bridge.Link{OktaID: "00u1", Status: policy.Active, Provider: "OKTA", Password: bridge.PasswordSet}
	read := bridge.OktaIdP{ID: idp, Status: bridge.IdPActive, Read: now}
	link := func(l bridge.Link, change func(*bridge.Link)) bridge.Link { change(&l); return l }
	with := func(change func(*bridge.OktaIdP)) *bridge.OktaIdP { p := read; change(&p); return &p }
	tests := []struct {
		name string
		link bridge.Link
		set  string
		idp  *bridge.OktaIdP
		want bridge.SignInWay
	}{
		{"no account", bridge.Link{}, idp, &read, bridge.NoWay},
		{"an account that was never read", bridge.Link{OktaID: "00u1"}, idp, &read, bridge.UnknownWay},
		{"federated", federated, idp, &read, bridge.BySSO},
		{"social", link(federated, func(l *bridge.Link) { l.Provider = "SOCIAL" }), idp, &read, bridge.BySSO},
		{"federated, suspended", link(federated, func(l *bridge.Link) { l.Status = policy.Suspended }), idp, &read, bridge.NoWay},
		{"federated, with a password besides, through one that is off",
			link(federated, func(l *bridge.Link) { l.Password = bridge.PasswordSet }), idp,
			with(func(p *bridge.OktaIdP) { p.Status = bridge.IdPInactive }), bridge.NoWay},
		{"through one that is missing", federated, idp, with(func(p *bridge.OktaIdP) { p.Status = bridge.IdPMissing }), bridge.NoWay},
		{"through one that is not set", federated, "", nil, bridge.UnknownWay},
		{"through one that was never read", federated, idp, nil, bridge.UnknownWay},
		{"through another one", federated, "0oaBBBBBBBBBBBBBBBBB", &read, bridge.UnknownWay},
		{"through one read an hour ago", federated, idp, with(func(p *bridge.OktaIdP) { p.Read = now.Add(-time.Hour) }), bridge.BySSO},
		{"through one read longer ago", federated, idp, with(func(p *bridge.OktaIdP) { p.Read = now.Add(-time.Hour - 1) }), bridge.UnknownWay},
		{"password", own, "", nil, bridge.ByPassword},
		{"password to be set", link(own, func(l *bridge.Link) { l.Status, l.Password = "RECOVERY", bridge.PasswordNone }), "", nil, bridge.NoWay},
		{"active without a password", link(own, func(l *bridge.Link) { l.Password = bridge.PasswordNone }), idp, &read, bridge.NoWay},
		{"credentials never shown", link(own, func(l *bridge.Link) { l.Provider, l.Password = "", bridge.PasswordUnknown }), idp, &read, bridge.UnknownWay},
		{"a directory's password", link(own, func(l *bridge.Link) { l.Provider = "ACTIVE_DIRECTORY" }), idp, &read, bridge.UnknownWay},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := bridge.Subject{Customer: bridge.Customer{OktaIdP: tt.set}, Link: &tt.link, IdP: tt.idp}
			if got := s.SignIn(now); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if got := (bridge.Subject{}).SignIn(now); got != bridge.NoWay {
		t.Errorf("without a link: %s", got)
	}
}

func TestOktaIdP_Trouble(t *testing.T) {
	now := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	good := bridge.OktaIdP{ID: "0oa1", Status: bridge.IdPActive, Read: now}
	with := func(change func(*bridge.OktaIdP)) *bridge.OktaIdP { p := good; change(&p); return &p }
	tests := []struct {
		name string
		idp  *bridge.OktaIdP
		want string // a pattern; empty: no trouble
	}{
		{"good", &good, ""},
		{"never read", nil, "not been read yet.*okta.idps.read"},
		{"read long ago", with(func(p *bridge.OktaIdP) { p.Read = now.Add(-2 * time.Hour) }), "last read 2030-05-01T10:00:00Z.*serve"},
		{"missing", with(func(p *bridge.OktaIdP) { p.Status = bridge.IdPMissing }), "none with the id 0oa1.*customer set --okta-idp"},
		{"inactive", with(func(p *bridge.OktaIdP) { p.Status = bridge.IdPInactive }), "INACTIVE.*activate it"},
		{"unsuspends", with(func(p *bridge.OktaIdP) { p.Unsuspends = true }), "gets access back: turn off .Unsuspend[^;]*in its just-in-time"},
		{"reactivates", with(func(p *bridge.OktaIdP) { p.Reactivates = true }), "gets access back: turn off .Reactivate"},
		{"both", with(func(p *bridge.OktaIdP) { p.Unsuspends, p.Reactivates = true, true }), "Unsuspend .* and turn off .Reactivate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.idp.Trouble(now)
			if (got == "") != (tt.want == "") || !regexp.MustCompile(tt.want).MatchString(got) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCheckOktaIdP(t *testing.T) {
	for id, ok := range map[string]bool{
		"": true, "0oa1234567890abcdefg": true, "0oa": false, "00u1234567890abcdefg": false, "0oa1234567890abcdef": false,
		"0oa1234567890abcdefgh": false, "0oa1234567890abcde/g": false, "0oa1234567890abcdefg\n": false, "https://x/0oa1234567890abcdefg": false,
	} {
		if err := bridge.CheckOktaIdP(id); (err == nil) != ok || !ok && bridge.CodeOf(err) != bridge.Invalid {
			t.Errorf("CheckOktaIdP(%q) = %v", id, err)
		}
	}
}
