package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// figure is one result.
type figure struct {
	about  string // what it is a figure of, such as a store
	what   string
	got    float64
	unit   string // empty: a ratio
	target float64
	bound  bound
	detail string
}

// bound says on which side of its target a figure must lie.
type bound int

const (
	atLeast bound = iota
	atMost
	below
	unbound // without a target
)

func (f figure) met() bool {
	switch f.bound {
	case atLeast:
		return f.got >= f.target
	case atMost:
		return f.got <= f.target
	case unbound:
		return true
	default:
		return f.got < f.target
	}
}

func (f figure) verdict() string {
	if f.bound == unbound {
		return ""
	}
	if f.met() {
		return "met"
	}
	return "MISSED"
}

func (f figure) value() string { return f.format(f.got) }

func (f figure) goal() string {
	if f.bound == unbound {
		return "none"
	}
	return [...]string{atLeast: "≥ ", atMost: "≤ ", below: "< "}[f.bound] + f.format(f.target)
}

func (f figure) format(v float64) string {
	if f.unit == "" {
		return fmt.Sprintf("%.2f", v)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") + " " + f.unit
}

// median of an even number of values is the lower one of the two in the middle. It panics without values.
func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// measured are the answers per second of each round, by scenario and side.
type measured map[string]map[string][]float64

func (m measured) add(scenario, side string, perSecond float64) {
	if m[scenario] == nil {
		m[scenario] = make(map[string][]float64)
	}
	m[scenario][side] = append(m[scenario][side], perSecond)
}

// last says what the round so far brought of a scenario.
func (m measured) last(scenario string) string {
	said := []string{fmt.Sprintf("%-12s", scenario)}
	for _, side := range []string{theService, theReference, theDatabase} {
		if rates := m[scenario][side]; len(rates) > 0 {
			said = append(said, fmt.Sprintf("%s %.0f/s", side, rates[len(rates)-1]))
		}
	}
	return strings.Join(said, "  ")
}

// lasts are the values of the round so far.
func (m measured) lasts(scenario string, sides []string) string {
	said := make([]string, len(sides))
	for i, side := range sides {
		values := m[scenario][side]
		said[i] = fmt.Sprintf("%.2f", values[len(values)-1])
	}
	return strings.Join(said, ", ")
}

// comparison is one side beside another.
type comparison struct {
	ratio, least, most float64 // of the rounds' ratios: the median and the ends
	one, other         float64 // medians
}

func (m measured) between(scenario, one, other string) comparison {
	ones, others := m[scenario][one], m[scenario][other]
	ratios := make([]float64, len(ones))
	for i := range ones {
		ratios[i] = ones[i] / others[i]
	}
	return comparison{ratio: median(ratios), least: slices.Min(ratios), most: slices.Max(ratios), one: median(ones), other: median(others)}
}

// beside is the service's share of what another side does in a scenario: the median of the rounds' ratios.
func (m measured) beside(k kind, scenario, side string, target float64) figure {
	c := m.between(scenario, theService, side)
	return figure{
		about: k.String(), what: scenario + " / " + side, got: c.ratio, target: target,
		detail: fmt.Sprintf("%.0f/s beside %.0f/s; rounds %.2f to %.2f", c.one, c.other, c.least, c.most),
	}
}

// spread is how far the costs of several sides lie apart: of each the lowest round, since what others do on the machine only adds.
type spread struct {
	ratio float64 // of the highest to the lowest
	costs string  // in the order of sides
	sides string
}

func (m measured) apart(scenario string, sides []string) spread {
	costs, said := make([]float64, len(sides)), make([]string, len(sides))
	for i, side := range sides {
		costs[i] = slices.Min(m[scenario][side])
		said[i] = fmt.Sprintf("%.2f", costs[i])
	}
	return spread{slices.Max(costs) / slices.Min(costs), strings.Join(said, ", "), strings.Join(sides, ", ")}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
