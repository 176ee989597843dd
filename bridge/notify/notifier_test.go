package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
)

func (r *rig) wantTold(channel int, want ...string) {
	r.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, r.senders[channel].taken()); diff != "" {
		r.Errorf("channel %d took (-want +got):\n%s", channel+1, diff)
	}
}

// TestI11_HoldIsToldUntilAnswered follows a hold for 6 hours, with two processes: each round is told once, with how many wait by then.
func TestI11_HoldIsToldUntilAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.store.waiting = 12
		r.start()
		r.start()
		time.Sleep(time.Second)
		r.hold(1)
		time.Sleep(6 * time.Hour)
		r.store.set(func() { r.store.waiting = 30 })
		time.Sleep(time.Minute)
		if text := strings.Join(r.notice().Text, "\n"); !strings.Contains(text, "waits: 30,") || !strings.Contains(text, "drawbridge hold show acme-1") {
			t.Errorf("the text does not follow: %s", text)
		}
		r.answer()
		time.Sleep(24 * time.Hour)
		const title = "acme-1: removals wait for your answer"
		r.wantTold(0, "5 "+title, "905 "+title, "3605 "+title, "18005 "+title, "21665 Over: "+title)
	})
}

func TestI11_HoldIsToldWithinAMinuteWhateverHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 3)
		r.senders[0].set(nil, true)
		r.senders[1].set(nil, true)
		r.start()
		time.Sleep(time.Millisecond)
		for i := range 200 {
			r.hold(i)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if told := r.senders[2].taken(); len(told) != 200 {
			t.Errorf("of 200 holds %d were told of within a minute", len(told))
		}
		for _, s := range r.senders[:2] {
			if n := s.tries(); n > 16+4 {
				t.Errorf("a channel that hangs was tried %d times within a minute", n)
			}
			s.set(nil, false)
		}
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		for i, s := range r.senders {
			if told := s.taken(); len(told) != 200 {
				t.Errorf("channel %d took %d messages of 200 once it worked", i+1, len(told))
			}
		}
	})
}

func TestAcknowledgedIsSilentUntilItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.start()
		time.Sleep(time.Second)
		r.hold(1)
		time.Sleep(time.Minute)
		r.store.set(func() {
			n := &r.store.notices[0]
			n.Acknowledged, n.AcknowledgedBy, n.Due, n.Owed = time.Now(), "support:anna", time.Time{}, nil
		})
		time.Sleep(24 * time.Hour)
		const title = "acme-1: removals wait for your answer"
		r.wantTold(0, "5 "+title)
		r.answer()
		time.Sleep(time.Minute)
		r.wantTold(0, "5 "+title, "86465 Over: "+title)
	})
}

// TestFailingChannel fails for some time: the others are told once, it is told when it works again, and doctor knows.
func TestFailingChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2)
		r.senders[1].set(answered("HTTP", 404), false)
		start := time.Now().UTC()
		r.hold(1)
		r.start()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		health, started, err := ReadHealth(t.Context(), r.store)
		want := []Health{{Name: "#1 (fake)"}, {Name: "#2 (fake)", Since: start, Reason: "HTTP 404"}}
		if diff := cmp.Diff(want, health); diff != "" || !started || err != nil {
			t.Errorf("health, %t, %v (-want +got):\n%s", started, err, diff)
		}
		if tries := r.senders[1].tries(); tries < 3 || tries > 6 {
			t.Errorf("tried %d times in two minutes", tries)
		}
		r.senders[1].set(nil, false)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if first, second := len(r.senders[0].taken()), len(r.senders[1].taken()); first != 1 || second != 1 {
			t.Errorf("told %d and %d times, want once each", first, second)
		}
		if health, _, err := ReadHealth(t.Context(), r.store); err != nil || !health[1].Since.IsZero() {
			t.Errorf("health once it works: %+v, %v", health, err)
		}
		if n := strings.Count(r.log.String(), "a channel fails"); n != 1 || !strings.Contains(r.log.String(), "a channel works again") {
			t.Errorf("the log says %d times that it fails:\n%s", n, r.log)
		}
	})
}

