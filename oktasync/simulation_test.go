package oktasync_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

// Without -anew the same lives and orders are played each time: a commit is judged by what it changed.
var anew = flag.Bool("anew", false, "TestSimulation and TestI1_TestI2_Interleavings: others than the last time")

var simulateOnly = flag.Uint64("seed", 0, "TestSimulation: only the life that this seed leads to, as a failure prints it")

var simulateLives = flag.Int("lives", 0, "TestSimulation: how many lives")

// TestSimulation lives the lives of customers: their identity provider, support, people with Okta's console, a syncer that stops
// and dies anywhere, an Okta that fails, and time, all in an order that the seed alone decides. Whatever happened, it comes to
// rest in the end, and nothing on the way broke I1, I2, I3, I12, I13 or what the auditor knows.
func TestSimulation(t *testing.T) {
	lives, on := 2_000, mostlySQLite
	if raced {
		lives, on = 20, bothKinds
	}
	if os.Getenv("DRAWBRIDGE_LONG") != "" {
		lives = 100_000
	}
	if *simulateLives > 0 {
		lives = *simulateLives
	}
	first := uint64(1)
	if *anew {
		first = rand.Uint64()
	}
	if *simulateOnly != 0 {
		first, lives, on = *simulateOnly, 1, bothKinds
	}
	manyWorlds(t, lives, on, func(w *world, i int) string {
		seed := first + uint64(i)
		if found := w.live(seed); len(found) > 0 {
			return fmt.Sprintf("-seed %d:\n%s", seed, strings.Join(found, "\n"))
		}
		return ""
	})
}

// life is that of one customer.
type life struct {
	*tenant
	*rand.Rand
	p      *process
	at     *leash          // what the syncer is at; nil: nothing
	byHand map[string]bool // whose access people took or gave in Okta since the last cut, or locked
	kept   []string        // who could sign in at the cut that is in force
	heal   []func()        // ends of faults
	stood  time.Duration   // how long the syncer has stood where it stands
	told   []string        // what was done, for whoever reads a failure
}

func (w *world) live(seed uint64) []string {
	l := &life{tenant: w.tenant(5), Rand: rand.New(rand.NewPCG(seed, 1)), byHand: map[string]bool{}}
	if l.IntN(2) == 0 {
		l.crowd(16)
	}
	l.p = l.process()
	l.onBegin = l.mayBegin
	for range 10 + l.IntN(20) {
		l.tick(time.Duration(1+l.IntN(5)) * time.Second)
		l.act()
	}
	if l.at != nil {
		l.at.end()
	}
	for _, clear := range l.heal {
		clear()
	}
	l.rest(l.p, func() {})
	l.judge()
	if len(l.found) > 0 {
		return append(l.found, "what was done: "+strings.Join(l.told, ", "))
	}
	return nil
}

// act does one thing that somebody does.
func (l *life) act() {
	id := l.users[l.IntN(5)]
	acts := []struct {
		weight int
		name   string
		do     func(id string)
	}{
		{6, "remove", func(id string) { _ = l.setActive(id, false) }}, // refused after a cut
		{3, "give back", func(id string) { _ = l.setActive(id, true) }},
		{1, "delete", func(id string) { _ = l.backend.Delete(l.Context(), l.rt, id, nil) }},
		{1, "rename", func(id string) { _ = l.change(id, map[string]any{"title": string(rune('A' + l.IntN(26)))}) }},
		{16, "sync", func(string) { l.sync() }},
		{2, "crash", func(string) { l.crash() }},
		{2, "fault", func(string) { l.fault() }},
		{2, "time", func(string) { l.pass() }},
		{1, "lock", func(id string) { _, _ = l.svc.Contain(l.Context(), support, l.slug, id, ""); l.byHand[id] = true }},
		{1, "unlock", func(id string) { _, _ = l.svc.Uncontain(l.Context(), support, l.slug, id, ""); l.byHand[id] = true }},
		{1, "by hand", l.hand},
		{1, "answer", func(string) { l.answer() }},
		{3, "disconnect", func(string) { l.cut() }},
		{1, "undo", func(string) { l.undo() }},
	}
	sum := 0
	for _, a := range acts {
		sum += a.weight
	}
	for draw := l.IntN(sum); ; acts = acts[1:] {
		if draw -= acts[0].weight; draw < 0 {
			l.told = append(l.told, acts[0].name)
			acts[0].do(id)
			return
		}
	}
}

// sync lets the syncer go a step further in what it is at, or begin with somebody who is due or with a plan.
func (l *life) sync() {
	if l.at != nil && l.at.at != "" {
		if l.IntN(3) == 0 {
			l.at.end()
		} else {
			l.at.step()
		}
		return
	}
	everywhere := func(point) bool { return true }
	due := l.due(l.now(), bridge.RankLater)
	if n := l.IntN(len(due) + 1); n < len(due) {
		l.at = led(l.Context(), everywhere, func(ctx context.Context) { l.p.Reconcile(ctx, l.p.lease, due[n]) })
		return
	}
	l.at = led(l.Context(), everywhere, func(ctx context.Context) {
		if err := l.p.CarryOut(ctx); err != nil {
			l.Errorf("carrying out: %v", err)
		}
	})
}

// crash ends the syncer's process; another one takes over.
func (l *life) crash() {
	if l.at != nil {
		l.at.die()
	}
	l.p = l.process()
}

// fault makes Okta fail once or twice.
func (l *life) fault() {
	kinds := []oktatest.FaultKind{
		oktatest.StatusCode, oktatest.ResetBefore, oktatest.ResetAfter, oktatest.GarbageHTML, oktatest.EmptyBody, oktatest.StillActivating409,
	}
	l.heal = append(l.heal, l.org.Inject(oktatest.Fault{Kind: kinds[l.IntN(len(kinds))], Times: 1 + l.IntN(2), Apply: l.IntN(2) == 0}))
}

