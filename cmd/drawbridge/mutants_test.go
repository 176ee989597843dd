package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// mutant is a deliberately broken line, and the test that must fail because of it.
type mutant struct {
	invariant string
	file      string // from the module's root
	line      string // occurs once
	broken    string
	pkg       string
	test      string // -run
}

// mutants are the broken builds that the tests of the invariants kill; more of them, for pure code, stand in those tests.
func mutants() []mutant {
	const sync, store, face = "./oktasync", "./bridge/store", "./bridge"
	return []mutant{
		{"I3", "oktasync/admit.go", "	case v.Hold:\n", "	case v.Hold && false:\n", sync, "TestI3_StormIsStoppedByTheLimits/6/sqlite"},
		{"I4", "policy/decide.go", "		return InGrace\n", "		return GraceOver\n", sync, "TestLifecycle/sqlite"},
		{"I4", "oktasync/call.go", "	case l.SuspendedSince.Before(a.StatusChanged):", "	case l.SuspendedSince.Before(a.StatusChanged) && false:", sync, "TestI4_GraceRunsFromTheLatestSuspension"},
		{"I5", "oktasync/call.go", "l.Foreign = customer != j.User.CustomerID || key != j.User.ID", "l.Foreign = customer == key && false", sync, "TestI5_TestI6_ForeignMarkerStopsEverything/sqlite"},
		{"I6", "oktasync/reconcile.go", "return j.unread() || stale", "return false", sync, "TestI5_TestI6_ForeignMarkerStopsEverything/sqlite"},
		{"I6", "oktasync/call.go", "	if revokes(kind) && now.Sub(j.Link.Read) > readFor {", "	if revokes(kind) && now.Sub(j.Link.Read) > 24*readFor {", sync, "TestI6_ASleepAfterTheDecision"},
		{"I6, outdated", "oktasync/call.go", "	l.Read = time.Time{}\n", "	l.Read = j.Now()\n", sync, "TestI6_WhatIsOutdatedIsReadAnew"},
		{"I7", "policy/decide.go", "return f.Connected && !f.Active && !f.RemovedAt.IsZero()", "return f.Connected && !f.Active", "./policy", "TestI7_AbsenceNeverRevokes"},
		{"I8", "bridge/userface.go", "withActive(d.Attributes, cur.Active), \"\")", "withActive(d.Attributes, false), \"\")", face, "TestI8_AbsentActiveChangesNothing/sqlite"},
		{"I11", "bridge/userface.go", "	if next.Active || !cur.Active {\n", "	if true {\n", face, "TestI11_RemovalIsTakenWhateverTheName/sqlite"},
		{"I11", "bridge/userface.go", "		w.Rank, w.Raise, change = RankRevoke, true, EventUserDeactivated\n", "		w.Rank, w.Raise, change = RankRevoke, true, EventUserDeactivated\n		next.Removed = cur.Removed\n", sync, "TestI11_EveryRemovalEndsOrIsVisible/sqlite"},
		{"I12", "bridge/store/link.go", "applied_version = CASE WHEN excluded.applied_version < links.applied_version THEN links.applied_version ELSE excluded.applied_version END", "applied_version = excluded.applied_version", store, "TestStore/sqlite/I12"},
		{"I13", "policy/decide.go", "return f.TakenAt.IsZero() || f.StatusAt.IsZero() || f.TakenAt.Equal(f.StatusAt)", "return true", sync, "TestI13_TakenByHandIsNeverGivenBack/sqlite"},
		{"I14", "bridge/store/member.go", "WHERE u.customer_id = $1 AND u.id = e.value AND NOT u.deleted`", "WHERE $1 <> '' AND u.id = e.value AND NOT u.deleted`", "./cmd/drawbridge", "TestI14_AnotherCustomersIsAsIfItNeverExisted/sqlite"},
		{"I15", "migrations/sqlite/0001_bridge.sql", "login_key        TEXT NOT NULL UNIQUE,", "login_key        TEXT NOT NULL,", store, "TestStore/sqlite/I15"},
		{"I16", "bridge/login.go", "if !slices.Contains(verified, domain) {", "if !slices.Contains(verified, domain) && false {", sync, "TestI16_OnlyVerifiedDomains/sqlite"},
		{"I17", "oktasync/lifecycle.go", "j.Org.Find(bounded, KeyAttr, j.User.ID)", "j.Org.Find(bounded, \"login\", j.desired().loginKey)", sync, "TestI17_ExistingAccountIsLeftAlone/sqlite"},
		{"I18", "bridge/store/hold.go", "WHERE customer_id = ? AND closed_at = 0`", "WHERE ? <> '' AND closed_at = 0`", store, "TestI18"},
		{"I19", "bridge/userface.go", "		next, err = f.reviveInactive(ctx, next, attrs, references)\n", "		err = nil\n", face, "TestRevive/sqlite|TestRevive/active:_a_duplicate"},
		{"I21", "bridge/userface.go", "if cur.Deleted.IsZero() && bytes.Equal(next.Doc, cur.Doc) {", "if false && bytes.Equal(next.Doc, cur.Doc) {", sync, "TestI21_SameWriteTwice/sqlite"},
		{"I22", "oktasync/call.go", "	return !errors.As(err, &o) || o.Cause == CauseUnknown\n", "	return !errors.As(err, &o)\n", sync, "TestI19_TestI22_LostCreateMakesOneAccount"},
		{"I23", "migrations/sqlite/0001_bridge.sql", "CREATE UNIQUE INDEX intents_open ON", "CREATE INDEX intents_open ON", store, "TestStore/sqlite/I23"},
		{"I24", "bridge/store/sequencer.go", "ORDER BY b.arrival),", "ORDER BY b.arrival DESC),", store, "TestStore/sqlite/I24"},
		{"I28", "bridge/store/filter_time.go", "	if t.Nanosecond()%int(time.Microsecond) != 0 {\n", "	if false {\n", store, "TestI28_SQLAgreesWithEvaluator"},
		{"I28, minute", "bridge/store/filter_time.go", "t.UnixMicro()/time.Minute.Microseconds()", "(t.UnixMicro()/time.Minute.Microseconds()+1)", store, "TestI28_SQLAgreesWithEvaluator"},
		{"I27", "bridge/gatekeeper.go", "	if now := g.now(); p.doubtful || !p.expires.After(now) {", "	if now := g.now(); p.doubtful && false {", "./cmd/drawbridge", "TestI27_EndedTokensReadNoBody"},
		{"I30", "bridge/store/gate.go", "	case !found, g.Revoked != 0, g.Expires <= micros(now):\n", "	case !found, g.Expires <= micros(now):\n", face, "TestI30_TokenIsRefusedFromTheCommitOn/sqlite"},
		{"I31", "oktasync/reconcile.go", "	case CauseRefused:\n", "	case CauseRefused:\n		j.rest.set(j.due.Rank, now.Add(time.Hour))\n", sync, "TestI31_PoisonDelaysOnlyItself/sqlite"},
	}
}

