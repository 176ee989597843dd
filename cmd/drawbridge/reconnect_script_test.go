package main

import (
	"context"
	"io"

	"github.com/rogpeppe/go-internal/testscript"
)

// accepts has the program accept a customer that waits, as a person does who has just read the list: accepts CUSTOMER
func accepts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: accepts CUSTOMER")
	}
	ctx := context.Background()
	svc, s, err := scriptDatabase(ts).service(ctx, streams{io.Discard, io.Discard})
	ts.Check(err)
	defer s.Close()
	r, err := svc.WaitingRoom(ctx, operator(), args[0])
	ts.Check(err)
	ts.Check(ts.Exec("drawbridge", "reconnect", "accept", args[0], "--hash", r.Hash[:12], "--type", args[0]))
}