// tick lets time go by. What is under way may last past its deadline, but a process that stands still for longer is taken for dead.
func (l *life) tick(d time.Duration) {
	const longest = 20 * time.Second
	if l.at == nil || l.at.at == "" {
		l.stood = 0
		l.later(d)
		return
	}
	d = min(d, longest-l.stood)
	l.stood += d
	l.later(d)
}

func (l *life) pass() {
	spans := []time.Duration{10 * time.Second, time.Minute, time.Hour, 25 * time.Hour, bridge.DefaultGrace}
	l.tick(spans[l.IntN(len(spans))])
}

// hand suspends or activates an account in Okta's console. Whatever is under way there ends first, and nobody does it while a revocation
// may still land, or it is not known whether it has: nobody could tell afterwards which of the two it was.
func (l *life) hand(id string) {
	if l.at != nil {
		l.at.end()
	}
	const late = 5 * time.Minute // after its deadline, as a disconnect reckons
	mayLand := func(in bridge.Intent) bool { return in.UserID == id && in.Deadline.Add(late).After(l.now()) }
	if open := l.subject(id).Open; open != nil && open.Revokes || slices.ContainsFunc(l.begun, mayLand) {
		return
	}
	status := policy.Active
	if l.status(id) == policy.Active {
		status = policy.Suspended
	}
	l.later(time.Minute)
	l.org.SetStatus(l.accounts[id], string(status))
	l.later(time.Minute)
	l.byHand[id] = true
}

func (l *life) answer() {
	answer := bridge.Left
	if l.IntN(2) == 0 {
		answer = bridge.Mistake
	}
	for _, a := range []bridge.Actor{support, second} {
		_, _ = l.svc.AnswerHold(l.Context(), a, l.slug, answer, "") // there may be none to answer
	}
}

// cut disconnects the customer, and notes who can sign in at that moment.
func (l *life) cut() {
	p, err := l.svc.PlanDisconnect(l.Context(), support, l.slug, bridge.Choices{})
	if err != nil {
		return
	}
	var kept []string
	for _, id := range l.users[:5] {
		if l.in(id) && l.subject(id).Contained.IsZero() {
			kept = append(kept, id)
		}
	}
	_, err = l.svc.ConfirmDisconnect(l.Context(), support, l.slug, bridge.Confirmation{Number: p.Number, Typed: l.slug, Accepted: "a test"})
	if err == nil {
		l.kept = kept
		clear(l.byHand)
	}
}

func (l *life) undo() {
	if _, err := l.svc.UndoDisconnect(l.Context(), support, l.slug, l.slug); err == nil {
		l.kept = nil
	}
}

// mayBegin judges a call at the commit of its start.
func (l *life) mayBegin(in bridge.Intent) {
	s := l.subject(in.UserID)
	locked := !s.Contained.IsZero()
	if in.Revokes && s.Customer.State.Cut() && !locked {
		l.Errorf("I2: a %s began while the customer was %s", in.Kind, s.Customer.State)
	}
	if locked && (in.Kind == string(oktasync.Unsuspend) || in.Kind == string(oktasync.Activate)) {
		l.Errorf("I13: a %s began under a lock", in.Kind)
	}
	if in.Kind != string(oktasync.Suspend) || in.Answered {
		return
	}
	started := map[string]bool{in.UserID: true}
	for _, b := range l.begun {
		if x := l.subject(b.UserID); b.Kind == in.Kind && !b.Answered && in.Sent.Sub(b.Sent) < time.Hour && !x.User.Removed.IsZero() && !x.Approved {
			started[b.UserID] = true
		}
	}
	if limit := policy.Limit(policy.Hour, len(l.users)); len(started) > limit {
		l.Errorf("I3: %d of %d people lost access within an hour, and nobody was asked", len(started), len(l.users))
	}
}

// judge checks what must be at rest.
func (l *life) judge() {
	for _, id := range l.users[:5] {
		s := l.subject(id)
		if s.Open != nil {
			l.Errorf("I31: a call is open at rest: %+v", s.Open)
		}
		if d := policy.Decide(s.Facts(l.now())); d.Act != policy.Keep && d.Act != policy.Leave && (s.Due == nil || s.Due.Parked == "") {
			l.Errorf("I31: at rest there is something to do: %s (%s)", d.Act, d.Code)
		}
	}
	for _, id := range l.kept {
		if !l.in(id) && !l.byHand[id] {
			l.Errorf("I1: %s could sign in at the cut and cannot at rest: %s", id, l.status(id))
		}
	}
	if c := l.state(); c.State.Cut() {
		p, rows := l.rows()
		if c.State != bridge.Disconnected || p.State != bridge.PlanDone && p.State != bridge.PlanOpen {
			l.Errorf("I25: the customer is %s at rest, and the plan is %s", c.State, p.State)
		}
		for _, r := range rows {
			if r.Result == "" {
				l.Errorf("I25: the plan says nothing of what became of somebody")
			}
		}
	}
	l.judgeByHand()
	oktatest.Audit(l, l.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace, TailOpen: true})
}

// judgeByHand checks that nothing was given back that people had taken in Okta (I13).
func (l *life) judgeByHand() {
	last := map[string]string{} // who changed an account's status last
	for _, e := range l.org.Log() {
		if e.UserID == "" || e.Before == nil || e.After == nil || e.Before.Status == e.After.Status {
			continue
		}
		if e.Op == "unsuspend" && last[e.UserID] == oktatest.Hand {
			l.Errorf("I13: entry %d gives back what was taken by hand", e.Seq)
		}
		last[e.UserID] = e.Token
	}
}
