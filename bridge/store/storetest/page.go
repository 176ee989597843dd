package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// walk reads all pages of a size, and checks that each has the same total.
func (f *fixture) walk(count, total int) []string {
	f.Helper()
	var names []string
	for start := 1; ; start += count {
		page, err := f.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{StartIndex: start, Count: count})
		f.must(err)
		if page.Total != total {
			f.Errorf("total %d at %d, want %d", page.Total, start, total)
		}
		for _, u := range page.Users {
			names = append(names, u.NameKey)
		}
		if len(page.Users) < count {
			return names
		}
	}
}

// testPages walks over users whose ordinals are spread over several blocks, with deleted ones among them, before and
// after folding.
func testPages(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	empty, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{StartIndex: 1, Count: 10})
	f.must(err)
	if empty.Total != 0 || len(empty.Users) != 0 {
		t.Errorf("page of nobody: %+v", empty)
	}
	var want []string
	for i := range 1500 { // ordinals are common to all customers
		name := fmt.Sprintf("user%04d", i)
		if i%3 == 0 {
			other.add(name)
			continue
		}
		u := f.add(name)
		switch {
		case i%5 == 0:
			f.put(f.deleted(u))
			continue
		case i%7 == 0:
			f.put(f.deactivated(u))
		}
		want = append(want, name)
	}
	check := func(when string) {
		t.Helper()
		for _, count := range []int{1000, 100, 33} {
			if diff := cmp.Diff(want, f.walk(count, len(want))); diff != "" {
				t.Errorf("%s, pages of %d (-want +got):\n%s", when, count, diff)
			}
		}
		for _, tt := range []struct{ start, count, from, to int }{
			{0, 2, 0, 2}, {-5, 2, 0, 2}, {len(want), 10, len(want) - 1, len(want)}, {len(want) + 1, 10, 0, 0}, {1 << 30, 10, 0, 0}, {3, 0, 0, 0}, {3, -1, 0, 0},
		} {
			page, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{StartIndex: tt.start, Count: tt.count})
			f.must(err)
			got := mapNames(page.Users)
			if page.Total != len(want) || !cmp.Equal(got, append([]string{}, want[tt.from:tt.to]...)) {
				t.Errorf("%s, %d from %d: total %d of %d, users %v", when, tt.count, tt.start, page.Total, len(want), got)
			}
		}
	}
	check("unfolded")
	f.must(s.FoldBlocks(f.ctx()))
	check("folded")
	f.must(s.FoldBlocks(f.ctx()))
	revived, err := s.DeletedUser(f.ctx(), f.now, f.cred, "user0005", "")
	f.must(err)
	back := f.activated(revived[0])
	back.User.Deleted, back.Members = time.Time{}, 1
	f.put(back)
	for i, name := range want { // it comes back in its old place
		if name > "user0005" {
			want = append(want[:i], append([]string{"user0005"}, want[i:]...)...)
			break
		}
	}
	check("after a revival")
}

func mapNames(users []bridge.User) []string {
	names := make([]string, len(users))
	for i, u := range users {
		names[i] = u.NameKey
	}
	return names
}

// testPagesUnderWrites reads pages while users come and go and blocks are folded: each page's total fits the users that
// are there at that moment, which a page of all of them shows.
func testPagesUnderWrites(t *testing.T, s *store.Store) {
	f := newFixture(t, s, "acme")
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	background := func(do func() error) {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := do(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	background(func() error {
		page, err := s.FindUsers(f.ctx(), f.now, f.cred, schema.User(), bridge.Query{StartIndex: 1, Count: 10_000})
		if err == nil && page.Total != len(page.Users) {
			err = fmt.Errorf("total %d with %d users there", page.Total, len(page.Users))
		}
		return err
	})
	background(func() error { return s.FoldBlocks(f.ctx()) })
	const each = 40
	for w := range 4 {
		writers.Go(func() {
			for i := range each {
				u := f.draft(fmt.Sprintf("user%d-%d", w, i))
				_, err := s.InsertUser(f.ctx(), f.now, u)
				if err == nil && i%2 == 0 {
					err = s.ReplaceUser(f.ctx(), f.now, f.deleted(u.User))
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	f.must(s.FoldBlocks(f.ctx()))
	if n := len(f.walk(50, 4*each/2)); n != 4*each/2 {
		t.Errorf("%d users at rest, want %d", n, 4*each/2)
	}
}

func testFind(t *testing.T, s *store.Store) {
	f, other := newFixture(t, s, "acme"), newFixture(t, s, "beta")
	for i := range 30 {
		u := f.add(fmt.Sprintf("user%02d", i))
		if i%10 == 9 {
			f.put(f.deleted(u))
		}
	}
	other.add("user01")
	rt := schema.User()
	tests := []struct {
		filter       string
		start, count int
		total        int
		want         []string
	}{
		{`userName eq "user01"`, 1, 10, 1, []string{"user01"}},
		{`USERNAME Eq "USER01"`, 1, 10, 1, []string{"user01"}},
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName eq "user01"`, 1, 10, 1, []string{"user01"}},
		{`userName eq "user01"`, 2, 10, 1, []string{}},
		{`userName eq "user01"`, 1, 0, 1, []string{}},
		{`userName eq "user09"`, 1, 10, 0, []string{}},
		{`userName eq "none"`, 1, 10, 0, []string{}},
		{`externalId eq "x-user02"`, 1, 10, 1, []string{"user02"}},
		{`externalId eq "x-user09"`, 1, 10, 0, []string{}},
		{`userName sw "user1"`, 1, 3, 9, []string{"user10", "user11", "user12"}},
		{`userName sw "user1"`, 8, 10, 9, []string{"user17", "user18"}},
		{`userName sw "user1"`, 10, 10, 9, []string{}},
		{`userName sw "user1"`, 1, 0, 9, []string{}},
		{`userName ne "user00" and not (externalId ew "1")`, 26, 10, 23, []string{}},
		{`active eq true`, 1, 2, 27, []string{"user00", "user01"}},
	}
	for _, tt := range tests {
		x, err := filter.Parse(tt.filter)
		f.must(err)
		page, err := s.FindUsers(f.ctx(), f.now, f.cred, rt, bridge.Query{Filter: x, StartIndex: tt.start, Count: tt.count})
		f.must(err)
		if got := mapNames(page.Users); page.Total != tt.total || !cmp.Equal(got, tt.want) {
			t.Errorf("%s, %d from %d: total %d, users %v; want %d, %v", tt.filter, tt.count, tt.start, page.Total, got, tt.total, tt.want)
		}
	}
}
