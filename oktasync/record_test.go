package oktasync_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync"
)

// dying is an org whose records do nothing, or do not tell that they did, until it is mended.
type dying struct {
	oktasync.Records
	before, after func() error // nil: goes on
}

func (d *dying) attempt(do func() error) error {
	if d.before != nil {
		return d.before()
	}
	if err := do(); err != nil || d.after == nil {
		return err
	}
	return d.after()
}

func (d *dying) CreateRecord(ctx context.Context, name, text string) (made oktasync.Record, err error) {
	return made, d.attempt(func() error { made, err = d.Records.CreateRecord(ctx, name, text); return err })
}

func (d *dying) WriteRecord(ctx context.Context, r oktasync.Record) error {
	return d.attempt(func() error { return d.Records.WriteRecord(ctx, r) })
}

// TestI9_ACrashWhileCountingIsNoRestore cuts a count off after each of its steps: the next process goes on, and a backup of that
// moment is noticed later all the same.
func TestI9_ACrashWhileCountingIsNoRestore(t *testing.T) {
	t.Parallel()
	lost := func() error { return &oktasync.OrgError{Cause: oktasync.CauseUnknown, Op: "write_record"} }
	for name, d := range map[string]dying{"before Okta": {before: lost}, "after Okta": {after: lost}} {
		t.Run(name, func(t *testing.T) {
			eachRestorable(t, func(r *restorable) {
				acme := r.customer("acme")
				acme.push("anna")
				stop := r.records()
				r.quiet()
				stop()

				counted := r.counter()
				cut := d
				cut.Records = r.client
				stop = r.start(oktasync.Options{Records: &cut})
				r.eventually("the count was cut off", func() bool { return r.counter().Pending > counted.Pending })
				r.eventually("that is told", func() bool { return strings.Contains(r.log.String(), "records in Okta cannot be kept") })
				stop()
				if c := r.counter(); c.Confirmed != counted.Confirmed || acme.state().Frozen() {
					r.Fatalf("the count was not cut off, or that is taken for a restore: %+v after %+v", c, counted)
				}
				mark := r.mark()
				acme.push("bert")
				backup := r.backup()
				acme.again()

				stop = r.records()
				r.quiet()
				if acme.state().Frozen() {
					r.Error("a count that was cut off is taken for a restore")
				}
				if w := r.notOurs(mark); w["create"] != 1 {
					r.Errorf("the next process has written %v", w)
				}
				stop()
				stop = r.records()
				r.quiet()
				stop()
				r.reopen(backup)
				r.records()
				r.eventually("the restore is noticed", func() bool { return acme.state().Frozen() })
			})
		})
	}
}

func (r *rig) counter() bridge.Counter {
	r.Helper()
	c, err := r.store.Counter(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return c
}

// TestI9_ARestoreUnderARunningServiceIsNoticed: at the latest by the first write that comes five minutes after the last count.
func TestI9_ARestoreUnderARunningServiceIsNoticed(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]bool{"by a write": true, "by time": false} {
		t.Run(name, func(t *testing.T) {
			eachRestorable(t, func(r *restorable) {
				acme := r.customer("acme")
				ids := acme.pushMany(5)
				old, _, err := r.store.State(r.Context(), "record")
				if err != nil {
					r.Fatal(err)
				}
				r.records()
				r.eventually("Okta has a count", func() bool { return r.counter().Confirmed > 0 })
				r.quiet()
				if err := r.store.SetState(r.Context(), "record", old); err != nil {
					r.Fatal(err)
				}
				mark := r.mark()
				r.later(6 * time.Minute)
				if write {
					acme.setActive(ids[0], false)
				}
				r.eventually("the restore is noticed", func() bool { return acme.state().Frozen() })
				acme.reviewed()
				if w := r.notOurs(mark); len(w) > 0 {
					r.Errorf("after the restore %v is written to Okta", w)
				}
			})
		})
	}
}

// TestI9_CountsAreFew: an idle service does not write, and a busy one counts once in five minutes.
func TestI9_CountsAreFew(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		r.records()
		r.eventually("acme is on record", func() bool { return acme.onRecord().State == bridge.Live })
		mark, begun := r.mark(), r.counter()
		acme.pushMany(3)
		r.quiet()
		if w := r.writes(mark); w["replace_group"] != 0 {
			r.Errorf("right after a count, three people cost %v", w)
		}
		r.later(6 * time.Minute)
		reads := func() (n int) {
			for _, e := range r.org.Log() {
				if e.Op == "read_group" && e.Seq > mark {
					n++
				}
			}
			return n
		}
		r.eventually("the counts were compared", func() bool { return reads() > 0 })
		if c := r.counter(); c != begun {
			r.Errorf("an idle service counted on to %+v", c)
		}
		acme.push("anna")
		acme.push("bert")
		r.quiet()
		if w := r.writes(mark); w["replace_group"] != 1 || r.counter().Confirmed != begun.Confirmed+1 {
			r.Errorf("five minutes later, two people cost %v and the count is %+v", w, r.counter())
		}
	})
}

