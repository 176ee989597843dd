package bridge

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"drawbridge/policy"
)

// ReviewRetry is after how long the IdP of a frozen customer is told to try again.
const ReviewRetry = 5 * time.Minute

// HoldRestored is the code of a hold that the approval of a restore opened.
const HoldRestored = "restored"

// keepOutBatch is how many people are written as removed in one commit.
const keepOutBatch = 500

// OutPerson is somebody who is active here, while Okta showed an account without access after a restore.
type OutPerson struct {
	UserID   string
	UserName string
	Status   policy.Status // of the account
	ByUs     bool          // the account's flag says that the IdP removed the person; otherwise somebody took the access by hand
}

// ReviewCounts is how far the reading of a frozen customer's accounts is, and what it showed.
type ReviewCounts struct {
	Unread  int // accounts still to be read
	Stuck   int // accounts that cannot be read, such as those that are gone
	Waiting int // removals that are in force here, while the account still lets the person in
}

// Review is what a restore has forgotten of a customer, and what its approval would do.
type Review struct {
	Customer   Customer
	Found      Found
	Counts     ReviewCounts
	Out        []OutPerson // who stays out
	Revoked    []Token     // live here, and not any more in Okta's record: approval revokes them
	LostTokens []string    // ids of live ones in Okta's record that are not here: others must be issued
}

// Complete reports whether everything was read that there is to read.
func (r Review) Complete() bool { return !r.Found.At.IsZero() && r.Counts.Unread == 0 }

// Cuts reports whether the customer was disconnected, which is forgotten here: its approval disconnects it.
func (r Review) Cuts() bool {
	return r.Found.Record != nil && r.Found.Record.State.ended() && !r.Customer.State.ended()
}

// ended reports whether a connection in this state has ended for good, as far as nobody takes that back.
func (s State) ended() bool { return s.Cut() || s == Deleted }

// removedByUs are those who are written as removed.
func (r Review) removedByUs() (n int) {
	for _, p := range r.Out {
		n += boolInt(p.ByUs)
	}
	return n
}

// RestoreStore keeps what was found after a restore.
type RestoreStore interface {
	// Found returns what the syncer found in Okta of a customer.
	Found(ctx context.Context, customerID string) (Found, error)
	ReviewCounts(ctx context.Context, customerID string) (ReviewCounts, error)
	// StaysOut lists who is active here and out in Okta, by name.
	StaysOut(ctx context.Context, customerID string) ([]OutPerson, error)
	// KeepOut writes up to limit of those whom the account's flag calls removed as change says, each as taken by Drawbridge, and
	// returns how many are settled by it. Conflict where the customer is not frozen.
	KeepOut(ctx context.Context, customerID string, limit int, change func(User) (UserChange, error)) (int, error)
	// ApproveRestore lets a frozen customer go on. Conflict where it is not frozen, or something is still to be read or kept out.
	ApproveRestore(ctx context.Context, a RestoreApproval) (Customer, error)
}

// RestoreApproval is the moment in which a frozen customer goes on.
type RestoreApproval struct {
	CustomerID string
	At         time.Time
	Epoch      int64    // that of Okta's record; the customer's grows above both
	Revoke     []string // ids of tokens
	Cut        *Plan    // disconnects it, without choices for anybody; nil: it is not to be disconnected
	Hold       Hold     // opened where removals are in force here that Okta does not show
	Events     func(kind string, data map[string]string) Event
}

// Reviews shows what the restore has forgotten of each frozen customer, or of one.
func (s *Service) Reviews(ctx context.Context, a Actor, slug string) ([]Review, error) {
	if err := a.may(Viewer); err != nil {
		return nil, err
	}
	var list []Customer
	var err error
	if slug == "" {
		list, err = s.customers.Customers(ctx)
	} else {
		list = make([]Customer, 1)
		list[0], err = s.customers.Customer(ctx, slug)
	}
	if err != nil {
		return nil, err
	}
	var reviews []Review
	for _, c := range list {
		if !c.Frozen() {
			continue
		}
		r, err := s.review(ctx, c)
		if err != nil {
			return nil, err
		}
		reviews = append(reviews, r)
	}
	return reviews, nil
}