// TestMutants breaks one line after the other, in no order, and demands that the invariant's test notices. Each takes ten seconds;
// those for whom the time limit leaves none are skipped.
func TestMutants(t *testing.T) {
	if os.Getenv("DRAWBRIDGE_LONG") == "" {
		t.Skip("takes minutes: `make test-long` runs it")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all := allMutants()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, m := range all {
		t.Run(m.invariant, func(t *testing.T) {
			t.Parallel()
			if end, ok := t.Deadline(); ok && time.Until(end) < time.Minute {
				t.Skip("no time left")
			}
			m.mustDie(t, root)
		})
	}
}

func allMutants() []mutant {
	return slices.Concat(mutants(), faceMutants(), holdMutants(), notifyMutants(), planMutants(), deleteMutants(), reconnectMutants(), restoreMutants())
}

// TestMutants_LinesAreThere: code that moved takes its mutant along.
func TestMutants_LinesAreThere(t *testing.T) {
	for _, m := range allMutants() {
		m.source(t, "../..")
	}
}

// source is the file with the line to break, which must occur in it once.
func (m mutant) source(t *testing.T, root string) (path, source string) {
	t.Helper()
	path = filepath.Join(root, m.file)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(content), m.line); n != 1 {
		t.Errorf("%s: the line to break occurs %d times in %s, want once: %q", m.invariant, n, m.file, m.line)
	}
	return path, string(content)
}

func (m mutant) mustDie(t *testing.T, root string) {
	path, source := m.source(t, root)
	dir := t.TempDir()
	broken, overlay := filepath.Join(dir, "broken"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {path: broken}})
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string]string{broken: strings.Replace(source, m.line, m.broken, 1), overlay: string(replace)} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-overlay", overlay, "-run", m.test, m.pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "DRAWBRIDGE_LONG=") // what every change is tested with has to notice
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		t.Errorf("%s holds in a build in which %q is broken: the test shows nothing\n%s", m.test, strings.TrimSpace(m.line), out)
	case !strings.Contains(string(out), "--- FAIL"):
		t.Errorf("the broken build did not get as far as the test:\n%s", out)
	}
}
