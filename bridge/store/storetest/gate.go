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
			_, err := f.FindUsers(f.ctx(), now, c, rt, bridge.Query{Filter: x, StartIndex: 1, Count: 10})
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
	group := f.addGroup("Group " + newID())
	writeGroup := func(w bridge.GroupWrite, do func(w bridge.GroupWrite, now time.Time) error) func(bridge.Credential, time.Time) error {
		return func(c bridge.Credential, now time.Time) error {
			w.Credential = c
			return do(w, now)
		}
	}
	insertGroup := func(w bridge.GroupWrite, now time.Time) error { _, err := f.InsertGroup(f.ctx(), now, w); return err }
	replaceGroup := func(w bridge.GroupWrite, now time.Time) error { _, err := f.ReplaceGroup(f.ctx(), now, w); return err }
	deleteGroup := func(w bridge.GroupWrite, now time.Time) error { return f.DeleteGroup(f.ctx(), now, w) }
	staleGroup := f.groupWrite(group, bridge.MemberChange{})
	staleGroup.Group.Version = 7
	return map[string]func(bridge.Credential, time.Time) error{
		"Group": func(c bridge.Credential, now time.Time) error {
			_, err := f.Group(f.ctx(), now, c, group.ID, 9)
			return err
		},
		"Group, missing": func(c bridge.Credential, now time.Time) error {
			_, err := f.Group(f.ctx(), now, c, "none", 9)
			return err
		},
		"FindGroups": func(c bridge.Credential, now time.Time) error {
			_, err := f.FindGroups(f.ctx(), now, c, schema.Group(), bridge.Query{Count: 9})
			return err
		},
		"FindGroups, refused": func(c bridge.Credential, now time.Time) error {
			_, err := f.FindGroups(f.ctx(), now, c, schema.Group(), bridge.Query{Filter: &filter.Present{Path: filter.AttrPath{Name: "meta", Sub: "version"}}})
			return err
		},
		"FindGroups, expired": func(c bridge.Credential, now time.Time) error {
			_, err := f.FindGroups(f.ctx(), now, c, schema.Group(), bridge.Query{After: "none", Count: 9})
			return err
		},
		"FindUsers, expired": func(c bridge.Credential, now time.Time) error {
			_, err := f.FindUsers(f.ctx(), now, c, rt, bridge.Query{After: "none", Count: 9})
			return err
		},
		"InsertGroup, taken":     writeGroup(f.groupDraft(group.NameKey), insertGroup),
		"InsertGroup, invalid":   writeGroup(f.groupDraft("nul\x00"), insertGroup),
		"InsertGroup, stranger":  writeGroup(f.groupDraft(newID(), "nobody"), insertGroup),
		"ReplaceGroup, conflict": writeGroup(staleGroup, replaceGroup),
		"ReplaceGroup, nothing":  writeGroup(f.groupWrite(group, bridge.MemberChange{}), replaceGroup),
		"DeleteGroup, conflict":  writeGroup(staleGroup, deleteGroup),
		"User with groups":       func(c bridge.Credential, now time.Time) error { _, err := f.User(f.ctx(), now, c, u.ID, 9); return err },
		"CheckCredential":        func(c bridge.Credential, now time.Time) error { return f.CheckCredential(f.ctx(), c, now) },
		"User":                   func(c bridge.Credential, now time.Time) error { _, err := f.User(f.ctx(), now, c, u.ID, 0); return err },
		"User, missing": func(c bridge.Credential, now time.Time) error {
			_, err := f.User(f.ctx(), now, c, "none", 0)
			return err
		},
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
		"FormerUser, missing": func(c bridge.Credential, now time.Time) error {
			_, _, err := f.FormerUser(f.ctx(), now, c, "none", "", "none")
			return err
		},
		"Arrive": func(c bridge.Credential, now time.Time) error {
			_, err := f.Arrive(f.ctx(), now, c, u.ID, bridge.ByLogin)
			return err
		},
		"ComeBack": func(c bridge.Credential, now time.Time) error {
			return f.ComeBack(f.ctx(), now, c, u.ID, f.event(bridge.EventUserRejoined))
		},
		"ListUsers": func(c bridge.Credential, now time.Time) error {
			_, err := f.FindUsers(f.ctx(), now, c, schema.User(), bridge.Query{StartIndex: 1, Count: 10})
			return err
		},
		"ListUsers, beyond": func(c bridge.Credential, now time.Time) error {
			_, err := f.FindUsers(f.ctx(), now, c, schema.User(), bridge.Query{StartIndex: 99, Count: 10})
			return err
		},
		"FindUsers by name":     find(`userName eq "anna"`),
		"FindUsers":             find(`externalId eq "none"`),
		"FindUsers, refused":    find(`meta.version pr`),
		"InsertUser, taken":     write(f.draft(u.NameKey), insert),
		"InsertUser, invalid":   write(unstorable, insert),
		"ReplaceUser, conflict": write(stale, replace),
	}
}

// testGate checks that every method that takes a credential refuses a bad one before it says anything else.
func testGate(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	u := f.add("anna")
	group := f.addGroup("Crew", u.ID)
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
		"ReplaceUser, delete": func(c bridge.Credential, now time.Time) error {
			w := f.deleted(u)
			w.Credential = c
			return s.ReplaceUser(f.ctx(), now, w)
		},
		"InsertGroup": func(c bridge.Credential, now time.Time) error {
			w := f.groupDraft("New", u.ID)
			w.Credential = c
			_, err := s.InsertGroup(f.ctx(), now, w)
			return err
		},
		"ReplaceGroup": func(c bridge.Credential, now time.Time) error {
			w := f.groupWrite(group, bridge.MemberChange{Reset: true})
			w.Credential = c
			_, err := s.ReplaceGroup(f.ctx(), now, w)
			return err
		},
		"DeleteGroup": func(c bridge.Credential, now time.Time) error {
			w := f.groupWrite(group, bridge.MemberChange{})
			w.Credential = c
			return s.DeleteGroup(f.ctx(), now, w)
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
	if got := f.group(group.ID); got.Version != 1 || got.Members != 1 {
		t.Errorf("a group of %d in version %d after refused writes alone, want 1 and 1", got.Members, got.Version)
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
		{"disconnect", func(f *fixture) { f.storeState(bridge.Disconnecting) }, bridge.Refused},
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
				_, err := s.User(f.ctx(), f.now, f.cred, u.ID, 0)
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
