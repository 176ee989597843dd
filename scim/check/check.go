// Package check judges a SCIM 2.0 server from outside, over HTTP, by what RFC 7643, 7644 and 9865, Okta's test suite and Entra ID's
// validator ask of it. It knows nothing of how any server is made.
package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options say what to judge, and how.
type Options struct {
	Base   string // URL of the server: the endpoints follow it. A query in it is sent with every request, as Entra does
	Token  string // the bearer token; it never stands in a report or an error
	Domain string // of the made-up e-mail addresses; empty means example.com
	// Only selects a group, such as rfc, or one topic of it, such as rfc/patch; empty selects all.
	Only string
	// Prefix begins every name that the run makes up, so that it can find and delete them: 12 or more characters that nobody
	// else uses, at best random.
	Prefix string
	Rate   int          // requests a second at most; 0 means 25
	Client *http.Client // nil means one that gives an answer 30 seconds
	Now    func() time.Time
	// Each, if not nil, is told each result as it comes.
	Each func(Result)
}

// ErrOptions marks an error of the options: nothing was sent.
var ErrOptions = errors.New("options")

// topic is a set of checks with a subject in common.
type topic struct {
	group, name string
	run         func(*session)
}

// topics lists every check's topic, in the order in which they run.
func topics() []topic {
	return []topic{
		{"okta", "spec", oktaSpec},
		{"entra", "user", entraUsers},
		{"entra", "group", entraGroups},
		{"entra", "gallery", entraGallery},
		{"entra", "quirk", entraQuirks},
		{"rfc", "discovery", rfcDiscovery},
		{"rfc", "error", rfcErrors},
		{"rfc", "resource", rfcResources},
		{"rfc", "projection", rfcProjection},
		{"rfc", "filter", rfcFilters},
		{"rfc", "list", rfcLists},
		{"rfc", "sort", rfcSort},
		{"rfc", "cursor", rfcCursors},
		{"rfc", "search", rfcSearch},
		{"rfc", "patch", rfcPatch},
		{"rfc", "put", rfcPut},
		{"rfc", "etag", rfcETags},
		{"rfc", "group", rfcGroups},
		{"rfc", "bulk", rfcBulk},
	}
}

// selected are the topics that only names.
func selected(only string) (out []topic, err error) {
	for _, tp := range topics() {
		if only == "" || only == tp.group || only == tp.group+"/"+tp.name {
			out = append(out, tp)
		}
	}
	if out == nil {
		return nil, fmt.Errorf("%w: there is no such group; the groups are okta, entra and rfc", ErrOptions)
	}
	return out, nil
}

// Run judges a server. It fails, with what there is of a report, when the server cannot be reached, refuses the token or
// ctx ends; failed checks are no error. However it ends, it first deletes every user and group that it made.
func Run(ctx context.Context, o Options) (Report, error) {
	chosen, err := selected(o.Only)
	if err != nil {
		return Report{}, err
	}
	s, err := newSession(ctx, o)
	if err != nil {
		return Report{}, err
	}
	if err := s.greet(); err != nil {
		return s.report, err
	}
	for _, tp := range chosen {
		s.topic = tp
		tp.run(s)
	}
	// What was made has to go even when ctx, by now, has ended.
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer cancel()
	s.cleanUp(clean)
	return s.report, ctx.Err()
}

func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("%w: the base must be an absolute http or https URL without a user", ErrOptions)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}
