package store_test

import (
	"fmt"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store/storetest"
)

// TestLargeWorkGivesPagesBack: what reads or writes everybody leaves no pages with its connection, which would keep them from all others.
func TestLargeWorkGivesPagesBack(t *testing.T) {
	s := storetest.SQLite(t)
	cred, _ := fiveThousand(t, s)
	if _, err := s.Exec(t.Context(), "UPDATE users SET connected = TRUE"); err != nil {
		t.Fatal(err)
	}
	check := func(after string, did func() error) {
		t.Helper()
		if err := did(); err != nil {
			t.Fatal(err)
		}
		held, err := s.CacheUsed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if held > 500_000 {
			t.Errorf("the connections hold %d bytes of pages after %s", held, after)
		}
	}
	nobody := func(bridge.Subject) error { return nil }
	check("everybody was read", func() error { return s.EachDeparting(t.Context(), cred.CustomerID, true, nobody) })

	now := time.Now()
	rows := make([]bridge.PlanRow, 5_000)
	for i := range rows {
		rows[i] = bridge.PlanRow{UserID: fmt.Sprint(i), Ordinal: int64(i), UserName: "somebody@acme.example"}
	}
	plan := bridge.Plan{ID: "plan", CustomerID: cred.CustomerID, State: bridge.PlanOpen, Created: now, Expires: now.Add(time.Hour)}
	check("a large plan was added", func() (err error) {
		plan, err = s.AddPlan(t.Context(), plan, rows, bridge.Event{ID: "event", CustomerID: cred.CustomerID, At: now, Kind: bridge.EventPlanMade, Actor: "Ines"})
		return err
	})
	check("it was compared", func() error {
		return s.EachChanged(t.Context(), plan, false, func(x bridge.Subject, _ *bridge.PlanRow) error { return nobody(x) })
	})
}
