package main

import (
	"context"
	"fmt"
	"io"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge/bridge"
	"drawbridge/policy"
)

// hold opens the hold of a customer in the script's database, as the syncer does: hold CUSTOMER
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold CUSTOMER")
	}
	ctx := context.Background()
	_, s, err := scriptDatabase(ts).service(ctx, streams{io.Discard, io.Discard})
	ts.Check(err)
	defer s.Close()
	c, err := s.Customer(ctx, args[0])
	ts.Check(err)
	h := bridge.Hold{ID: newID(), CustomerID: c.ID, Opened: now(), Code: string(policy.OverLimit), Sentence: "Many people were removed."}
	ev := bridge.Event{ID: newID(), CustomerID: c.ID, At: now(), Kind: bridge.EventHoldOpened, Actor: "drawbridge", Data: "{}"}
	if opened, err := s.OpenHold(ctx, h, ev); err != nil || !opened {
		ts.Fatalf("opened %t, %v", opened, err)
	}
}

// linked records an ACTIVE account for each of these people, also for one who was removed: linked CUSTOMER USERNAME...
func linked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: linked CUSTOMER USERNAME...")
	}
	ctx := context.Background()
	svc, s, err := scriptDatabase(ts).service(ctx, streams{io.Discard, io.Discard})
	ts.Check(err)
	defer s.Close()
	for i, name := range args[1:] {
		v, err := svc.User(ctx, operator(), args[0], name)
		ts.Check(err)
		ts.Check(s.SaveLink(ctx, bridge.Link{
			UserID: v.User.ID, CustomerID: v.Customer.ID, LoginKey: name, OktaID: fmt.Sprintf("00u%017d", i), Status: policy.Active, Read: now(),
		}, nil))
	}
}

// otherlogin has a linked person's login wait for an answer, as the syncer does: otherlogin CUSTOMER USERNAME LOGIN
func otherlogin(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: otherlogin CUSTOMER USERNAME LOGIN")
	}
	ctx := context.Background()
	svc, s, err := scriptDatabase(ts).service(ctx, streams{io.Discard, io.Discard})
	ts.Check(err)
	defer s.Close()
	v, err := svc.User(ctx, operator(), args[0], args[1])
	ts.Check(err)
	pin := v.LoginPin(args[2])
	pin.Held = now()
	ev := bridge.Event{ID: newID(), CustomerID: v.Customer.ID, UserID: v.User.ID, At: now(), Kind: bridge.EventLoginHeld, Actor: "drawbridge", Data: "{}"}
	ts.Check(s.PinLogin(ctx, v.Customer.ID, pin, &ev))
}
