package oktasync

import (
	"context"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// TestI4_GraceRunsFromTheLatestSuspension: an account that people let in and suspended again, unseen, keeps the whole period.
func TestI4_GraceRunsFromTheLatestSuspension(t *testing.T) {
	first := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name        string
		since       time.Time
		now         Account
		want        time.Time
		readAfterIt time.Duration
	}{
		{"the same suspension, read again", first, Account{Status: policy.Suspended, StatusChanged: first}, first, 48 * time.Hour},
		{"read back a moment after", first.Add(time.Second), Account{Status: policy.Suspended, StatusChanged: first}, first.Add(time.Second), time.Minute},
		{"let in and suspended again", first, Account{Status: policy.Suspended, StatusChanged: first.Add(26 * time.Hour)}, first.Add(26 * time.Hour), 48 * time.Hour},
		{"let in", first, Account{Status: policy.Active, StatusChanged: first.Add(time.Hour)}, time.Time{}, 48 * time.Hour},
		{"suspended by somebody, and never seen so", time.Time{}, Account{Status: policy.Suspended}, first.Add(48 * time.Hour), 48 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := &job{Syncer: &Syncer{Options: Options{Now: func() time.Time { return first.Add(tt.readAfterIt) }}}}
			l := bridge.Link{Status: policy.Suspended, SuspendedSince: tt.since}
			j.note(&l, tt.now)
			if !l.SuspendedSince.Equal(tt.want) {
				t.Errorf("suspended since %v, want %v", l.SuspendedSince, tt.want)
			}
		})
	}
}

// TestI6_ASleepAfterTheDecision: a revocation decided from a read of more than a minute ago is not sent, and leaves no trace.
func TestI6_ASleepAfterTheDecision(t *testing.T) {
	read := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		kind  string
		slept time.Duration
		want  bridge.Code
	}{
		{string(Suspend), time.Minute, ""}, {string(Suspend), time.Minute + 1, bridge.Conflict}, {string(Deactivate), time.Hour, bridge.Conflict},
		{string(Unsuspend), time.Hour, ""}, {kindUpdate, time.Hour, ""},
	} {
		begun := 0
		j := &job{Syncer: &Syncer{Options: Options{
			Now: func() time.Time { return read.Add(tt.slept) }, NewID: func() string { return "id" }, Store: ledger{begun: &begun},
		}}}
		j.Link = &bridge.Link{Read: read}
		_, err := j.begin(t.Context(), tt.kind)
		if got := bridge.CodeOf(err); got != tt.want || (begun == 1) != (tt.want == "") {
			t.Errorf("%s %v after the read: %v, begun %d times; want %q", tt.kind, tt.slept, err, begun, tt.want)
		}
	}
}

// ledger is as much of a store as beginning a call uses.
type ledger struct {
	Store
	begun *int
}

func (l ledger) BeginIntent(context.Context, bridge.Intent, bridge.Lease) error {
	*l.begun++
	return nil
}
