package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// How long a channel that fails is left alone: longer each time.
const (
	firstRest   = 5 * time.Second
	longestRest = 5 * time.Minute
)

// namesState is the name under which the names of the channels are kept; each channel's own state is kept under its name after that.
const namesState = "notify"

// rest is how long a channel that failed is left alone.
type rest struct {
	failures int
	until    time.Time
}

// Health is how a channel does.
type Health struct {
	Name   string    // such as #2 (slack)
	Since  time.Time // when it began to fail; zero: it works, or nothing was told yet
	Reason string    // of the last failure, such as HTTP 404
}

// trouble is the Health that is kept of a channel that fails.
type trouble struct {
	Since  time.Time `json:"since"`
	Reason string    `json:"reason"`
}

// ReadHealth reads how the channels of the process that started last do; started is false where none ever did.
func ReadHealth(ctx context.Context, s StateStore) (all []Health, started bool, err error) {
	value, _, err := s.State(ctx, namesState)
	if err != nil || value == "" {
		return nil, false, err
	}
	var names []string
	if err := json.Unmarshal([]byte(value), &names); err != nil {
		return nil, false, fmt.Errorf("the list of channels: %w", err)
	}
	for _, name := range names {
		t, err := readTrouble(ctx, s, name)
		if err != nil {
			return nil, false, err
		}
		h := Health{Name: name}
		if t != nil {
			h.Since, h.Reason = t.Since, t.Reason
		}
		all = append(all, h)
	}
	return all, true, nil
}

// readTrouble returns nil of a channel that works.
func readTrouble(ctx context.Context, s StateStore, name string) (*trouble, error) {
	value, _, err := s.State(ctx, namesState+" "+name)
	if err != nil || value == "" {
		return nil, err
	}
	var t *trouble
	if err := json.Unmarshal([]byte(value), &t); err != nil {
		return nil, fmt.Errorf("the state of channel %s: %w", name, err)
	}
	return t, nil
}

func (n *Notifier) publishNames(ctx context.Context) error {
	names := make([]string, len(n.channels))
	for i, c := range n.channels {
		names[i] = c.name
	}
	value, _ := json.Marshal(names) // strings: cannot fail
	return n.store.SetState(ctx, namesState, string(value))
}

// begin returns what is known of a channel before it is tried, and whether it is left alone until then. One that failed is tried
// by one message at a time: the others wait, so that a server that hangs holds up one of them.
func (n *Notifier) begin(c *Channel) (was rest, resting bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	was, failed := n.rests[c.name]
	now := n.now()
	if !failed || was.until.After(now) {
		return was, failed
	}
	n.rests[c.name] = rest{failures: was.failures, until: now.Add(sendTimeout)}
	return was, false
}

// note notes how a channel did that was tried after begin, and returns when to try it again; zero if it works. Failures at the
// same time count as one.
func (n *Notifier) note(ctx context.Context, c *Channel, was rest, err error) time.Time {
	if ctx.Err() != nil {
		return n.now() // stopped: says nothing of the channel
	}
	n.mu.Lock()
	r := n.rests[c.name]
	switch {
	case err == nil:
		r = rest{}
		delete(n.rests, c.name)
	case r.failures == was.failures:
		r = rest{failures: was.failures + 1, until: n.now().Add(min(firstRest<<min(was.failures, 10), longestRest))}
		n.rests[c.name] = r
	}
	n.mu.Unlock()
	if kept := n.publish(ctx, c, err); kept != nil {
		n.log.WarnContext(ctx, "the state of a channel could not be kept", "channel", c.name, "error", kept)
	}
	return r.until
}

// publish keeps for `doctor` since when and why a channel fails, if that is news.
func (n *Notifier) publish(ctx context.Context, c *Channel, err error) error {
	was, readErr := readTrouble(ctx, n.store, c.name)
	if readErr != nil {
		return readErr
	}
	var is *trouble
	switch {
	case err == nil && was == nil, err != nil && was != nil && was.Reason == err.Error():
		return nil
	case err == nil:
		n.log.InfoContext(ctx, "a channel works again", "channel", c.name)
	default:
		is = &trouble{Since: n.now(), Reason: err.Error()}
		if was != nil {
			is.Since = was.Since
		}
		n.log.WarnContext(ctx, "a channel fails; it is tried again", "channel", c.name, "reason", is.Reason)
	}
	value, _ := json.Marshal(is) // plain fields: cannot fail
	return n.store.SetState(ctx, namesState+" "+c.name, string(value))
}
