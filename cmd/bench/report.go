package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what a run found.
type report struct {
	command string
	began   time.Time
	machine machine
	figures []figure
}

// The targets.
const (
	shareOfReference = 0.6
	shareOfList      = 1.0
	shareOfInsert    = 0.25
	shareOfSelect    = 0.15
	deepPage         = 1.5
	startTime        = 250 // ms
	idleMemory       = 32  // MB
	growthOfCost     = 1.3
	growthOfMember   = 1.5
	userOnDisk       = 1.5 // KB of 1024 bytes
	parseTime        = 2   // µs
	parseAllocations = 10
)

func (r *report) compared(k kind, m measured) {
	targets := []struct {
		side, scenario string
		target         float64
	}{
		{theReference, post, shareOfReference}, {theReference, get, shareOfReference}, {theReference, byName, shareOfReference},
		{theReference, patch, shareOfReference}, {theReference, put, shareOfReference}, {theReference, entra, shareOfReference},
		{theReference, list, shareOfList}, {theDatabase, post, shareOfInsert}, {theDatabase, byName, shareOfSelect},
	}
	for _, t := range targets {
		if m[t.scenario] != nil {
			r.figures = append(r.figures, m.beside(k, t.scenario, t.side, t.target))
		}
	}
}

func (r *report) paged(k kind, users int, near, far time.Duration) {
	r.figures = append(r.figures, figure{
		about: k.String(), what: "last page / first page", got: far.Seconds() / near.Seconds(), target: deepPage, bound: atMost,
		detail: fmt.Sprintf("%.2f ms beside %.2f ms, of %d users", milliseconds(far), milliseconds(near), users),
	})
}

func (r *report) started(k kind, took time.Duration, resident float64) {
	r.figures = append(r.figures,
		figure{about: k.String(), what: "start until ready", got: milliseconds(took), unit: "ms", target: startTime, bound: atMost,
			detail: fmt.Sprintf("median of %d", starts)},
		figure{about: k.String(), what: "resident memory, idle", got: resident / (1 << 20), unit: "MB", target: idleMemory, bound: atMost,
			detail: fmt.Sprintf("1 s after the start, median of %d", starts)})
}

func (r *report) grown(k kind, scenario string, costs spread) {
	r.figures = append(r.figures, figure{
		about: k.String(), what: scenario + ", growth", got: costs.ratio, target: growthOfCost, bound: atMost,
		detail: fmt.Sprintf("%s ms of processor time at %s users", costs.costs, costs.sides),
	})
}

func (r *report) grouped(k kind, of string, s spread) {
	r.figures = append(r.figures, figure{
		about: k.String(), what: membership + ", " + of, got: s.ratio, target: growthOfMember, bound: atMost,
		detail: fmt.Sprintf("%s ms in a group of %s", s.costs, s.sides),
	})
}

func (r *report) membersShown(k kind, c comparison) {
	r.figures = append(r.figures, figure{
		about: k.String(), what: membership + ", members shown / not", got: c.ratio, bound: unbound,
		detail: fmt.Sprintf("%.2f ms beside %.2f ms of processor time, in a group of %d", c.one, c.other, fewMembers),
	})
}

// stored is about tables without their indexes.
func (r *report) stored(when string, bytes float64) {
	r.figures = append(r.figures, figure{
		about: postgres.String(), what: "disk per user, users", got: bytes / 1024, unit: "KB", target: userOnDisk, bound: atMost,
		detail: fmt.Sprintf("%.0f bytes, %s", bytes, when),
	})
}

func (r *report) storedInAll(bytes float64, detail string) {
	r.figures = append(r.figures, figure{
		about: postgres.String(), what: "disk per POST, all tables", got: bytes / 1024, unit: "KB", bound: unbound, detail: detail,
	})
}

func (r *report) logged(k kind, rates, costs comparison) {
	r.figures = append(r.figures, figure{
		about: k.String(), what: "POST, log of requests / without", got: rates.ratio, bound: unbound,
		detail: fmt.Sprintf("%.0f/s beside %.0f/s; rounds %.2f to %.2f; %.2f ms beside %.2f ms of processor time",
			rates.one, rates.other, rates.least, rates.most, costs.one, costs.other),
	})
}