// TestI7_AFailedReadClosesNothing takes nothing for gone that could not be read.
func TestI7_AFailedReadClosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.hold(1)
		r.start()
		time.Sleep(time.Second)
		r.store.set(func() { r.store.holds, r.store.broken = nil, errors.New("the database is away") })
		time.Sleep(14 * time.Minute)
		if !r.notice().Closed.IsZero() {
			t.Error("the notice is closed")
		}
		time.Sleep(2 * time.Minute)
		r.wantTold(0, "0 acme-1: removals wait for your answer", "900 acme-1: removals wait for your answer")
	})
}

func TestNobodyToTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		r.hold(1)
		r.start()
		time.Sleep(time.Hour)
		if n := r.notice(); n.Sends != 0 || n.Due.IsZero() {
			t.Errorf("without channels: %+v", n)
		}
		if health, started, err := ReadHealth(t.Context(), r.store); len(health) != 0 || !started || err != nil {
			t.Errorf("health %v, %t, %v", health, started, err)
		}
		r.senders = append(r.senders, &fakeSender{began: time.Now()})
		r.start()
		time.Sleep(time.Minute)
		r.wantTold(0, "0 acme-1: removals wait for your answer")
	})
}

// TestOutagesAndDisconnects are told once they last, and not otherwise.
func TestOutagesAndDisconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.start()
		publish := func(o *bridge.Outage) {
			value, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			r.store.set(func() { r.store.states[bridge.CircuitState] = string(value) })
		}
		time.Sleep(time.Millisecond) // so that nothing here happens at the moment at which the store is looked at
		publish(&bridge.Outage{Since: time.Now(), Status: 503, StillActive: 3})
		time.Sleep(20 * time.Second)
		publish(nil)
		time.Sleep(40 * time.Second)
		r.wantTold(0)
		publish(&bridge.Outage{Since: time.Now(), Status: 503, StillActive: 3})
		time.Sleep(time.Minute)
		if text := strings.Join(r.notice().Text, "\n"); !strings.Contains(text, "HTTP 503") || !strings.Contains(text, "because of it: 3.") {
			t.Errorf("text: %s", text)
		}
		publish(nil)
		time.Sleep(time.Minute)
		r.wantTold(0, "95 Okta does not answer", "125 Over: Okta does not answer")

		r.store.set(func() {
			r.store.customers = []bridge.Customer{{ID: "1", Slug: "acme", State: bridge.Disconnecting, Epoch: 2, Modified: time.Now()}, {ID: "2", State: bridge.Live}}
		})
		time.Sleep(59 * time.Minute)
		r.wantTold(0, "95 Okta does not answer", "125 Over: Okta does not answer")
		time.Sleep(3 * time.Minute)
		r.store.set(func() { r.store.customers[0].State = bridge.Disconnected })
		time.Sleep(3 * time.Minute)
		if told := r.senders[0].taken(); len(told) != 4 || !strings.HasSuffix(told[3], "Over: acme: the disconnect has not come to its end") {
			t.Errorf("told %q", told)
		}
	})
}

// TestI9_ARestoreIsToldUntilAllIsApproved, at once and as one thing.
func TestI9_ARestoreIsToldUntilAllIsApproved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.start()
		time.Sleep(time.Millisecond) // so that nothing here happens at the moment at which the store is looked at
		since := time.Now()
		r.store.set(func() {
			r.store.customers = []bridge.Customer{{ID: "1", Slug: "acme", ReviewSince: since}, {ID: "2", Slug: "beta", ReviewSince: since}}
		})
		time.Sleep(6 * time.Second)
		r.wantTold(0, "5 The database was restored from a backup")
		if text := strings.Join(r.notice().Text, "\n"); !strings.Contains(text, "They are 2.") || r.notice().CustomerID != "" {
			t.Errorf("text: %s", text)
		}
		r.store.set(func() { r.store.customers[0].ReviewSince = time.Time{} })
		time.Sleep(time.Minute)
		r.wantTold(0, "5 The database was restored from a backup")
		r.store.set(func() { r.store.customers[1].ReviewSince = time.Time{} })
		time.Sleep(time.Minute)
		r.wantTold(0, "5 The database was restored from a backup", "70 Over: The database was restored from a backup")
	})
}

