package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/bridge/traffic"
)

// trafficFlags are how the service watches requests.
type trafficFlags struct {
	TrustedProxies []string `help:"Networks of the proxies whose X-Forwarded-For is believed, e.g. 10.0.0.0/8,fd00::/8." placeholder:"CIDR"`
	RequestLogDays int      `help:"For how many days customers' requests are kept." default:"14" placeholder:"N"`
}

func (f trafficFlags) watch(s *store.Store, log *slog.Logger) (*traffic.Watch, error) {
	if f.RequestLogDays < 1 || f.RequestLogDays > 365 {
		return nil, fmt.Errorf("%w: --request-log-days must be between 1 and 365", errUsage)
	}
	var proxies []netip.Prefix
	for _, text := range f.TrustedProxies {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%w: --trusted-proxies wants networks such as 10.0.0.0/8; a single address is one with /32", errUsage)
		}
		proxies = append(proxies, prefix)
	}
	return traffic.New(traffic.Options{
		Store: s, Now: now, NewID: newID, Logger: log, Proxies: proxies, Keep: time.Duration(f.RequestLogDays) * 24 * time.Hour,
	}), nil
}

type requestsCmd struct {
	databaseFlag
	Slug   string `arg:""`
	User   string `help:"Only those about this user, by userName or id, or about the group of this id." placeholder:"USER"`
	Status string `help:"Only those answered so, e.g. 404 or 4xx." placeholder:"STATUS"`
	Since  string `help:"Only those of the last 1h, 2d ..." placeholder:"PERIOD"`
	Limit  int    `help:"At most so many, the newest." default:"50"`
	Bodies bool   `help:"Show what was sent and answered."`
	JSON   bool   `help:"Print JSON."`
}

// Run lists requests; the log may miss some and is no audit trail.
func (c *requestsCmd) Run(ctx context.Context, std streams) error {
	filter := bridge.RequestFilter{Limit: c.Limit}
	var err error
	if filter.MinStatus, filter.MaxStatus, err = parseStatus(c.Status); err != nil {
		return err
	}
	if c.Since != "" {
		period, err := parseDays(c.Since)
		if err != nil {
			return err
		}
		filter.Since = now().Add(-period)
	}
	svc, s, err := c.service(ctx, std)
	if err != nil {
		return err
	}
	defer s.Close()
	requests, err := svc.Requests(ctx, operator(), c.Slug, c.User, filter)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, requestsJSON(requests))
	}
	for _, r := range requests {
		if err := printRequest(std.out, r, c.Bodies); err != nil {
			return err
		}
	}
	return nil
}

// parseStatus reads 404, or 4xx for all that begin with 4; nothing is any.
func parseStatus(s string) (lowest, highest int, err error) {
	if s == "" {
		return 0, 999, nil
	}
	class, isClass := strings.CutSuffix(strings.ToLower(s), "xx")
	n, err := strconv.Atoi(class)
	switch {
	case err == nil && isClass && 1 <= n && n <= 5:
		return 100 * n, 100*n + 99, nil
	case err == nil && !isClass && 100 <= n && n <= 599:
		return n, n, nil
	}
	return 0, 0, fmt.Errorf("%w: --status wants a status such as 404, or 4xx", errUsage)
}

func printRequest(w io.Writer, r bridge.Request, bodies bool) error {
	path := r.Path
	if r.Query != "" {
		path += "?" + r.Query
	}
	_, err := fmt.Fprintf(w, "%s  %d  %-6s %s  %s  %s\n", r.At.UTC().Format("2006-01-02T15:04:05.000Z"), r.Status, r.Method, visible(path),
		r.Took.Round(100*time.Microsecond), printable(r.Token))
	if err != nil || !bodies {
		return err
	}
	for _, body := range []struct{ sign, text string }{{">", r.Body}, {"<", r.Answer}} {
		if body.text == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "    %s %s\n", body.sign, visible(body.text)); err != nil {
			return err
		}
	}
	return nil
}

// visible shows a body on a terminal: letters of every language as they are, what could move the cursor or turn the text
// around escaped.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}

func requestsJSON(requests []bridge.Request) []map[string]any {
	out := make([]map[string]any, len(requests))
	for i, r := range requests {
		out[i] = map[string]any{
			"id": r.ID, "at": r.At, "method": r.Method, "path": r.Path, "query": r.Query, "status": r.Status,
			"took_ms": float64(r.Took.Microseconds()) / 1000, "resource_id": optional(r.ResourceID), "token": r.Token,
			"request_body": r.Body, "answer_body": r.Answer,
		}
	}
	return out
}

// groupPatch is the status that holds.
func groupPatch(c bridge.Customer) int {
	if c.GroupPatch == bridge.PatchAnswersNone {
		return bridge.PatchAnswersNone
	}
	return bridge.PatchAnswersBody
}

func trafficJSON(t bridge.Traffic) map[string]any {
	return map[string]any{
		"idp": optional(t.IdP), "idp_certain": t.Certain, "quirks": counts(t.Quirks), "dropped_attributes": counts(t.Dropped),
		"last_request_at": moment(t.LastRequest), "limited": t.Limited, "refused_after_disconnect": t.RefusedAfterDisconnect,
	}
}

// counts is {} in JSON where nothing was counted.
func counts(m map[string]int64) map[string]int64 {
	if m == nil {
		return map[string]int64{}
	}
	return m
}

func printTraffic(w *tabwriter.Writer, t bridge.Traffic) {
	if t.LastRequest.IsZero() {
		fmt.Fprintln(w, "last request\tnever")
		return
	}
	idp := t.IdP
	switch {
	case idp == "":
		idp = "not recognised"
	case !t.Certain:
		idp += ", by its habits"
	}
	fmt.Fprintf(w, "last request\t%s\nidentity provider\t%s\n", when(t.LastRequest), idp)
	for _, list := range []struct {
		what string
		of   map[string]int64
	}{{"understood all the same", t.Quirks}, {"attribute dropped", t.Dropped}} {
		for _, name := range slices.Sorted(maps.Keys(list.of)) {
			fmt.Fprintf(w, "%s\t%s, %d times\n", list.what, printable(name), list.of[name])
		}
	}
	if t.Limited > 0 {
		fmt.Fprintf(w, "answered 429\t%d times\n", t.Limited)
	}
	if t.RefusedAfterDisconnect > 0 {
		fmt.Fprintf(w, "refused after the disconnect\t%d times\n", t.RefusedAfterDisconnect)
	}
}
