package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"drawbridge/policy"
)

// Match is what the IdP of a customer that came back knew a person by.
type Match string

// The matches. The zero value is nobody whom it has shown to know.
const (
	ByLogin      Match = "login"
	ByExternalID Match = "external_id"
	ByRename     Match = "rename"    // by the login of before, through a rule
	ByFormerID   Match = "former_id" // by our id
	AsNew        Match = "new"       // as nobody of before
)

// ReturnKind is what a person of a waiting room is.
type ReturnKind string

// The kinds.
const (
	SamePerson ReturnKind = "same_person" // of before, and known to the IdP
	NewPerson  ReturnKind = "new"         // only the IdP knows them
	Missing    ReturnKind = "missing"     // of before, with an account, and the IdP has not shown to know them: it stays as it is
)

// Returning is a person of a waiting room as the store has them.
type Returning struct {
	Subject
	By Match
}

// EachReturning is ReconnectStore.EachReturning of one customer, in one state of the database.
type EachReturning func(each func(Returning) error) error

// WaitingRow is a person of a waiting room.
type WaitingRow struct {
	UserID    string
	UserName  string
	Kind      ReturnKind
	By        Match      // empty for who is missing
	Act       policy.Act // what would be done next with the account
	Changed   []string   // what somebody has changed in Okta meanwhile, and stays: names of attributes, or "status"
	LoginFrom string     // the login in Okta, where the IdP says another one; it stays until ApplyLogins
	LoginTo   string
	Stuck     string // code of why the account cannot be read; empty: it can
}

// WaitingRoom is what would happen if a customer that came back were accepted.
type WaitingRoom struct {
	Customer Customer
	Rows     []WaitingRow
	Kinds    map[ReturnKind]int
	Acts     map[policy.Act]int // people by what would be done next; without those with whom nothing would
	Changed  int                // accounts that somebody has changed in Okta
	Logins   int                // accounts whose login would be another one
	Unread   int                // accounts that were not read yet
	Held     bool               // the removals wait for an answer
	Renames  []Rename
	Hash     string // names what a person has read
}

// Removals is how many people would lose access.
func (r WaitingRoom) Removals() int { return r.Acts[policy.Suspend] + r.Acts[policy.Deactivate] }

// WaitingRoom shows what would happen to each person if the customer were accepted. Conflict where it does not wait.
func (s *Service) WaitingRoom(ctx context.Context, a Actor, slug string) (WaitingRoom, error) {
	customer, err := s.waiting(ctx, a, Viewer, slug)
	if err != nil {
		return WaitingRoom{}, err
	}
	r, _, err := waitingRoom(customer, func(each func(Returning) error) error {
		return s.returns.EachReturning(ctx, customer.ID, each)
	}, s.now())
	if err != nil {
		return WaitingRoom{}, err
	}
	r.Renames, err = s.renames.Renames(ctx, customer.ID)
	return r, err
}

// waitingRoom computes the rows, and the logins that must stay as they are.
func waitingRoom(c Customer, each EachReturning, now time.Time) (WaitingRoom, []LoginPin, error) {
	r := WaitingRoom{Customer: c, Kinds: make(map[ReturnKind]int)}
	acts := newTally()
	var pins []LoginPin
	err := each(func(x Returning) error {
		row := WaitingRow{UserID: x.User.ID, UserName: x.User.UserName(), By: x.By, Kind: x.kind(), Act: policy.Leave, Changed: x.Changed}
		if x.Due != nil {
			row.Stuck = x.Due.Parked
		}
		r.Kinds[row.Kind]++
		if l := x.Link; row.Stuck == "" && l != nil && l.OktaID != "" && l.Read.Before(c.VerifyFrom) {
			r.Unread++
		}
		if len(row.Changed) > 0 {
			r.Changed++
		}
		if row.Kind != Missing {
			if pin, to, ok := x.otherLogin(); ok {
				row.LoginFrom, row.LoginTo = pin.Login, to
				pins = append(pins, pin)
				x.Pin = &pin
			}
			facts := x.Facts(now)
			facts.Connected = true
			row.Act = acts.add(x.Subject, facts)
		}
		r.Rows = append(r.Rows, row)
		return nil
	})
	r.Acts, r.Held, r.Logins, r.Hash = acts.acts, acts.held(), len(pins), hashRoom(r.Rows)
	return r, pins, err
}

func (r Returning) kind() ReturnKind {
	switch r.By {
	case "":
		return Missing
	case AsNew:
		return NewPerson
	}
	return SamePerson
}

// hashRoom is the hash of what a person approves.
func hashRoom(rows []WaitingRow) string {
	h := sha256.New()
	_ = json.NewEncoder(h).Encode(rows) // plain fields, into a hash: neither can fail
	return hex.EncodeToString(h.Sum(nil))
}
