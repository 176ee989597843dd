package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"
)

// newBench builds the service and returns what a run on SQLite would begin with.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		settings: settings{rounds: 1, turn: 40 * time.Millisecond, connections: testWorkers, growing: true}, dir: t.TempDir(), progress: io.Discard,
	}
	b.binary = filepath.Join(b.dir, "drawbridge")
	if err := build(t.Context(), b.binary); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGrowthOperations runs each operation on a customer made of copies: every answer is what the copy must be.
func TestGrowthOperations(t *testing.T) {
	b := newBench(t)
	var end cleanup
	defer func() {
		if err := end.run(); err != nil {
			t.Error(err)
		}
	}()
	const users = 1_000
	s, err := b.sizedSide(t.Context(), sqlite, users, &end)
	if err != nil {
		t.Fatal(err)
	}
	for _, scenario := range growthScenarios() {
		turn, err := b.takeTurn(t.Context(), s, scenario, limits{workers: testWorkers, turn: time.Minute, most: 40})
		if err != nil {
			t.Error(err)
		} else if turn.perSecond <= 0 || turn.cost < 0 || turn.cost > time.Second {
			t.Errorf("%s: %+v", scenario, turn)
		}
	}
}

func TestMemberships(t *testing.T) {
	b := newBench(t)
	var end cleanup
	defer func() {
		if err := end.run(); err != nil {
			t.Error(err)
		}
	}()
	s, err := b.newService(t.Context(), sqlite, "members", &end)
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.filled(t.Context(), fill{users: 300, teams: 1, every: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	end.add(s.stop)
	var r report
	if err := b.memberships(t.Context(), s, f, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.figures) != 3 {
		t.Errorf("%d figures, want 3", len(r.figures))
	}
	f.users++ // as if one of the members were missing
	if err := s.client(1).checkMembers(t.Context(), f, "nobody"); err == nil {
		t.Error("a missing member was not noticed")
	}
}

func TestCopied(t *testing.T) {
	const first = "01234567-89ab-7def-8123-456789abcdef"
	if got := copied(first, 1); got != first {
		t.Errorf("the first is %q", got)
	}
	if got, want := copied(first, 1_000_000), "01234567-89ab-7def-8123-000001000000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSample has the small and the large customer: all who are asked about are there, nobody twice, and in no group.
func TestSample(t *testing.T) {
	for _, users := range []int{1_000, 100_000, 1_000_000} {
		f := fill{users: users, person: &person{answer: answer{ID: "01234567-89ab-7def-8123-456789abcdef"}}}
		seen := make(map[string]bool)
		n := 0
		for _, people := range f.sample(8) {
			for _, p := range people {
				seen[p.UserName] = true
				n++
			}
		}
		if len(seen) != n || n < 500 || n > sampled*3/2 {
			t.Errorf("of %d: %d, of them %d distinct", users, n, len(seen))
		}
		for i := 2; i <= users; i += 2 {
			if seen[personName(i)] {
				t.Fatalf("of %d: %d is a member of the first group", users, i)
			}
		}
	}
}

// TestGroups_Mutants asks servers that do not do what they say.
func TestGroups_Mutants(t *testing.T) {
	const team = `{"id":"1","displayName":"team","meta":{"version":"W/\"7\""},"members":[{"value":"2"}]}`
	tests := []struct {
		name, answer string
		do           func(context.Context, *client, *group) error
	}{
		{"a member that is not added", team, func(ctx context.Context, c *client, g *group) error { return c.enter(ctx, g, "2", withMembers) }},
		{"a member that is not removed", team, func(ctx context.Context, c *client, g *group) error { return c.leave(ctx, g, "2", withMembers) }},
		{"another group", `{"id":"9","displayName":"team","meta":{"version":"8"}}`,
			func(ctx context.Context, c *client, g *group) error { return c.enter(ctx, g, "2", withMembers) }},
		{"members all the same", team, func(ctx context.Context, c *client, g *group) error { return c.getGroup(ctx, g) }},
		{"two of one name", `{"totalResults":2,"Resources":[` + team + `,` + team + `]}`,
			func(ctx context.Context, c *client, g *group) error { return c.findGroup(ctx, g) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tt.answer) }))
			defer server.Close()
			g := &group{ID: "1", DisplayName: "team", version: `W/"7"`}
			if err := tt.do(t.Context(), newClient(server.URL, "", 1), g); err == nil {
				t.Error("the mutant was measured as if it were right")
			}
		})
	}
}
