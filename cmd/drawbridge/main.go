// Command drawbridge bridges the identity providers of a SaaS vendor's customers and the vendor's own Okta org.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // customers' time zones, also where the machine has no list of them
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// streams is where a command writes.
type streams struct {
	out, err io.Writer
}
