package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"drawbridge/bridge"
)

// From when on people are told of what often ends by itself.
const (
	tellOutage     = 30 * time.Second
	tellDisconnect = time.Hour
	lookAtStates   = time.Minute // how often customers are looked at for disconnects that take too long
)

// causes reads all that people must be told of at this moment, as notices that nobody has raised yet.
func (n *Notifier) causes(ctx context.Context, now time.Time) ([]bridge.Notice, error) {
	wanted, err := n.holds(ctx)
	if err != nil {
		return nil, err
	}
	logins, err := n.store.LoginHolds(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range logins {
		wanted = append(wanted, loginsNotice(h))
	}
	value, _, err := n.store.State(ctx, bridge.CircuitState)
	if err != nil {
		return nil, err
	}
	var outage *bridge.Outage
	if value != "" {
		if err := json.Unmarshal([]byte(value), &outage); err != nil {
			return nil, fmt.Errorf("the state of the circuit: %w", err)
		}
	}
	if outage != nil && now.Sub(outage.Since) >= tellOutage {
		wanted = append(wanted, outageNotice(*outage))
	}
	frozen, err := n.store.FrozenCustomers(ctx)
	if err != nil {
		return nil, err
	}
	if len(frozen) > 0 {
		wanted = append(wanted, restoreNotice(frozen))
	}
	if now.Sub(n.stalledAt) >= lookAtStates {
		if n.stalled, err = n.disconnects(ctx, now); err != nil {
			return nil, err
		}
		n.stalledAt = now
	}
	return append(wanted, n.stalled...), nil
}

func (n *Notifier) holds(ctx context.Context) ([]bridge.Notice, error) {
	holds, err := n.store.Holds(ctx)
	if err != nil {
		return nil, err
	}
	var wanted []bridge.Notice
	for _, h := range holds {
		c, err := n.store.CustomerByID(ctx, h.CustomerID)
		if err != nil {
			return nil, err
		}
		waiting, err := n.store.DueOf(ctx, h.CustomerID, bridge.RankRevoke)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, holdNotice(h, c.Slug, waiting))
	}
	return wanted, nil
}

func (n *Notifier) disconnects(ctx context.Context, now time.Time) ([]bridge.Notice, error) {
	customers, err := n.store.Customers(ctx)
	if err != nil {
		return nil, err
	}
	var wanted []bridge.Notice
	for _, c := range customers {
		if c.State == bridge.Disconnecting && now.Sub(c.Modified) > tellDisconnect {
			wanted = append(wanted, disconnectNotice(c))
		}
	}
	return wanted, nil
}

func holdNotice(h bridge.Hold, slug string, waiting int) bridge.Notice {
	return bridge.Notice{
		CustomerID: h.CustomerID, Subject: "hold:" + h.ID, Kind: bridge.NoticeHold, Severity: bridge.Critical,
		Text: []string{
			slug + ": removals wait for your answer",
			fmt.Sprintf("People whose removal waits: %d, since %s.", waiting, at(h.Opened)),
			h.Sentence,
			"Next: drawbridge hold show " + slug,
		},
	}
}

func loginsNotice(h bridge.LoginHold) bridge.Notice {
	return bridge.Notice{
		CustomerID: h.CustomerID, Subject: "logins:" + h.Slug, Kind: bridge.NoticeLogins, Severity: bridge.Warning,
		Text: []string{
			h.Slug + ": changes of logins wait for your answer",
			fmt.Sprintf("Logins that wait: %d, since %s. So many changed at once that a mapping may be mistaken; everybody signs in with the login of before.", h.Logins, at(h.Since)),
			"Next: drawbridge hold logins " + h.Slug,
		},
	}
}

func outageNotice(o bridge.Outage) bridge.Notice {
	how := "without any answer"
	if o.Status != 0 {
		how = fmt.Sprintf("with HTTP %d", o.Status)
	}
	return bridge.Notice{
		Subject: fmt.Sprintf("outage:%d", o.Since.Unix()), Kind: bridge.NoticeOutage, Severity: bridge.Critical,
		Text: []string{
			"Okta does not answer",
			fmt.Sprintf("Since %s calls fail %s; nothing is synced until that ends.", at(o.Since), how),
			fmt.Sprintf("Removed people who still have access because of it: %d.", o.StillActive),
			"Next: check the API token and Okta's status page; drawbridge sync status",
		},
	}
}

func disconnectNotice(c bridge.Customer) bridge.Notice {
	return bridge.Notice{
		CustomerID: c.ID, Subject: fmt.Sprintf("disconnect:%s:%d", c.Slug, c.Epoch), Kind: bridge.NoticeDisconnect, Severity: bridge.Warning,
		Text: []string{
			c.Slug + ": the disconnect has not come to its end",
			fmt.Sprintf("It has been under way since %s. Nobody loses access by that; some accounts are not released in Okta yet.", at(c.Modified)),
			"Next: drawbridge doctor",
		},
	}
}

func restoreNotice(frozen []bridge.Customer) bridge.Notice {
	since := frozen[0].ReviewSince
	return bridge.Notice{
		Subject: fmt.Sprintf("restore:%d", since.Unix()), Kind: bridge.NoticeRestore, Severity: bridge.Critical,
		Text: []string{
			"The database was restored from a backup",
			fmt.Sprintf("Since %s nothing is written to Okta for customers that a person has not approved; SCIM answers them 503. They are %d.", at(since), len(frozen)),
			"Next: drawbridge restore review",
		},
	}
}

// at is a time as people read it.
func at(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