// TestContacts_AreToldOfHolds by mail, once and that it is over; who cannot be reached is given up, who is busy is tried again.
// TestI3_HeldLoginsAreTold: as removals that wait, with one notice for a customer however many more logins come to wait.
func TestI3_HeldLoginsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1)
		r.start()
		waits := func(logins int) {
			r.store.set(func() {
				r.store.logins = nil
				if logins > 0 {
					r.store.logins = []bridge.LoginHold{{CustomerID: "1", Slug: "acme", Logins: logins, Since: time.Now()}}
				}
			})
		}
		waits(3)
		time.Sleep(time.Hour)
		waits(40)
		time.Sleep(2 * time.Hour)
		if text := strings.Join(r.notice().Text, "\n"); !strings.Contains(text, "wait: 40,") || !strings.Contains(text, "drawbridge hold logins acme") {
			t.Errorf("the text does not follow: %s", text)
		}
		waits(0)
		time.Sleep(24 * time.Hour)
		const title = "acme: changes of logins wait for your answer"
		var told []string
		for _, line := range r.senders[0].taken() {
			_, what, _ := strings.Cut(line, " ")
			told = append(told, what)
		}
		if diff := cmp.Diff([]string{title, title, title, "Over: " + title}, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

func TestContacts_AreToldOfHolds(t *testing.T) {
	s := serveMail(t, nil, "")
	r := newRig(t, 0)
	for i, c := range []struct {
		customer, email string
		notify          bool
	}{{"1", "anna@acme.example", true}, {"1", "quiet@acme.example", false}, {"1", "x@no.example", true}, {"1", "y@busy.example", true}, {"2", "z@other.example", true}} {
		r.store.contacts = append(r.store.contacts, bridge.Contact{ID: fmt.Sprint("c", i), CustomerID: c.customer, Email: c.email, Notify: c.notify})
	}
	r.hold(1)
	mail := s.channel(t, "smtp://%s/?tls=none&from=drawbridge@vendor.example&to=oncall@vendor.example")
	n := New(Options{Store: r.store, Channels: []*Channel{mail}, Now: time.Now, NewID: func() string { return "n1" }, Log: r.logger})
	if err := n.tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if owed := r.store.notices[0].Owed; len(owed) != 1 || owed[0] != "contact c3" {
		t.Errorf("still owed to %q, want the one whose server is busy", owed)
	}
	r.store.notices[0].Due = time.Now().Add(-time.Hour)
	r.answer()
	if err := n.tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range s.mails {
		to, text, _ := strings.Cut(m, "\n")
		_, subject, _ := strings.Cut(text, "Subject: ")
		subject, _, _ = strings.Cut(subject, "\n")
		got[to] += subject + "; "
		if to != "oncall@vendor.example" && strings.Contains(text, "drawbridge ") {
			t.Errorf("a customer is told to run a command:\n%s", text)
		}
	}
	want := map[string]string{
		"oncall@vendor.example": "acme-1: removals wait for your answer; Over: acme-1: removals wait for your answer; ",
		"anna@acme.example":     "Removals of your identity provider wait for an answer; Removals of your identity provider: answered; ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	if log := r.log.String(); !strings.Contains(log, "contact=c2") || strings.Contains(log, "@") {
		t.Errorf("the log:\n%s", log)
	}
	if health, _, err := ReadHealth(t.Context(), r.store); err != nil || len(health) != 0 {
		t.Errorf("health %v, %v", health, err)
	}
	if r.store.states["notify #1 (smtp)"] != "" {
		t.Errorf("the channel counts as failing: %s", r.store.states["notify #1 (smtp)"])
	}
}
