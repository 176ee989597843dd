package oktasync

import (
	"context"
	"errors"
	"maps"
	"slices"

	"drawbridge/bridge"
	"drawbridge/oktasync/mapping"
)

// statusField stands for the account's status among what was changed by hand.
const statusField = "status"

// Returns brings customers back that were accepted after a disconnect.
type Returns interface {
	// JoiningCustomers lists those of whom somebody is still to come back under SCIM.
	JoiningCustomers(ctx context.Context) ([]bridge.Customer, error)
	// FinishJoining says that nobody is, with its event.
	FinishJoining(ctx context.Context, c bridge.Customer, ev bridge.Event) error
	// SaveChanged stores a link with what somebody has changed in Okta by hand; none forgets it.
	SaveChanged(ctx context.Context, l bridge.Link, changed []string) error
}

// joinAll brings those back under SCIM who were accepted.
func (s *Syncer) joinAll(ctx context.Context) error {
	customers, err := s.Store.JoiningCustomers(ctx)
	for _, c := range customers {
		back, failed := s.bringBack(ctx, c.ID)
		if back {
			failed = s.Store.FinishJoining(ctx, c, s.newEvent(c.ID, bridge.EventReconnectDone, nil))
		}
		err = errors.Join(err, failed)
	}
	return err
}

// bringBack puts everybody of a customer under SCIM again, but for those who were released singly, and reports whether that is
// done. Nobody is before the calls of the disconnect are over: what is restored by it is restored.
func (s *Syncer) bringBack(ctx context.Context, customerID string) (bool, error) {
	if open, err := s.Store.OpenCalls(ctx, customerID); err != nil || open > 0 {
		return false, err
	}
	if n, err := s.Store.DueOf(ctx, customerID, bridge.RankRestore); err != nil || n > 0 {
		return false, err
	}
	if err := inBatches(ctx, func(ctx context.Context) (int, error) { return s.Store.RejoinUsers(ctx, customerID, planBatch) }); err != nil {
		return false, err
	}
	return true, s.Store.DropRestorations(ctx, customerID)
}

// waiting reports whether the customer is in its waiting room, where accounts are read and nothing is written.
func (j *job) waiting() bool { return !j.Customer.Waiting.IsZero() }

// compare reads the account of somebody in a waiting room, and notes what it shows that Drawbridge did not leave there.
func (j *job) compare(ctx context.Context) error {
	a, err := j.readAccount(ctx)
	if err != nil {
		return err
	}
	theirs := maps.Clone(j.Link.Applied)
	for _, ours := range []string{ConnectedAttr, ActiveAttr, CustomerAttr, KeyAttr} {
		delete(theirs, ours)
	}
	changed := slices.Sorted(maps.Keys(mapping.Diff(a.Profile, theirs)))
	if a.Status != j.Link.Status {
		changed = append(changed, statusField)
	}
	link := j.link()
	j.note(&link, a)
	link.Read = j.Now()
	return j.Store.SaveChanged(ctx, link, changed)
}

// owesChanges reports whether somebody has just come back under SCIM on whose account there is what somebody has changed by hand.
func (j *job) owesChanges() bool {
	return len(j.Changed) > 0 && j.Link != nil && j.User.Connected && j.Customer.State.Governs()
}

// keepChanges leaves in Okta what was changed there by hand: what the IdP says of it by now counts as written, so that only what it
// says from now on is.
func (j *job) keepChanges(ctx context.Context) error {
	link, want := j.link(), j.desired().profile
	link.Applied = merged(link.Applied, nil)
	for _, name := range j.Changed {
		if value, ours := want[name]; ours {
			link.Applied[name] = value
		}
	}
	return j.Store.SaveChanged(ctx, link, nil)
}
