package main

import (
	"context"
	"io"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge/bridge"
)

// dayslater has the second sweep of a customer's latest disconnect over, as the syncer has a day after the cut: dayslater CUSTOMER
func dayslater(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: dayslater CUSTOMER")
	}
	ctx := context.Background()
	_, s, err := scriptDatabase(ts).service(ctx, streams{io.Discard, io.Discard})
	ts.Check(err)
	defer s.Close()
	c, err := s.Customer(ctx, args[0])
	ts.Check(err)
	p, err := s.Plan(ctx, c.ID, 0)
	ts.Check(err)
	p.Swept = now()
	ts.Check(s.FinishPlan(ctx, p, now(), bridge.Event{ID: newID(), CustomerID: c.ID, At: now(), Kind: bridge.EventCustomerSwept, Actor: "drawbridge", Data: "{}"}))
}
