package bridge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"drawbridge/scim/schema"
)

// Rename says how logins have changed while a customer was away: those of a domain, or one.
type Rename struct {
	Old    string // a domain or an address, normalized
	New    string
	Domain bool
}

// RenameStore keeps the renames of customers that wait.
type RenameStore interface {
	// SetRenames replaces a customer's renames, with the event. Conflict where it does not wait.
	SetRenames(ctx context.Context, customerID string, renames []Rename, e Event) error
	Renames(ctx context.Context, customerID string) ([]Rename, error)
}

// maxRenames bounds a table of renames: as many people as a customer may have.
const maxRenames = 1_000_000

// ParseDomainRename reads a rule such as old.example=new.example.
func ParseDomainRename(rule string) (Rename, error) {
	before, after, ok := strings.Cut(rule, "=")
	if !ok {
		return Rename{}, newError(Invalid, "a rename of a domain looks like old.example=new.example")
	}
	r := Rename{Domain: true}
	for _, side := range []struct {
		into *string
		name string
	}{{&r.Old, before}, {&r.New, after}} {
		if *side.into, ok = NormalizeDomain(schema.Fold(strings.TrimSpace(side.name))); !ok {
			return Rename{}, newError(Invalid, strconv.Quote(side.name)+" is not a domain such as acme.example")
		}
	}
	return r, nil
}

// ParseRenames reads a table of old and new addresses, apart by commas, one person a line; a first line "old,new" is a heading.
// The error names the line and what is wrong with it.
func ParseRenames(in io.Reader) ([]Rename, error) {
	r := csv.NewReader(withoutMark(in))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	var out []Rename
	lines := map[string]int{} // by address, which side it stands on first
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, &Error{Code: Invalid, Message: "the table of renames cannot be read: " + err.Error(), Err: err}
		}
		line, _ := r.FieldPos(0)
		if first && len(record) == 2 && strings.EqualFold(record[0], "old") && strings.EqualFold(record[1], "new") {
			continue
		}
		rename, err := parseRename(record)
		switch {
		case err != nil:
			return nil, newError(Invalid, fmt.Sprintf("line %d: %s", line, err))
		case len(out) == maxRenames:
			return nil, newError(Invalid, fmt.Sprintf("a table of renames has at most %d lines", maxRenames))
		}
		for _, side := range []string{"old " + rename.Old, "new " + rename.New} {
			if before, twice := lines[side]; twice {
				return nil, newError(Invalid, fmt.Sprintf("line %d: the %s address stands in line %d already", line, side[:3], before))
			}
			lines[side] = line
		}
		out = append(out, rename)
	}
}

func parseRename(record []string) (r Rename, err error) {
	if len(record) != 2 {
		return r, fmt.Errorf("there are %d values, want two: the old address and the new one", len(record))
	}
	var ok bool
	if r.Old, _, ok = NormalizeAddress(strings.TrimSpace(record[0])); !ok {
		return r, errors.New("the old address is not one such as anna@old.example")
	}
	if r.New, _, ok = NormalizeAddress(strings.TrimSpace(record[1])); !ok {
		return r, errors.New("the new address is not one such as anna@new.example")
	}
	return r, nil
}

// withoutMark skips the byte order mark with which spreadsheets begin a table.
func withoutMark(in io.Reader) io.Reader {
	b := bufio.NewReader(in)
	if mark, _ := b.Peek(3); bytes.Equal(mark, []byte("\ufeff")) {
		_, _ = b.Discard(3) // they were there to be peeked at
	}
	return b
}

// SetRenames replaces the renames of a customer that waits. They count for whom its IdP creates from then on; late is how many
// people came as new before, of whom a rename says who they were. Errors: Conflict where the customer does not wait; Invalid.
func (s *Service) SetRenames(ctx context.Context, a Actor, slug string, renames []Rename) (late int, err error) {
	customer, err := s.waiting(ctx, a, Operator, slug)
	if err != nil {
		return 0, err
	}
	domains, err := s.domains.Domains(ctx, customer.ID)
	if err != nil {
		return 0, err
	}
	if err := checkRenames(renames, namesOf(domains), customer.Slug); err != nil {
		return 0, err
	}
	e := s.event(a, customer.ID, EventRenamesSet, s.now(), map[string]string{"renames": strconv.Itoa(len(renames))})
	if err := s.renames.SetRenames(ctx, customer.ID, renames, e); err != nil {
		return 0, err
	}
	return s.lateFor(ctx, customer, renames)
}

func checkRenames(renames []Rename, verified []string, slug string) error {
	if len(renames) == 0 {
		return newError(Invalid, "give a rename, such as old.example=new.example, or a table of old and new addresses")
	}
	old := make(map[string]bool, len(renames))
	for _, r := range renames {
		domain := r.New[strings.LastIndexByte(r.New, '@')+1:]
		switch {
		case r.Old == r.New:
			return newError(Invalid, r.Old+" is renamed to itself")
		case old[r.Old]:
			return newError(Invalid, r.Old+" is renamed twice")
		case !slices.Contains(verified, domain):
			return newError(Invalid, fmt.Sprintf("the domain %s is not verified for this customer; `drawbridge customer domain %s %s --trust-domains WHY` does that", domain, slug, domain))
		}
		old[r.Old] = true
	}
	return nil
}

// lateFor counts who came as new although a rename leads to somebody of before who is missing.
func (s *Service) lateFor(ctx context.Context, c Customer, renames []Rename) (late int, err error) {
	missing := map[string]bool{}
	var came []string
	err = s.returns.EachReturning(ctx, c.ID, func(x Returning) error {
		switch x.By {
		case "":
			missing[x.User.NameKey], missing[x.Link.LoginKey] = true, true
		case AsNew:
			doc, err := x.User.Attributes()
			if err != nil {
				return err
			}
			login, _ := Identity(doc)
			key, _, _ := NormalizeAddress(login)
			came = append(came, key)
		}
		return nil
	})
	for _, key := range came {
		if slices.ContainsFunc(renames, func(r Rename) bool { return missing[r.before(key)] }) {
			late++
		}
	}
	return late, err
}

// before is the address that the rename leads to this one from; empty: it does not.
func (r Rename) before(address string) string {
	if !r.Domain {
		if address == r.New {
			return r.Old
		}
		return ""
	}
	if local, ok := strings.CutSuffix(address, "@"+r.New); ok {
		return local + "@" + r.Old
	}
	return ""
}
