package notify

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/bridge"
)

// fakeStore keeps everything in memory.
type fakeStore struct {
	mu        sync.Mutex
	notices   []bridge.Notice
	holds     []bridge.Hold
	logins    []bridge.LoginHold
	waiting   int
	customers []bridge.Customer
	contacts  []bridge.Contact
	states    map[string]string
	broken    error // of Holds
}

func (s *fakeStore) RaiseNotice(_ context.Context, n bridge.Notice) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, have := range s.notices {
		if have.Subject == n.Subject && have.Closed.IsZero() {
			return false, nil
		}
	}
	s.notices = append(s.notices, n)
	return true, nil
}

func (s *fakeStore) LiveNotices(context.Context) ([]bridge.Notice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.notices), func(n bridge.Notice) bool { return !n.Closed.IsZero() && n.Due.IsZero() }), nil
}

func (s *fakeStore) ChangeNotice(_ context.Context, customerID, id string, change func(*bridge.Notice) bool) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.notices, func(n bridge.Notice) bool { return n.ID == id && n.CustomerID == customerID })
	if i < 0 {
		return false, nil
	}
	n := s.notices[i]
	if !change(&n) {
		return false, nil
	}
	s.notices[i] = n
	return true, nil
}

func (s *fakeStore) Holds(context.Context) ([]bridge.Hold, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.holds), s.broken
}

func (s *fakeStore) LoginHolds(context.Context) ([]bridge.LoginHold, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.logins), nil
}

func (s *fakeStore) DueOf(context.Context, string, bridge.Rank) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting, nil
}

func (s *fakeStore) Customers(context.Context) ([]bridge.Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.customers), nil
}

func (s *fakeStore) FrozenCustomers(context.Context) ([]bridge.Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.customers), func(c bridge.Customer) bool { return !c.Frozen() }), nil
}

func (s *fakeStore) CustomerByID(_ context.Context, id string) (bridge.Customer, error) {
	return bridge.Customer{ID: id, Slug: "acme-" + id}, nil
}

func (s *fakeStore) Contacts(_ context.Context, customerID string) ([]bridge.Contact, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.contacts), func(c bridge.Contact) bool { return c.CustomerID != customerID }), nil
}

func (s *fakeStore) State(_ context.Context, name string) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.states[name], time.Time{}, nil
}

func (s *fakeStore) SetState(_ context.Context, name, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states[name] = value
	return nil
}

// notice is the first notice as it is when all is quiet.
func (r *rig) notice() bridge.Notice {
	r.Helper()
	synctest.Wait()
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	if len(r.store.notices) == 0 {
		r.Fatal("no notice was raised")
	}
	return r.store.notices[0]
}

// set changes the fake under its lock.
func (s *fakeStore) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// fakeSender takes messages, fails or hangs.
type fakeSender struct {
	began time.Time

	mu    sync.Mutex
	fails error
	hangs bool
	took  []string // what it took, with the seconds since it began
	tried int
}

func (f *fakeSender) send(ctx context.Context, m Message) error {
	f.mu.Lock()
	f.tried++
	hangs, fails := f.hangs, f.fails
	if !hangs && fails == nil {
		f.took = append(f.took, fmt.Sprintf("%d %s", int(time.Since(f.began).Seconds()), m.Title))
	}
	f.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return unanswered(ctx.Err())
	}
	return fails
}

func (f *fakeSender) set(fails error, hangs bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails, f.hangs = fails, hangs
}

func (f *fakeSender) tries() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tried
}

func (f *fakeSender) taken() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.took)
}

// rig is a store, channels that are fakes, and the log.
type rig struct {
	*testing.T
	store   *fakeStore
	senders []*fakeSender
	log     *strings.Builder
	logger  *slog.Logger
}

func newRig(t *testing.T, channels int) *rig {
	r := &rig{T: t, store: &fakeStore{states: map[string]string{}}, log: &strings.Builder{}}
	r.logger = slog.New(slog.NewTextHandler(r.log, nil))
	for range channels {
		r.senders = append(r.senders, &fakeSender{began: time.Now()})
	}
	return r
}

// start runs a notifier of one process until the test ends.
func (r *rig) start() {
	var channels []*Channel
	for i, s := range r.senders {
		channels = append(channels, &Channel{name: fmt.Sprintf("#%d (fake)", i+1), to: s})
	}
	r.startWith(channels)
}

func (r *rig) startWith(channels []*Channel) {
	ids := 0
	n := New(Options{
		Store: r.store, Channels: channels, Now: time.Now, Log: r.logger,
		NewID: func() string { ids++; return fmt.Sprintf("%p-%d", &ids, ids) },
	})
	ctx, cancel := context.WithCancel(r.Context())
	done := make(chan error)
	go func() { done <- n.Run(ctx) }()
	r.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.Error(err)
		}
	})
}

// hold opens a hold of the customer of this number.
func (r *rig) hold(customer int) {
	r.store.set(func() {
		r.store.holds = append(r.store.holds, bridge.Hold{
			ID: fmt.Sprint("h", customer), CustomerID: fmt.Sprint(customer), Opened: time.Now(), Sentence: "12 people were removed.",
		})
	})
}

func (r *rig) answer() { r.store.set(func() { r.store.holds = nil }) }
