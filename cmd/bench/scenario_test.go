package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

const testWorkers = 2

// mutant breaks some of the reference's handlers.
type mutant func(*reference, map[string]handler)

// crowdOn starts the reference as a mutant and returns its users.
func crowdOn(t *testing.T, m mutant) (*crowd, error) {
	t.Helper()
	r, err := openRows(t.Context(), sqlite, "sqlite:"+filepath.Join(t.TempDir(), "reference.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.close() })
	s := &reference{rows: r}
	handlers := s.handlers()
	m(s, handlers)
	server := httptest.NewServer(route(handlers))
	t.Cleanup(server.Close)
	c := &crowd{client: newClient(server.URL, "", testWorkers)}
	return c, c.gather(t.Context(), testWorkers, pageSize+testWorkers)
}

// everything runs each scenario as a run does, on a few users, and reads them all at the end.
func everything(ctx context.Context, c *crowd) error {
	operations := c.operations()
	for _, scenario := range scenarios() {
		err := everyWorker(ctx, testWorkers, func(ctx context.Context, worker int) error {
			for range 4 {
				if err := operations[scenario](ctx, worker); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return everyWorker(ctx, testWorkers, func(ctx context.Context, worker int) error {
		for _, p := range c.people[worker] {
			if err := c.client.get(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestScenarios(t *testing.T) {
	c, err := crowdOn(t, func(*reference, map[string]handler) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := everything(t.Context(), c); err != nil {
		t.Error(err)
	}
}

// TestScenarios_Mutants measures servers that do not do what they say: each must end the run.
func TestScenarios_Mutants(t *testing.T) {
	// replaced puts a handler in the place of one, altered changes the answers of one.
	replaced := func(pattern string, by func(*reference) handler) mutant {
		return func(s *reference, h map[string]handler) { h[pattern] = by(s) }
	}
	altered := func(pattern string, how func(*http.Request, document)) mutant {
		return func(_ *reference, h map[string]handler) {
			right := h[pattern]
			h[pattern] = func(r *http.Request) (int, document, error) {
				status, doc, err := right(r)
				if err == nil {
					how(r, doc)
				}
				return status, doc, err
			}
		}
	}
	forgetful := func(status int) func(*reference) handler {
		return func(*reference) handler {
			return func(r *http.Request) (int, document, error) {
				id := chi.URLParam(r, "id")
				if id == "" {
					id = uuid.NewString()
				}
				doc, _, err := decode(r.Body)
				return status, shown(id, doc), err
			}
		}
	}
	idle := func(s *reference) handler { return s.get }
	tests := []struct {
		name string
		mutant
	}{
		{"POST keeps nothing", replaced("POST /Users", forgetful(http.StatusCreated))},
		{"POST answers with another status", replaced("POST /Users", func(s *reference) handler {
			return func(r *http.Request) (int, document, error) {
				_, doc, err := s.post(r)
				return http.StatusOK, doc, err
			}
		})},
		{"POST answers without an id", altered("POST /Users", func(_ *http.Request, doc document) { delete(doc, "id") })},
		{"GET answers with somebody else", altered("GET /Users/{id}", func(_ *http.Request, doc document) { doc["id"] = uuid.NewString() })},
		{"GET answers with what was", altered("GET /Users/{id}", func(_ *http.Request, doc document) { doc["displayName"] = "Person of the Bench" })},
		{"PATCH changes nothing", replaced("PATCH /Users/{id}", idle)},
		{"PUT changes nothing", replaced("PUT /Users/{id}", idle)},
		{"PUT keeps nothing", replaced("PUT /Users/{id}", forgetful(http.StatusOK))},
		{"a filter is ignored", altered("GET /Users", func(r *http.Request, doc document) {
			if r.FormValue("filter") != "" {
				doc["totalResults"] = 2
			}
		})},
		{"a filter finds nobody", altered("GET /Users", func(r *http.Request, doc document) {
			if r.FormValue("filter") != "" {
				doc["Resources"], doc["totalResults"] = []document{}, 0
			}
		})},
		{"a page is one short", altered("GET /Users", func(_ *http.Request, doc document) {
			if all := doc["Resources"].([]document); len(all) > 1 {
				doc["Resources"] = all[1:]
			}
		})},
		{"a page repeats a user", altered("GET /Users", func(_ *http.Request, doc document) {
			if all := doc["Resources"].([]document); len(all) > 1 {
				all[0] = all[1]
			}
		})},
		{"the total leaves users out", altered("GET /Users", func(_ *http.Request, doc document) {
			if total := doc["totalResults"].(int); total > 1 {
				doc["totalResults"] = pageSize
			}
		})},
		{"the total counts users who are not there", altered("GET /Users", func(_ *http.Request, doc document) {
			if total := doc["totalResults"].(int); total > 1 {
				doc["totalResults"] = total + 1000
			}
		})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := crowdOn(t, tt.mutant)
			if err == nil {
				err = everything(t.Context(), c)
			}
			if err == nil {
				t.Fatal("the mutant was measured as if it were right")
			}
			t.Log(err)
		})
	}
}

func TestCounted(t *testing.T) {
	c, err := crowdOn(t, func(*reference, map[string]handler) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.counted(t.Context()); err != nil {
		t.Error(err)
	}
	c.made.Add(1) // as if the server had lost one
	if err := c.counted(t.Context()); err == nil {
		t.Error("a lost user was not noticed")
	}
}