func (r *report) parsed(nanoseconds, allocations float64) {
	const about = "Filter parser"
	r.figures = append(r.figures,
		figure{about: about, what: "time", got: nanoseconds / 1000, unit: "µs", target: parseTime, bound: below, detail: `userName eq "x"`},
		figure{about: about, what: "allocations", got: allocations, unit: "times", target: parseAllocations, bound: below, detail: `userName eq "x"`})
}

func (r *report) summary() string {
	met, missed := 0, 0
	for _, f := range r.figures {
		switch {
		case f.bound == unbound:
		case f.met():
			met++
		default:
			missed++
		}
	}
	return fmt.Sprintf("%d of %d targets met, %d missed.", met, met+missed, missed)
}

// table is the report for a terminal.
func (r *report) table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range r.figures {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", f.about, f.what, f.value(), f.goal(), f.verdict(), f.detail)
	}
	w.Flush()
	return b.String() + r.summary() + "\n"
}

const preamble = `# Benchmarks

%s Measured by

    %s

with a PostgreSQL that keeps every commit (` + "`make bench`" + ` starts one), on %s.

| Machine | |
|---|---|
| Processor | %s, %d cores, %s |
| Go | %s |
| PostgreSQL | %s |
| Load average before and after | %s; %s |

Machines drift, and the load of others shows in every absolute figure: compare ratios, and take less than 1.3 for noise.
`

const method = `
## What is compared

All sides keep their data on the same disk and answer over the loopback interface to the same number of connections, which
share the processor with them. They have their turns within one round, while the other sides are stopped; a figure is the
median of the rounds' ratios. Every answer is checked, and a wrong one ends the run.

- **service**: ` + "`drawbridge serve`" + ` at its default settings, with a simulated Okta org that it keeps in step meanwhile;
  only the customer's own limit on requests is raised, which nothing here is meant to measure.
- **reference**: a handler on the same router and drivers that does as little as a SCIM server with a queue can: no
  credentials, no validation, no events; JSON decoded to a map and encoded again, one prepared statement (SQLite: one
  transaction) for the user and its place in the queue, the total counted once a second.
- **bare database**: no server at all; one durable prepared INSERT of one row, one prepared SELECT by a unique index. SQLite
  runs within the process that asks, so its SELECT is a function call, which no answer over HTTP comes close to.

A figure of growth is what an operation costs with the customer for which it costs most, beside the one for which it costs
least: user and system time of the service and, with it, of the whole PostgreSQL server, in the cheapest round, since what
others do on the machine only adds to it. The users of a large customer are copies of one whom the service created, and
nothing is due for them; the first of its groups has every other user as a member. Okta does not answer meanwhile, so that
the requests are what is counted. Adding and removing a member is two requests, counted as one, whose answers leave the
members out, so that they are the same whatever the size of the group; a third turn shows what it adds to show them. The disk
per user is that of tables: long values are included, indexes are not.

SQLite runs with ` + "`synchronous=FULL`" + ` on every side. PATCH and PUT really change the user each time. The Entra cycle is what
Entra ID does for each new user: a filter that finds nobody, POST, a filter that finds the user, PATCH; it counts as one.
`

// markdown is the report as a file.
func (r *report) markdown() string {
	version := r.machine.postgres
	if version == "" {
		version = "not measured"
	}
	var b strings.Builder
	fmt.Fprintf(&b, preamble, r.summary(), r.command, r.began.UTC().Format("2006-01-02 15:04 MST"), r.machine.cpu, r.machine.cores, r.machine.system,
		r.machine.goVersion, version, r.machine.loadBefore, r.machine.loadAfter)
	about := ""
	for _, f := range r.figures {
		if f.about != about {
			about = f.about
			fmt.Fprintf(&b, "\n## %s\n\n| Figure | Measured | Target | | |\n|---|---|---|---|---|\n", about)
		}
		verdict := f.verdict()
		if !f.met() {
			verdict = "**" + verdict + "**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.what, f.value(), f.goal(), verdict, f.detail)
	}
	b.WriteString(method)
	return b.String()
}
