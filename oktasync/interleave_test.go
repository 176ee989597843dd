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
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

var (
	interleaveAll  = flag.Bool("interleave-all", false, "TestI1_TestI2_Interleavings: all 69,300 orders with two connections")
	interleaveOnly = flag.String("interleave", "", "TestI1_TestI2_Interleavings: only this order, as a failure prints it")
	interleaveSeed = flag.Uint64("interleave-seed", 0, "TestI1_TestI2_Interleavings: of the sample; 0: the usual one, or with -anew another one")
)

// The steps of an order.
const (
	stepA = 'A' // the first connection of the identity provider commits its next write
	stepB = 'B' // the second one does
	stepS = 'S' // the syncer goes on: commits the start of a revocation, has it applied by Okta, commits its result
	stepD = 'D' // the disconnect goes on: is confirmed, releases the users, has all who are due reconciled, verifies and ends
)

// order is one interleaving, and what else differs.
type order struct {
	steps string
	variant
}

// variant is what differs besides the order. Each order is played in one of them, on either store in another one.
type variant struct {
	roomy bool // the customer is so large that its limits let three removals through, and that three are no burst
	taken bool // the last write gives the first person access back
	lost  bool // the disconnect is carried out by another process, which took the lease over from the syncer
}

func variantOf(n int) variant { return variant{n&1 != 0, n&2 != 0, n&4 != 0} }

func (o order) String() string {
	s := o.steps
	for _, v := range []struct {
		is   bool
		name string
	}{{o.roomy, "roomy"}, {o.taken, "taken"}, {o.lost, "lost"}} {
		if v.is {
			s += "," + v.name
		}
	}
	return s
}

func parseOrder(s string) order {
	parts := strings.Split(s, ",")
	has := func(name string) bool { return slices.Contains(parts[1:], name) }
	return order{parts[0], variant{has("roomy"), has("taken"), has("lost")}}
}

// orders lists all sequences of so many steps of each kind.
func orders(left map[byte]int) []string {
	var all []string
	for _, s := range []byte{stepA, stepB, stepD, stepS} {
		if left[s] == 0 {
			continue
		}
		left[s]--
		for _, rest := range orders(left) {
			all = append(all, string(s)+rest)
		}
		left[s]++
	}
	if all == nil {
		return []string{""}
	}
	return all
}

// TestI1_TestI2_Interleavings plays removals, a syncer at a revocation and a disconnect in every order, each commit and each
// effect in Okta a step of its own. However they fall: whoever could sign in at the cut can at rest; no revocation begins after
// it; one that was under way is taken back; and nobody else is touched. A sample of them, or all 4,200, or with a
// second connection all 69,300.
func TestI1_TestI2_Interleavings(t *testing.T) {
	all := orders(map[byte]int{stepA: 3, stepD: 4, stepS: 3})
	seed := *interleaveSeed
	if seed == 0 {
		seed = 1
	}
	if *anew {
		seed = rand.Uint64()
	}
	if *interleaveAll {
		all = orders(map[byte]int{stepA: 2, stepB: 2, stepD: 4, stepS: 3})
	}
	sampled := 300
	if raced {
		sampled = 12
	}
	draw := rand.New(rand.NewPCG(seed, 0))
	draw.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	switch {
	case *interleaveOnly != "":
		all = []string{*interleaveOnly}
	case !*interleaveAll && os.Getenv("DRAWBRIDGE_LONG") == "":
		all = all[:sampled]
	}
	manyWorlds(t, len(all), bothKinds, func(w *world, i int) string {
		shift := 0
		if !w.store.Embedded() {
			shift = 5
		}
		o := order{all[i], variantOf(i + int(seed%8) + shift)}
		if *interleaveOnly != "" {
			o = parseOrder(all[i])
		}
		if found := w.play(o); len(found) > 0 {
			return fmt.Sprintf("-interleave %s:\n%s", o, strings.Join(found, "\n"))
		}
		return ""
	})
}

// interleaving is an order at play.
type interleaving struct {
	*tenant
	order
	syncer  *process
	at      *leash // the syncer at a revocation; nil: none yet
	who     string // whose it is
	drainer *process
	writes  map[rune][]write
	steps   int // of the disconnect

	before   map[string]policy.Status // at the cut
	keep     []string                 // who must be able to sign in at rest
	begun    int                      // revocations at the cut
	linked   []string                 // who has an account
	reported bool
}

// write is one of the identity provider.
type write struct {
	person int
	active bool
}

// play plays one order and returns what was wrong.
func (w *world) play(o order) []string {
	x := &interleaving{tenant: w.tenant(5), order: o}
	x.linked = x.users
	if o.roomy {
		x.crowd(16)
	}
	last := write{2, false}
	if o.taken {
		last = write{0, true}
	}
	x.writes = map[rune][]write{stepA: {{0, false}, {1, false}, last}}
	if strings.ContainsRune(o.steps, stepB) {
		x.writes = map[rune][]write{stepA: {{0, false}, {1, false}}, stepB: {{3, false}, last}}
	}
	x.syncer = x.process()
	x.drainer = x.beside(x.syncer.lease)
	for _, s := range o.steps {
		w.later(time.Second)
		switch s {
		case stepS:
			if x.at != nil && x.at.at != "" {
				x.at.step()
			}
		case stepD:
			x.disconnectOn()
		default:
			x.write(s)
		}
		x.engage()
	}
	if x.at != nil {
		x.at.end()
	}
	x.rest(x.drainer, x.report)
	x.judge()
	return x.found
}

