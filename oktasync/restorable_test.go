package oktasync_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/store/storetest"
	"drawbridge/oktasync"
	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// restorable is a rig whose database can be copied, and the copy put in its place.
type restorable struct {
	*rig
	url string
}

// eachRestorable runs a test on both stores.
func eachRestorable(t *testing.T, test func(r *restorable)) {
	t.Helper()
	t.Parallel()
	for kind, url := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return storetest.SQLiteURL(t) },
		"postgres": func(t *testing.T) string { return storetest.PostgresURL(t) },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r := &restorable{url: url(t)}
			r.rig = newRig(t, r.open(t))
			t.Cleanup(func() { r.store.Close() })
			test(r)
		})
	}
}

func (r *restorable) open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), r.url, store.Options{
		NewID: newID,
		Now: func() time.Time {
			if r.rig == nil {
				return time.Now().UTC()
			}
			return r.now()
		},
	})
	if err == nil {
		err = s.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reopen puts a database in the place of the one that the rig has.
func (r *restorable) reopen(url string) {
	r.Helper()
	if err := r.store.Close(); err != nil {
		r.Fatal(err)
	}
	r.url = url
	r.store = r.open(r.T)
	r.svc = bridge.NewService(r.store, r.now, newID)
	r.face = bridge.NewFace(r.store, r.now, newID, slog.New(slog.DiscardHandler))
}

// backup copies the database, to which no syncer may be connected, and returns the copy's URL.
func (r *restorable) backup() string {
	r.Helper()
	if err := r.store.Close(); err != nil {
		r.Fatal(err)
	}
	var backup string
	if file, ok := strings.CutPrefix(r.url, "sqlite:"); ok {
		content, err := os.ReadFile(file)
		if err == nil {
			backup = filepath.Join(storetest.Dir(r), "backup.db")
			err = os.WriteFile(backup, content, 0o600)
		}
		if err != nil {
			r.Fatal(err)
		}
		backup = "sqlite:" + backup
	} else {
		backup = storetest.CopyPostgres(r, r.url)
	}
	r.reopen(r.url)
	return backup
}

// records runs a syncer that keeps records in Okta, until the returned function is called.
func (r *rig) records() (stop func()) { return r.start(oktasync.Options{Records: r.client}) }

// again signs the identity provider in once more, after the store was put in place of another.
func (p *idp) again() {
	p.r.Helper()
	tenant, err := p.r.face.Authenticate(p.r.Context(), p.slug, p.secret)
	if err != nil {
		p.r.Fatal(err)
	}
	p.backend = tenant.Backend
}

// ask has the identity provider list its users over HTTP.
func (p *idp) ask(secret string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, "/"+p.slug+"/Users", nil)
	req.Header.Set("Authorization", "Bearer "+secret)
	answer := httptest.NewRecorder()
	scim.NewServer(scim.Options{
		Authenticate: p.r.face.Authenticate, Types: []*schema.ResourceType{schema.User()}, Logger: slog.New(slog.DiscardHandler),
	}).ServeHTTP(answer, req)
	return answer
}

// state is the customer as it is.
func (p *idp) state() bridge.Customer {
	p.r.Helper()
	c, err := p.r.store.Customer(p.r.Context(), p.slug)
	if err != nil {
		p.r.Fatal(err)
	}
	return c
}

// reviewed waits until all is read that there is to read after a restore.
func (p *idp) reviewed() bridge.Review {
	p.r.Helper()
	var review bridge.Review
	p.r.eventually(p.slug+" is reviewed", func() bool {
		list, err := p.r.svc.Reviews(p.r.Context(), support, p.slug)
		if err != nil {
			p.r.Fatal(err)
		}
		if len(list) == 1 {
			review = list[0]
		}
		return len(list) == 1 && review.Complete()
	})
	return review
}

func (p *idp) approve() {
	p.r.Helper()
	if _, err := p.r.svc.ApproveRestore(p.r.Context(), support, p.slug, p.slug); err != nil {
		p.r.Fatal(err)
	}
}

// notOurs are the kinds of writes but those of the records.
func (r *rig) notOurs(since int) map[string]int {
	w := r.writes(since)
	delete(w, "create_group")
	delete(w, "replace_group")
	return w
}
