package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Channel is a way to people, made by Open.
type Channel struct {
	name string // such as #2 (slack); holds nothing of its URL
	to   sender
	mail *mailer // nil: no mail goes through it
}

// sender sends one message. Its errors are Failures.
type sender interface {
	send(ctx context.Context, m Message) error
}

// Name is the channel's place among the others and its kind, such as #2 (slack).
func (c *Channel) Name() string { return c.name }

// Send sends a message, within 10 seconds. An error is a *Failure.
func (c *Channel) Send(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return c.to.send(ctx, m)
}

// Open makes the channels of a list of URLs; nothing is sent. Webhooks connect to public addresses alone unless private is true.
// Errors name the place in the list and what to change, and hold nothing of the URL.
//
//	smtp://USER:PASSWORD@HOST:587/?from=A&to=B,C        mail; STARTTLS, or tls=none to a server that asks for no password
//	smtps://USER:PASSWORD@HOST:465/?from=A&to=B,C       mail over TLS
//	slack://hooks.slack.com/services/T/B/X              Slack's incoming webhook, with slack in the place of https
//	teams://HOST/workflows/...?sig=...                  Teams' webhook of a workflow, with teams in the place of https
//	pagerduty://events.pagerduty.com/INTEGRATION-KEY    PagerDuty's events, version 2
//	generic+https://HOST/PATH                           any webhook: a POST of JSON
func Open(urls []string, private bool) ([]*Channel, error) {
	client := newClient(private)
	var channels []*Channel
	for i, text := range urls {
		kind, c, err := open(text, client, private)
		if err != nil {
			return nil, fmt.Errorf("#%d%s: %w", i+1, kind.inBrackets(), err)
		}
		c.name = fmt.Sprintf("#%d%s", i+1, kind.inBrackets())
		channels = append(channels, c)
	}
	return channels, nil
}

// kind is how a channel is called; empty where that is not known.
type kind string

func (k kind) inBrackets() string {
	if k == "" {
		return ""
	}
	return " (" + string(k) + ")"
}

var (
	errNoURL  = errors.New("this is no URL; percent-encode special characters in its password")
	errNoKind = errors.New("it must begin with smtp://, smtps://, slack://, teams://, pagerduty:// or generic+https://")
)

func open(text string, client *http.Client, private bool) (kind, *Channel, error) {
	u, err := url.Parse(text)
	if err != nil { // whose text repeats the URL
		return "", nil, errNoURL
	}
	if u.Host == "" || u.Opaque != "" {
		return "", nil, errNoKind
	}
	switch u.Scheme {
	case "smtp", "smtps":
		m, err := newMailer(u)
		return "smtp", &Channel{to: m, mail: m}, err
	case "slack":
		c, err := newWebhook(u, "https", client, slackBody)
		return "slack", c, err
	case "teams":
		c, err := newWebhook(u, "https", client, teamsBody)
		return "teams", c, err
	case "pagerduty":
		c, err := newPagerDuty(u, client)
		return "pagerduty", c, err
	case "generic+https":
		c, err := newWebhook(u, "https", client, plainBody)
		return "generic", c, err
	case "generic+http":
		if !private {
			return "generic", nil, errors.New("a webhook on the open network needs https; --notify-private allows generic+http:// on your own")
		}
		c, err := newWebhook(u, "http", client, plainBody)
		return "generic", c, err
	}
	return "", nil, errNoKind
}

// newWebhook makes the channel of a webhook whose own URL begins with scheme.
func newWebhook(u *url.URL, scheme string, client *http.Client, body func(Message) any) (*Channel, error) {
	if strings.Trim(u.Path, "/") == "" && u.RawQuery == "" {
		return nil, errors.New("the path is missing: give the whole URL of the webhook")
	}
	to := *u
	to.Scheme = scheme
	return &Channel{to: &webhook{url: to.String(), client: client, body: body}}, nil
}

func newPagerDuty(u *url.URL, client *http.Client) (*Channel, error) {
	key := strings.Trim(u.Path, "/")
	if key == "" || strings.Contains(key, "/") || u.RawQuery != "" || u.User != nil {
		return nil, errors.New("it must look like pagerduty://events.pagerduty.com/INTEGRATION-KEY")
	}
	to := url.URL{Scheme: "https", Host: u.Host, Path: "/v2/enqueue"}
	return &Channel{to: &webhook{url: to.String(), client: client, body: func(m Message) any { return pagerDutyBody(key, m) }}}, nil
}