// write commits the next write of a connection, which is refused after the cut.
func (x *interleaving) write(connection rune) {
	next := x.writes[connection][0]
	x.writes[connection] = x.writes[connection][1:]
	err := x.setActive(x.users[next.person], next.active)
	if cut := x.before != nil; cut == (err == nil) {
		x.Errorf("a write with the connection cut (%t) ended with %v", cut, err)
	}
}

// engage lets the syncer begin with a removal that is due, up to where its start would be committed: it has decided by then.
func (x *interleaving) engage() {
	if x.at != nil && x.at.at != "" {
		return
	}
	for _, d := range x.due(x.now(), bridge.RankRevoke) {
		x.who = d.UserID
		x.at = led(x.Context(), atRevocations, func(ctx context.Context) { x.syncer.Reconcile(ctx, x.syncer.lease, d) })
		if x.at.at != "" {
			return
		}
	}
}

// disconnectOn takes the disconnect a step further.
func (x *interleaving) disconnectOn() {
	x.steps++
	switch x.steps {
	case 1:
		x.cut()
	case 2:
		_, err := x.store.ReleaseUsers(x.Context(), x.id, 500)
		x.must(err)
	case 3:
		if x.lost {
			x.drainer = x.process()
		}
		x.drain()
	case 4:
		x.until(x.state().VerifyFrom.Add(time.Second))
		x.drain()
	}
}

// drain works for everybody but, in the syncer's own process, for whom the syncer is at.
func (x *interleaving) drain() {
	if !x.lost && x.at != nil && x.at.at != "" {
		x.work(x.drainer, x.who)
	} else {
		x.work(x.drainer)
	}
	x.report()
}

// cut confirms the disconnect, and notes who can sign in at that moment, and of whom a call was under way.
func (x *interleaving) cut() {
	before := map[string]policy.Status{}
	for _, id := range x.linked {
		before[id] = x.status(id)
		if open := x.subject(id).Open; x.in(id) || open != nil && open.Revokes {
			x.keep = append(x.keep, id)
		}
	}
	x.disconnect(bridge.Choices{})
	x.before, x.begun = before, len(x.tenant.begun)
}

// report checks what must be when the customer is called disconnected for the first time: whatever landed was taken back. What
// is still on its way to Okta then is the second sweep's.
func (x *interleaving) report() {
	if x.reported || x.state().State != bridge.Disconnected {
		return
	}
	x.reported = true
	for _, id := range x.keep {
		if underWay := x.at != nil && x.who == id && x.at.at == toSend; !underWay && !x.in(id) {
			x.Errorf("I2: %s cannot sign in when the customer is called disconnected", x.name(id))
		}
	}
}

func (x *interleaving) name(id string) string {
	return fmt.Sprintf("person %d", slices.Index(x.users, id))
}

// judge checks what must be at rest.
func (x *interleaving) judge() {
	if x.state().State != bridge.Disconnected || !x.reported {
		x.Errorf("the customer is %s at rest", x.state().State)
	}
	for _, in := range x.tenant.begun[x.begun:] {
		x.Errorf("I2: a revocation of %s began after the cut", x.name(in.UserID))
	}
	for _, id := range x.keep {
		if !x.in(id) {
			x.Errorf("I1: %s could sign in at the cut and cannot at rest; the account is %s", x.name(id), x.status(id))
		}
	}
	x.judgePlan()
	x.judgeCalls()
	oktatest.Audit(x, x.org, oktatest.AuditOptions{Grace: bridge.DefaultGrace})
}

// judgePlan checks that everybody is as the plan says.
func (x *interleaving) judgePlan() {
	p, rows := x.rows()
	if p.State != bridge.PlanDone || p.Swept.IsZero() || len(rows) != len(x.users) {
		x.Errorf("the plan is %s, swept at %v, of %d people", p.State, p.Swept, len(rows))
	}
	for _, r := range rows[:len(x.linked)] {
		want := x.before[r.UserID]
		if r.Outcome.LetsIn() || slices.Contains(x.keep, r.UserID) {
			want = policy.Active
		}
		if got := x.status(r.UserID); got != want {
			x.Errorf("%s was to be %s (%s) and is %s", x.name(r.UserID), want, r.Outcome, got)
		}
		s := x.subject(r.UserID)
		a, _ := x.org.User(x.accounts[r.UserID])
		if s.Open != nil || s.Due != nil || s.User.Connected || a.Profile["isSCIMConnected"] != false || a.Profile["isSCIMActive"] != s.User.Active {
			x.Errorf("%s: open call %+v, due %+v, connected %t, profile %v", x.name(r.UserID), s.Open, s.Due, s.User.Connected, a.Profile)
		}
		if r.Result != bridge.RowDone {
			x.Errorf("the result for %s is %q %s", x.name(r.UserID), r.Result, r.ResultNote)
		}
	}
}

// judgeCalls checks that whoever was not removed got its flags and nothing else.
func (x *interleaving) judgeCalls() {
	removed := map[string]bool{}
	for _, i := range []int{0, 1, 2, 3} {
		removed[x.accounts[x.users[i]]] = true
	}
	for _, e := range x.org.Log() {
		if e.Token == oktatest.DefaultToken && e.Write() && e.Op != "create" && e.Op != "update" && e.UserID != "" && !removed[e.UserID] {
			x.Errorf("%s of somebody who was never removed", e.Op)
		}
	}
}
