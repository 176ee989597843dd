package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// calls are all methods that take a credential, each for what is there and for what is not.
func (f *fixture) calls(u bridge.User) map[string]func(c bridge.Credential, now time.Time) error {
	rt := schema.User()
	find := func(text string) func(bridge.Credential, time.Time) error {
		x, err := filter.Parse(text)
		f.must(err)
		return func(c bridge.Credential, now time.Time) error {
			_, err := f.FindUsers(f.ctx(), now, c, rt, x, 1, 10)
			return err
		}
	}
	write := func(w bridge.UserWrite, do func(bridge.UserWrite, time.Time) error) func(bridge.Credential, time.Time) error {
		return func(c bridge.Credential, now time.Time) error {
			w.Credential = c
			return do(w, now)
		}
	}
	insert := func(w bridge.UserWrite, now time.Time) error { _, err := f.InsertUser(f.ctx(), now, w); return err }
	replace := func(w bridge.UserWrite, now time.Time) error { return f.ReplaceUser(f.ctx(), now, w) }
	unstorable := f.draft("nul\x00")
	stale := f.deactivated(u)
	stale.User.Version = 7
	return map[string]func(bridge.Credential, time.Time) error{
		"CheckCredential": func(c bridge.Credential, now time.Time) error { return f.CheckCredential(f.ctx(), c, now) },
		"User":            func(c bridge.Credential, now time.Time) error { _, err := f.User(f.ctx(), now, c, u.ID); return err },
		"User, missing":   func(c bridge.Credential, now time.Time) error { _, err := f.User(f.ctx(), now, c, "none"); return err },
		"UserByName": func(c bridge.Credential, now time.Time) error {
			_, err := f.UserByName(f.ctx(), now, c, u.NameKey)
			return err
		},
		"UserByName, missing": func(c bridge.Credential, now time.Time) error {
			_, err := f.UserByName(f.ctx(), now, c, "none")
			return err
		},
		"DeletedUser, missing": func(c bridge.Credential, now time.Time) error {
			_, err := f.DeletedUser(f.ctx(), now, c, "none", "none")
			return err
		},
		"ListUsers": func(c bridge.Credential, now time.Time) error {
			_, err := f.ListUsers(f.ctx(), now, c, 1, 10)
			return err
		},
		"ListUsers, beyond": func(c bridge.Credential, now time.Time) error {
			_, err := f.ListUsers(f.ctx(), now, c, 99, 10)
			return err
		},
		"FindUsers by name":     find(`userName eq "anna"`),
		"FindUsers":             find(`externalId eq "none"`),
		"FindUsers, refused":    find(`groups.value eq "none"`),
		"InsertUser, taken":     write(f.draft(u.NameKey), insert),
		"InsertUser, invalid":   write(unstorable, insert),
		"ReplaceUser, conflict": write(stale, replace),
	}
}

// testGate checks that every method that takes a credential refuses a bad one before it says anything else.
func testGate(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	u := f.add("anna")
	writes := map[string]func(bridge.Credential, time.Time) error{
		"InsertUser": func(c bridge.Credential, now time.Time) error {
			w := f.draft("bert")
			w.Credential = c
			_, err := s.InsertUser(f.ctx(), now, w)
			return err
		},
		"ReplaceUser": func(c bridge.Credential, now time.Time) error {
			w := f.deactivated(u)
			w.Credential = c
			return s.ReplaceUser(f.ctx(), now, w)
		},
	}
	calls := f.calls(u)
	for name, call := range writes {
		calls[name] = call
	}
	refusedBy := func(why string, c bridge.Credential, now time.Time, want bridge.Code) {
		for name, call := range calls {
			f.wantCode(name+" with "+why, call(c, now), want)
		}
	}
	refusedBy("an unknown token", bridge.Credential{TokenID: "none", CustomerID: f.customer.ID}, f.now, bridge.Unauthorized)
	refusedBy("another customer's token", bridge.Credential{TokenID: other.cred.TokenID, CustomerID: f.customer.ID}, f.now, bridge.Unauthorized)
	refusedBy("its token for another customer", bridge.Credential{TokenID: f.cred.TokenID, CustomerID: other.customer.ID}, f.now, bridge.Unauthorized)
	refusedBy("an expired token", f.cred, f.now.Add(bridge.DefaultTokenLife), bridge.Unauthorized)
	for _, state := range []bridge.State{bridge.Off, bridge.Disconnecting, bridge.Disconnected} {
		f.change(state)
		refusedBy("a connection "+string(state), f.cred, f.now, bridge.Refused)
	}
	f.change(bridge.Live)
	f.must(s.RevokeToken(f.ctx(), f.customer.ID, f.cred.TokenID, f.now, f.event(bridge.EventTokenRevoked)))
	refusedBy("a revoked token", f.cred, f.now, bridge.Unauthorized)

	f.cred = f.token("another")
	for _, state := range []bridge.State{bridge.Live, bridge.Paused, bridge.Held} {
		f.change(state)
		for name, call := range f.calls(u) {
			err := call(f.cred, f.now)
			if code := bridge.CodeOf(err); code == bridge.Unauthorized || code == bridge.Refused {
				t.Errorf("%s with a good token while %s: %v", name, state, err)
			}
		}
	}
	if got := f.subject(u.ID).User.Version; got != 1 {
		t.Errorf("version %d after refused writes alone, want 1", got)
	}
}

// testI30RevokedTokenWritesNothing ends the credential while 50 writers use it, prepared and under way: whatever they
// are answered after the end was committed is a refusal, and nothing of theirs is stored after it.
func testI30RevokedTokenWritesNothing(t *testing.T, s *store.Store) {
	ends := []struct {
		name string
		end  func(f *fixture)
		want bridge.Code
	}{
		{"revoke", func(f *fixture) {
			f.must(s.RevokeToken(f.ctx(), f.customer.ID, f.cred.TokenID, f.now, f.event(bridge.EventTokenRevoked)))
		}, bridge.Unauthorized},
		{"disconnect", func(f *fixture) { f.change(bridge.Disconnecting) }, bridge.Refused},
	}
	for _, tt := range ends {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, s, tt.name)
			u := f.add("common")
			var ended atomic.Bool
			var written atomic.Int64
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					for i := 0; ; i++ {
						after := ended.Load()
						_, err := s.InsertUser(f.ctx(), f.now, f.draft(newID()))
						if err == nil && after {
							t.Error("a write that began after the end was committed")
						}
						if err != nil {
							f.wantCode("a write after the end", err, tt.want)
							return
						}
						written.Add(1)
						if i > 10_000 {
							t.Error("the end did not come through")
							return
						}
					}
				})
			}
			for written.Load() < 100 {
				_, err := s.User(f.ctx(), f.now, f.cred, u.ID)
				f.must(err)
			}
			start := time.Now()
			tt.end(f)
			ended.Store(true)
			waited := time.Since(start)
			// The writers of whom the end did not wait may still be on their way; what they would store must be refused.
			atEnd, err := s.CountConnected(f.ctx(), f.customer.ID)
			f.must(err)
			wg.Wait()
			after, err := s.CountConnected(f.ctx(), f.customer.ID)
			f.must(err)
			if atEnd != after {
				t.Errorf("%d users at the commit of the end and %d at rest: %d were written after it", atEnd, after, after-atEnd)
			}
			t.Logf("%d writes, the end waited %v", written.Load(), waited.Round(time.Millisecond))
		})
	}
}
