package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"drawbridge/bridge"
	"drawbridge/bridge/notify"
	"drawbridge/bridge/store"
)

// notifyFlags are the channels through which people are told.
type notifyFlags struct {
	Notify        []string `help:"Whom to tell of removals that wait, outages and the like; may be repeated: smtp://, smtps://, slack://, teams://, pagerduty:// or generic+https://; see the README. Better in DRAWBRIDGE_NOTIFY, several apart by spaces." placeholder:"URL" sep:"none"`
	NotifyPrivate bool     `help:"Let webhooks reach private and local addresses."`
}

func (f notifyFlags) channels() ([]*notify.Channel, error) {
	channels, err := notify.Open(strings.Fields(strings.Join(f.Notify, " ")), f.NotifyPrivate)
	if err != nil {
		return nil, fmt.Errorf("%w: --notify %w", errUsage, err)
	}
	return channels, nil
}

type noticesCmd struct {
	List noticesListCmd `cmd:"" default:"withargs" help:"What people are being told of, e.g. notices list --json"`
	Ack  noticesAckCmd  `cmd:"" help:"Take a notice on, so that it is not repeated, e.g. notices ack hold:01993b1c-7a52-7cc0-b7a4-0242ac120002 --as anna"`
	Test noticesTestCmd `cmd:"" help:"Send a test message through every channel, e.g. notices test --notify slack://hooks.slack.com/services/T/B/X"`
}

type noticesListCmd struct {
	databaseFlag
	JSON bool `help:"Print JSON."`
}

func (c *noticesListCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	notices, err := svc.Notices(ctx, operator())
	if err != nil {
		return err
	}
	if c.JSON {
		out := make([]map[string]any, len(notices))
		for i, n := range notices {
			out[i] = noticeJSON(n)
		}
		return printJSON(std.out, out)
	}
	if len(notices) == 0 {
		_, err := fmt.Fprintln(std.out, "there is nothing that people must be told of")
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SINCE\tTOLD\tACKNOWLEDGED\tNOTICE\tKEY")
	for _, n := range notices {
		by := n.AcknowledgedBy
		if by == "" {
			by = "-"
		}
		fmt.Fprintf(w, "%s\t%d times\t%s\t%s\t%s\n", when(n.Created), n.Sends, printable(by), printable(n.Text[0]), n.Subject)
	}
	return w.Flush()
}

func noticeJSON(n bridge.Notice) map[string]any {
	return map[string]any{
		"key": n.Subject, "customer_id": optional(n.CustomerID), "kind": n.Kind, "severity": n.Severity, "title": n.Text[0], "lines": n.Text[1:],
		"created_at": n.Created, "sends": n.Sends, "last_sent_at": moment(n.LastSent), "next_at": moment(n.Due), "not_reached": len(n.Owed),
		"acknowledged_at": moment(n.Acknowledged), "acknowledged_by": optional(n.AcknowledgedBy),
	}
}

type noticesAckCmd struct {
	databaseFlag
	Key string `arg:"" help:"The notice's key, as notices list prints it."`
	As  string `help:"Who takes it on; by default whoever runs the command." placeholder:"NAME"`
}

func (c *noticesAckCmd) Run(ctx context.Context, std streams) error {
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	n, err := svc.AcknowledgeNotice(ctx, operatorAs(c.As), c.Key)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "nobody is told again until it is over: %s\n", n.Text[0])
	return err
}

type noticesTestCmd struct{ notifyFlags }

func (c *noticesTestCmd) Run(ctx context.Context, std streams) error {
	channels, err := c.channels()
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		return fmt.Errorf("%w: say through which channel (--notify URL)", errUsage)
	}
	failed := 0
	for _, ch := range channels {
		sentence := "took the message"
		err := ch.Send(ctx, notify.TestMessage())
		if err != nil {
			failed++
			sentence = err.Error()
		}
		fmt.Fprintf(std.out, "%-8s %s %s\n", verdict(err == nil), ch.Name(), sentence)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d channels failed; the lines above say how", failed, len(channels))
	}
	return nil
}

// examineNotify says which channels fail.
func examineNotify(ctx context.Context, s *store.Store) []finding {
	all, started, err := notify.ReadHealth(ctx, s)
	switch {
	case err != nil:
		return []finding{{false, "notify", oneLine(err)}}
	case !started:
		return nil // nothing serves yet, which is said already
	case len(all) == 0:
		return []finding{{true, "notify", "nobody is told of removals that wait or of outages: `drawbridge serve --notify` does so"}}
	}
	var found []finding
	for _, h := range all {
		f := finding{h.Since.IsZero(), "notify", "channel " + h.Name + ": no failure"}
		if !f.OK {
			f.Sentence = fmt.Sprintf("channel %s: failing since %s, %s; `drawbridge notices test` tries it", h.Name, when(h.Since), h.Reason)
		}
		found = append(found, f)
	}
	return found
}
