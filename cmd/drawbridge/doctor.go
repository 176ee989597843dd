package main

import (
	"context"
	"fmt"
	"log/slog"

	"drawbridge/bridge/store"
)

type doctorCmd struct {
	databaseFlag
	oktaFlags
	JSON bool `help:"Print JSON."`
}

// finding is one thing that was looked at.
type finding struct {
	OK       bool   `json:"ok"`
	Check    string `json:"check"`
	Sentence string `json:"sentence"`
}

// Run looks at everything once, e.g. drawbridge doctor --database postgres://...
func (c *doctorCmd) Run(ctx context.Context, std streams) error {
	found := c.examine(ctx, std)
	bad := 0
	for _, f := range found {
		if !f.OK {
			bad++
		}
		if !c.JSON {
			fmt.Fprintf(std.out, "%-8s %-9s %s\n", verdict(f.OK), f.Check, f.Sentence)
		}
	}
	if c.JSON {
		if err := printJSON(std.out, found); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks failed; the lines above say what to do", bad, len(found))
	}
	return nil
}

func (c *doctorCmd) examine(ctx context.Context, std streams) []finding {
	s, err := c.open(ctx, logger(std.err, slog.LevelError))
	if err != nil {
		return []finding{{false, "database", oneLine(err)}}
	}
	defer s.Close()
	found := append([]finding{{true, "database", "it answers, and its schema fits"}}, examineSync(ctx, s)...)
	found = append(found, examineIdPs(ctx, s)...)
	found = append(found, examineNotify(ctx, s)...)
	if c.OktaOrgURL == "" {
		return found
	}
	client, _, err := c.client(std)
	if err != nil {
		return append(found, finding{false, "okta", oneLine(err)})
	}
	for _, f := range client.Check(ctx) {
		found = append(found, finding{f.OK, "okta", f.Sentence})
	}
	return found
}

func examineSync(ctx context.Context, s *store.Store) []finding {
	st, err := readStatus(ctx, s)
	if err != nil {
		return []finding{{false, "sync", oneLine(err)}}
	}
	found := []finding{{st.Lease != nil, "sync", "a process holds the lease and syncs"}}
	if st.Lease == nil {
		found[0].Sentence = "nobody syncs: start `drawbridge serve`"
	}
	if o := st.Okta.Circuit; o != nil {
		found = append(found, finding{false, "okta", fmt.Sprintf(
			"Okta has not answered since %s (HTTP %d %s); %d removed people still have access: check the API token and Okta's status page", when(o.Since), o.Status, o.Code, o.StillActive)})
	}
	if st.Parked > 0 {
		found = append(found, finding{false, "stuck", fmt.Sprintf("%d people are stuck; `drawbridge user show CUSTOMER USER` says why", st.Parked)})
	}
	found = append(found, examineRestore(ctx, s)...)
	for _, h := range st.Holds {
		found = append(found, finding{false, "hold", fmt.Sprintf("the removals of %s wait for your answer since %s: %s `drawbridge hold show %s` shows them", h.Customer, when(h.Opened), h.Sentence, h.Customer)})
	}
	for _, h := range st.Logins {
		found = append(found, finding{false, "hold", fmt.Sprintf("%d logins of %s wait for your answer since %s, because so many changed at once: `drawbridge hold logins %s` shows them", h.Logins, h.Customer, when(h.Since), h.Customer)})
	}
	return found
}
