package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/oktasync"
)

type syncCmd struct {
	Now    syncNowCmd    `cmd:"" help:"Try everything again at once, what is stuck included, e.g. sync now"`
	Status syncStatusCmd `cmd:"" help:"Who syncs, what is due, stuck or held, and how Okta answers, e.g. sync status --json"`
}

type syncNowCmd struct{ databaseFlag }

func (c *syncNowCmd) Run(ctx context.Context, std streams) error {
	_, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	n, err := s.RetryAll(ctx, now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "the syncer looks at everything due now; %d that waited are tried again\n", n)
	return err
}

type syncStatusCmd struct {
	databaseFlag
	JSON bool `help:"Print JSON."`
}

// syncStatus is what `sync status --json` prints.
type syncStatus struct {
	Lease  *leaseStatus   `json:"lease"` // null: nobody syncs
	Due    map[string]int `json:"due"`
	Parked int            `json:"parked"`
	Held   int            `json:"held"` // customers whose removals wait for an answer
	Holds  []holdStatus   `json:"holds"`
	Logins []loginStatus  `json:"login_holds"`
	Okta   oktaStatus     `json:"okta"`
}

type leaseStatus struct {
	Holder string    `json:"holder"`
	Until  time.Time `json:"until"`
}

type holdStatus struct {
	Customer string    `json:"customer"`
	Opened   time.Time `json:"opened_at"`
	AgeS     int       `json:"age_s"`
	Code     string    `json:"code"`
	Sentence string    `json:"sentence"`
}

// loginStatus is a customer of whom so many logins changed at once that some wait for an answer.
type loginStatus struct {
	Customer string    `json:"customer"`
	Logins   int       `json:"logins"`
	Since    time.Time `json:"since"`
	AgeS     int       `json:"age_s"`
}

type oktaStatus struct {
	Buckets []oktasync.BucketState `json:"buckets"`
	Circuit *bridge.Outage         `json:"circuit"` // null: Okta answers
}

func (c *syncStatusCmd) Run(ctx context.Context, std streams) error {
	_, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	st, err := readStatus(ctx, s)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, st)
	}
	return st.print(std)
}

func readStatus(ctx context.Context, s *store.Store) (syncStatus, error) {
	st := syncStatus{Due: map[string]int{}, Holds: []holdStatus{}, Logins: []loginStatus{}, Okta: oktaStatus{Buckets: []oktasync.BucketState{}}}
	lease, ok, err := s.CurrentLease(ctx, oktasync.LeaseName)
	if err != nil {
		return st, err
	}
	if ok {
		st.Lease = &leaseStatus{Holder: lease.Holder, Until: lease.Until}
	}
	byRank, parked, err := s.DueTotals(ctx)
	if err != nil {
		return st, err
	}
	for rank := bridge.RankContain; rank < bridge.RankLater; rank++ {
		st.Due[rank.String()] = byRank[rank]
	}
	st.Parked = parked
	if err := st.readHolds(ctx, s); err != nil {
		return st, err
	}
	if err := readState(ctx, s, bridge.CircuitState, &st.Okta.Circuit); err != nil {
		return st, err
	}
	return st, readState(ctx, s, oktasync.BucketsState, &st.Okta.Buckets)
}

func (st *syncStatus) readHolds(ctx context.Context, s *store.Store) error {
	holds, err := s.Holds(ctx)
	if err != nil {
		return err
	}
	for _, h := range holds {
		c, err := s.CustomerByID(ctx, h.CustomerID)
		if err != nil {
			return err
		}
		st.Holds = append(st.Holds, holdStatus{
			Customer: c.Slug, Opened: h.Opened, AgeS: int(now().Sub(h.Opened).Seconds()), Code: h.Code, Sentence: h.Sentence,
		})
	}
	st.Held = len(holds)
	logins, err := s.LoginHolds(ctx)
	for _, h := range logins {
		st.Logins = append(st.Logins, loginStatus{Customer: h.Slug, Logins: h.Logins, Since: h.Since, AgeS: int(now().Sub(h.Since).Seconds())})
	}
	return err
}

// readState reads what the syncer published; nothing published leaves v as it is.
func readState(ctx context.Context, s *store.Store, name string, v any) error {
	value, _, err := s.State(ctx, name)
	if bridge.CodeOf(err) == bridge.NotFound || value == "" {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(value), v)
}

func (st syncStatus) print(std streams) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	if st.Lease == nil {
		fmt.Fprintln(w, "syncing\tnobody: start `drawbridge serve`")
	} else {
		fmt.Fprintf(w, "syncing\t%s (until %s)\n", st.Lease.Holder, when(st.Lease.Until))
	}
	for rank := bridge.RankContain; rank < bridge.RankLater; rank++ {
		fmt.Fprintf(w, "due: %s\t%d\n", rank, st.Due[rank.String()])
	}
	fmt.Fprintf(w, "stuck\t%d\n", st.Parked)
	for _, h := range st.Holds {
		fmt.Fprintf(w, "waiting for your answer\t%s since %s: %s\n", h.Customer, when(h.Opened), h.Sentence)
	}
	for _, h := range st.Logins {
		fmt.Fprintf(w, "waiting for your answer\t%s since %s: %d logins, because so many changed at once\n", h.Customer, when(h.Since), h.Logins)
	}
	if o := st.Okta.Circuit; o != nil {
		fmt.Fprintf(w, "OKTA DOES NOT ANSWER\tsince %s (HTTP %d %s); %d removed people still have access\n", when(o.Since), o.Status, o.Code, o.StillActive)
		for _, id := range o.Users {
			fmt.Fprintf(w, "\tstill active: %s\n", id)
		}
	}
	for _, b := range st.Okta.Buckets {
		fmt.Fprintf(w, "Okta bucket %s\t%d of %d left until %s\n", b.Name, b.Remaining, b.Limit, when(b.Reset))
	}
	return w.Flush()
}