func (s *Service) review(ctx context.Context, c Customer) (Review, error) {
	r := Review{Customer: c}
	var err error
	if r.Found, err = s.restores.Found(ctx, c.ID); err != nil {
		return r, err
	}
	if r.Counts, err = s.restores.ReviewCounts(ctx, c.ID); err != nil {
		return r, err
	}
	if r.Out, err = s.restores.StaysOut(ctx, c.ID); err != nil {
		return r, err
	}
	tokens, err := s.tokens.Tokens(ctx, c.ID)
	if err != nil || r.Found.Record == nil {
		return r, err
	}
	known := make([]string, len(tokens))
	for i, t := range tokens {
		known[i] = t.ID
		if t.Live(s.now()) && t.Created.Before(c.ReviewSince) && !slices.Contains(r.Found.Record.Tokens, t.ID) {
			r.Revoked = append(r.Revoked, t)
		}
	}
	for _, id := range r.Found.Record.Tokens {
		if !slices.Contains(known, id) {
			r.LostTokens = append(r.LostTokens, id)
		}
	}
	return r, nil
}

// ApproveRestore lets a frozen customer go on. Who was removed since the backup stays out, until a newer write of the IdP says
// otherwise; a customer that was disconnected since is disconnected; removals that Okta does not show wait in a hold. With typed
// empty it only says what would happen. It may be repeated after a failure. Errors: Conflict, Invalid.
func (s *Service) ApproveRestore(ctx context.Context, a Actor, slug, typed string) (Review, error) {
	if err := a.may(Operator); err != nil {
		return Review{}, err
	}
	reviews, err := s.Reviews(ctx, a, slug)
	if err != nil {
		return Review{}, err
	}
	if len(reviews) == 0 {
		return Review{}, newError(Conflict, slug+" does not wait for an approval; `drawbridge restore review` shows who does")
	}
	r := reviews[0]
	switch {
	case typed == "":
		return r, nil
	case typed != slug:
		return Review{}, r.Customer.typed(typed)
	case r.Found.At.IsZero():
		return Review{}, newError(Conflict, "what Okta keeps of "+slug+" was not read yet; `drawbridge doctor` says what stands in the way")
	case r.Counts.Unread > 0:
		return Review{}, newError(Conflict, fmt.Sprintf("%d accounts are still to be read; approve when `drawbridge restore review %s` shows the whole", r.Counts.Unread, slug))
	}
	if !r.Cuts() && r.Customer.State.Serves() {
		if err := s.keepOut(ctx, a, r); err != nil {
			return Review{}, err
		}
	}
	_, err = s.restores.ApproveRestore(ctx, s.approval(a, r))
	return r, err
}

// keepOut writes those as removed whom the IdP had removed when the database had not forgotten it.
func (s *Service) keepOut(ctx context.Context, a Actor, r Review) error {
	for {
		n, err := s.restores.KeepOut(ctx, r.Customer.ID, keepOutBatch, func(u User) (UserChange, error) {
			return s.removal(a, u, "removed before the restore")
		})
		if err != nil || n < keepOutBatch {
			return err
		}
	}
}

func (s *Service) approval(a Actor, r Review) RestoreApproval {
	now, id := s.now(), r.Customer.ID
	out := RestoreApproval{
		CustomerID: id, At: now,
		Hold: Hold{ID: s.newID(), CustomerID: id, Opened: now, Code: HoldRestored,
			Sentence: "The database was restored from a backup; removals that it knows and Okta does not show wait until a person has answered."},
		Events: func(kind string, data map[string]string) Event {
			if kind == EventCustomerApproved {
				data = map[string]string{"kept_out": strconv.Itoa(r.removedByUs()), "lost": strconv.Itoa(len(r.Found.Lost))}
			}
			return s.event(a, id, kind, now, data)
		},
	}
	if r.Found.Record != nil {
		out.Epoch = r.Found.Record.Epoch
	}
	for _, t := range r.Revoked {
		out.Revoke = append(out.Revoke, t.ID)
	}
	if r.Cuts() {
		out.Cut = &Plan{
			ID: s.newID(), CustomerID: id, State: PlanRunning, Hash: hashPlan(Choices{}, nil), Epoch: r.Customer.Epoch,
			Created: now, CreatedBy: a.Name, Expires: now, Confirmed: now, ConfirmedBy: a.Name, RunAt: now,
		}
	}
	return out
}