// TestI9_ALostRecordIsNoRestore: what somebody does to the records in Okta is told and mended, and freezes nobody.
func TestI9_ALostRecordIsNoRestore(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(r *rig, id string){
		"taken away": func(r *rig, id string) { r.groupByHand(http.MethodDelete, "/"+id, "") },
		"garbled": func(r *rig, id string) {
			r.groupByHand(http.MethodPut, "/"+id, `{"profile":{"name":"drawbridge-record","description":"hi"}}`)
		},
		"renamed": func(r *rig, id string) {
			r.groupByHand(http.MethodPut, "/"+id, `{"profile":{"name":"other","description":"hi"}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(r *rig) {
				acme := r.customer("acme")
				acme.push("anna")
				stop := r.records()
				r.quiet()
				stop()
				was := r.counter()
				harm(r, was.OktaID)
				r.records()
				r.eventually("the record is there again", func() bool {
					found, err := r.client.FindRecord(r.Context(), bridge.RecordName)
					return err == nil && found != nil && strings.Contains(found.Text, `"counter":`+strconv.FormatInt(was.Confirmed+1, 10))
				})
				r.eventually("it is told", func() bool { return !r.counter().Strayed.IsZero() })
				if acme.state().Frozen() {
					r.Error("acme waits for an approval")
				}
			})
		})
	}
}

// groupByHand makes a request about a group with a token of its own.
func (r *rig) groupByHand(method, path, body string) {
	r.Helper()
	req := httptest.NewRequest(method, "http://okta.test/api/v1/groups"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "SSWS by-hand")
	answer := httptest.NewRecorder()
	r.org.ServeHTTP(answer, req)
	if answer.Code >= 300 {
		r.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
}

// TestI9_NothingIsWrittenBeforeTheComparison: as long as Okta's count cannot be read, nobody's account is written.
func TestI9_NothingIsWrittenBeforeTheComparison(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		acme.push("anna")
		mark := r.mark()
		var denied oktasync.Records = deniedRecords{r.client}
		stop := r.start(oktasync.Options{Records: denied})
		r.eventually("it is told", func() bool {
			value, _, err := r.store.State(r.Context(), bridge.TroubleState)
			return err == nil && strings.Contains(value, "HTTP 403")
		})
		if w := r.writes(mark); len(w) > 0 {
			r.Errorf("before the counts were compared, %v is written", w)
		}
		stop()
		r.records()
		r.quiet()
		if w := r.notOurs(mark); w["create"] != 1 {
			r.Errorf("afterwards %v is written", w)
		}
		if value, _, err := r.store.State(r.Context(), bridge.TroubleState); err != nil || value != "null" {
			r.Errorf("the trouble is over, and reads %q, %v", value, err)
		}
	})
}

// deniedRecords may not be found.
type deniedRecords struct{ oktasync.Records }

func (deniedRecords) FindRecord(context.Context, string) (*oktasync.Record, error) {
	return nil, &oktasync.OrgError{Cause: oktasync.CauseOrg, Op: "find_record", Status: 403, Code: "E0000006"}
}

// TestI9_ADisconnectIsDoneWhenItIsOnRecord: a restore after its end must not have forgotten it.
func TestI9_ADisconnectIsDoneWhenItIsOnRecord(t *testing.T) {
	each(t, func(r *rig) {
		acme := r.customer("acme")
		acme.pushMany(3)
		cut := &cutOff{Records: r.client, name: bridge.RecordName + "-" + acme.customer.ID}
		stop := r.start(oktasync.Options{Records: cut})
		r.quiet()
		r.eventually("acme is on record", func() bool { return acme.onRecord().State == bridge.Live })
		stop()
		stop = r.start(oktasync.Options{Records: &cutOff{Records: r.client, name: cut.name, closed: true}})
		r.disconnect("acme")
		r.quiet()
		r.eventually("its record was tried", func() bool { return strings.Contains(r.log.String(), "cut off by the test") })
		if s := acme.state().State; s != bridge.Disconnecting {
			r.Errorf("without a record of it acme is %s", s)
		}
		stop()
		r.records()
		r.eventually("acme is disconnected", func() bool { return acme.state().State == bridge.Disconnected })
		if s := acme.onRecord().State; !s.Cut() {
			r.Errorf("it is, and on record it is %s", s)
		}
	})
}

// cutOff takes no text for one record while it is closed.
type cutOff struct {
	oktasync.Records
	name   string
	closed bool
}

func (c *cutOff) WriteRecord(ctx context.Context, r oktasync.Record) error {
	if c.closed && r.Name == c.name {
		return &oktasync.OrgError{Cause: oktasync.CauseRetry, Op: "cut off by the test"}
	}
	return c.Records.WriteRecord(ctx, r)
}
