package okta

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"

	"drawbridge/oktasync"
)

// Config says which org to use, and as whom: either Token, or ClientID with PrivateKey.
type Config struct {
	OrgURL string // such as https://acme.okta.com, without a path; http:// only for this machine

	Token string // an API token (SSWS)

	ClientID   string   // of an API service app; its client authentication is "Public key / Private key"
	PrivateKey string   // RSA, PEM (PKCS#1 or PKCS#8)
	KeyID      string   // kid of the public key at Okta; may be empty if the app has one key
	Scopes     []string // nil: DefaultScopes; each must be granted to the app

	Governor  *oktasync.Governor // required: all calls to an org share one
	Timeout   time.Duration      // of one call on the wire; zero: 10 s
	UserAgent string             // added to the SDK's own; empty: drawbridge
	Logger    *slog.Logger       // one debug line a call, without personal data; nil: none
	Now       func() time.Time   // nil: time.Now
}

// LogsScope is what LastSignIn needs. It is no default: Okta gives an app without it no access token at all where it is asked for.
const LogsScope = "okta.logs.read"

// DefaultScopes are what all calls together need: okta.users.manage for accounts, okta.schemas.manage for Setup alone
// (Check needs okta.schemas.read), okta.roles.read for IsAdmin, okta.idps.read for IdP, okta.groups.manage for the
// records.
func DefaultScopes() []string {
	return []string{scopeUsers, "okta.schemas.manage", "okta.roles.read", "okta.idps.read", scopeGroups}
}

// Client is the org as oktasync sees it; safe for concurrent use. Its errors are *oktasync.OrgError.
type Client struct {
	sdk       *sdk.Client
	transport *transport
	now       func() time.Time
	poll      time.Duration // how long Setup waits before it looks again
	settle    time.Duration // how long a schema change that is visible may still not be in force
}

var _ oktasync.Org = (*Client)(nil)

// New returns a client. It sends nothing; the error says which setting to change.
func New(cfg Config) (*Client, error) {
	org, err := parseOrgURL(cfg.OrgURL)
	if err != nil {
		return nil, err
	}
	if cfg.Governor == nil {
		return nil, errors.New("okta: Config.Governor is required: calls must stay within Okta's rate limits")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "drawbridge"
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Scopes == nil {
		cfg.Scopes = DefaultScopes()
	}
	t := &transport{
		org: org, base: newWire(), governor: cfg.Governor, timeout: cfg.Timeout, now: cfg.Now, log: cfg.Logger,
	}
	if t.auth, err = newAuthorizer(cfg, org, t); err != nil {
		return nil, err
	}
	client, err := newSDK(org, cfg.UserAgent, t)
	if err != nil {
		return nil, err
	}
	return &Client{sdk: client, transport: t, now: cfg.Now, poll: 500 * time.Millisecond, settle: 2 * time.Second}, nil
}

// newAuthorizer returns what puts the credentials on each request.
func newAuthorizer(cfg Config, org *url.URL, t *transport) (authorizer, error) {
	switch {
	case cfg.Token != "" && (cfg.ClientID != "" || cfg.PrivateKey != ""):
		return nil, errors.New("give either an Okta API token or a client id with a private key, not both")
	case strings.ContainsFunc(cfg.Token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("the Okta API token holds a blank or a character that no token has: paste it again")
	case cfg.Token != "":
		return apiToken(cfg.Token), nil
	case cfg.ClientID == "" || cfg.PrivateKey == "":
		return nil, errors.New("give an Okta API token, or the client id and the private key of an API service app")
	}
	return newTokenSource(cfg, org, t)
}

// newSDK sets every option of the SDK: what is not set here would come from a file or the environment of whoever starts
// the process. The credentials are a placeholder that the transport replaces, so that the SDK neither holds nor fetches any.
func newSDK(org *url.URL, userAgent string, t http.RoundTripper) (*sdk.Client, error) {
	_, client, err := sdk.NewClient(context.Background(), // it sends nothing
		sdk.WithOrgUrl(org.String()),
		sdk.WithTestingDisableHttpsCheck(org.Scheme == "http"),
		sdk.WithAuthorizationMode("SSWS"),
		sdk.WithToken("set-by-transport"),
		sdk.WithClientId(""), sdk.WithClientAssertion(""), sdk.WithScopes(nil),
		sdk.WithPrivateKey(""), sdk.WithPrivateKeyId(""), sdk.WithPrivateKeySigner(nil),
		sdk.WithHttpClientPtr(&http.Client{Transport: t}),
		sdk.WithCache(false), sdk.WithCacheManager(nil), sdk.WithCacheTtl(0), sdk.WithCacheTti(0),
		sdk.WithRateLimitMaxRetries(0), sdk.WithRateLimitMaxBackOff(0),
		sdk.WithRequestTimeout(0), sdk.WithConnectionTimeout(0),
		sdk.WithProxyHost(""), sdk.WithProxyPort(0), sdk.WithProxyUsername(""), sdk.WithProxyPassword(""),
		sdk.WithUserAgentExtra(userAgent),
	)
	if err != nil {
		return nil, fmt.Errorf("okta: %w", err)
	}
	return client, nil
}

// newWire returns the HTTP transport. Idle connections are dropped before Okta would drop them under a request.
func newWire() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConns:        20,
		MaxIdleConnsPerHost: 10,
		IdleConnTimeout:     30 * time.Second,
		ForceAttemptHTTP2:   true,
	}
}

// parseOrgURL checks the org's address and reduces it to scheme and host.
func parseOrgURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	switch {
	case s == "":
		return nil, errors.New("the Okta org URL is missing: give something like https://acme.okta.com")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the Okta org URL is not a URL: give something like https://acme.okta.com")
	case u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the Okta org URL is to be the scheme and the host alone, such as https://acme.okta.com")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("the Okta org URL must start with https:// (http:// is only for a test org on this machine)")
	case strings.Contains(u.Hostname(), "-admin.okta"):
		return nil, errors.New("the Okta org URL is that of the admin console: leave out -admin")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
