package notify

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"drawbridge/bridge"
)

const (
	atOnce     = 16          // notices that are told of at the same time
	busyServer = time.Minute // until a contact whose mail server was busy is tried again
)

// addressee is one who is told: the people behind a channel, or a customer's contact.
type addressee struct {
	channel *Channel
	contact *bridge.Contact // nil: the people behind the channel
}

// tellDue has one round, or the rest of one, of each notice that is due. Without channels rounds wait until there are some.
func (n *Notifier) tellDue(ctx context.Context, now time.Time, live []bridge.Notice) error {
	if len(n.channels) == 0 {
		return nil
	}
	var work errgroup.Group
	work.SetLimit(atOnce)
	var mu sync.Mutex
	var all error
	for _, notice := range live {
		if notice.Due.IsZero() || notice.Due.After(now) {
			continue
		}
		work.Go(func() error {
			if err := n.round(ctx, notice); err != nil {
				mu.Lock()
				defer mu.Unlock()
				all = errors.Join(all, err)
			}
			return nil // the others go on
		})
	}
	return errors.Join(work.Wait(), all)
}

// round takes a notice on, unless another process did, and tells those whom it is owed to.
func (n *Notifier) round(ctx context.Context, notice bridge.Notice) error {
	everyone, audience, err := n.addressees(ctx, notice)
	if err != nil {
		return err
	}
	var begun bridge.Notice
	mine, err := n.store.ChangeNotice(ctx, notice.CustomerID, notice.ID, func(kept *bridge.Notice) bool {
		ok := kept.Begin(n.now(), audience)
		begun = *kept
		return ok
	})
	if err != nil || !mine {
		return err
	}
	owed, retry := n.tell(ctx, begun, everyone)
	if ctx.Err() != nil {
		return nil // stopped in the middle: whoever takes the notice on next begins again
	}
	_, err = n.store.ChangeNotice(ctx, notice.CustomerID, notice.ID, func(kept *bridge.Notice) bool {
		return kept.Finish(begun, n.now(), owed, retry)
	})
	n.log.InfoContext(ctx, "people were told", "notice", begun.Subject, "round", begun.Sends, "over", !begun.Closed.IsZero(), "not_reached", len(owed))
	return err
}

// addressees is everyone who may be told of a notice, by name, and the names of those whom its next round is owed to. A customer's
// contacts are told of its holds by mail, once, and that it is over; the rounds in between are the vendor's business.
func (n *Notifier) addressees(ctx context.Context, notice bridge.Notice) (everyone map[string]addressee, audience []string, err error) {
	everyone = map[string]addressee{}
	for _, c := range n.channels {
		everyone[c.name] = addressee{channel: c}
	}
	audience = slices.Sorted(maps.Keys(everyone))
	mail := slices.IndexFunc(n.channels, func(c *Channel) bool { return c.mail != nil })
	if mail < 0 || notice.Kind != bridge.NoticeHold {
		return everyone, audience, nil
	}
	contacts, err := n.store.Contacts(ctx, notice.CustomerID)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range contacts {
		if !c.Notify {
			continue
		}
		name := "contact " + c.ID
		everyone[name] = addressee{channel: n.channels[mail], contact: &c}
		if notice.Sends == 0 || !notice.Closed.IsZero() {
			audience = append(audience, name)
		}
	}
	return everyone, audience, nil
}

// tell tells all whom a notice is owed to, and returns those who are to be told at retry or later. Who is not there any more is not
// owed anything.
func (n *Notifier) tell(ctx context.Context, begun bridge.Notice, everyone map[string]addressee) (owed []string, retry time.Time) {
	var work sync.WaitGroup
	var mu sync.Mutex
	for _, name := range begun.Owed {
		a, ok := everyone[name]
		if !ok {
			continue
		}
		work.Go(func() {
			again := n.tellOne(ctx, begun, a)
			if again.IsZero() {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			owed = append(owed, name)
			if retry.IsZero() || again.Before(retry) {
				retry = again
			}
		})
	}
	work.Wait()
	slices.Sort(owed)
	return owed, retry
}

// tellOne returns when to try again; zero if that is not necessary, or would be no use.
func (n *Notifier) tellOne(ctx context.Context, begun bridge.Notice, a addressee) time.Time {
	was, resting := n.begin(a.channel)
	if resting {
		return was.until
	}
	if a.contact == nil {
		return n.note(ctx, a.channel, was, a.channel.Send(ctx, messageOf(begun)))
	}
	err := a.channel.mail.sendTo(ctx, []string{a.contact.Email}, forContact(begun))
	var f *Failure
	if !errors.As(err, &f) || f.Code == 0 {
		return n.note(ctx, a.channel, was, err)
	}
	n.note(ctx, a.channel, was, nil) // the server works, and does not take this address
	if f.Code < 500 {
		return n.now().Add(busyServer)
	}
	n.log.WarnContext(ctx, "a contact cannot be reached by mail; look at `drawbridge customer contact list`", "contact", a.contact.ID, "reason", f.Reason)
	return time.Time{}
}
