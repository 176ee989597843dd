package okta

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"golang.org/x/sync/singleflight"

	"drawbridge/oktasync"
)

// tokenMargin is how long before its end an access token is replaced.
const tokenMargin = time.Minute

// tokenSource gets access tokens for an API service app (client credentials with private_key_jwt). However many calls
// wait for a token, it is asked for once; each of them stops waiting when its own context ends.
type tokenSource struct {
	transport *transport
	clientID  string
	url       string
	scopes    []string
	assertion func() (string, error)
	flight    singleflight.Group

	mu      sync.Mutex
	current grant
}

// grant is an access token as Okta gave it.
type grant struct {
	header string
	scopes []string
	until  time.Time
}

func newTokenSource(cfg Config, org *url.URL, t *transport) (*tokenSource, error) {
	key, err := pkcs1(cfg.PrivateKey)
	if err != nil {
		return nil, err
	}
	signer, err := sdk.CreateKeySigner(key, cfg.KeyID)
	if err != nil {
		return nil, errors.New("the Okta private key cannot be used: give the RSA key of the API service app in PEM form")
	}
	return &tokenSource{
		transport: t, clientID: cfg.ClientID, url: org.String() + "/oauth2/v1/token", scopes: cfg.Scopes,
		assertion: func() (string, error) { return sdk.CreateClientAssertion(org.String(), cfg.ClientID, signer) },
	}, nil
}

// pkcs1 turns an RSA key in PEM into PKCS#1, the only form that the SDK reads. Okta itself hands out PKCS#8.
func pkcs1(s string) (string, error) {
	block, _ := pem.Decode([]byte(strings.TrimSpace(s)))
	if block == nil {
		return "", errors.New("the Okta private key is not PEM: give the file that begins with -----BEGIN PRIVATE KEY-----")
	}
	if block.Type == "RSA PRIVATE KEY" {
		return s, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "", errors.New("the Okta private key cannot be read: give an RSA key in PKCS#8 or PKCS#1, without a passphrase")
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return "", errors.New("the Okta private key is not an RSA key: generate an RSA key (RS256) for the app")
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})), nil
}

// header implements authorizer.
func (s *tokenSource) header(ctx context.Context) (string, error) {
	g, err := s.grant(ctx)
	return g.header, err
}

// refused implements authorizer: a token that Okta took back is not used again.
func (s *tokenSource) refused(header string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.header == header {
		s.current = grant{}
	}
}

// grant returns a token that is good for a while.
func (s *tokenSource) grant(ctx context.Context) (grant, error) {
	if g, ok := s.cached(); ok {
		return g, nil
	}
	// The fetch is everybody's, so no single caller's context ends it; its own time-out does.
	fetched := s.flight.DoChan("", func() (any, error) {
		if g, ok := s.cached(); ok {
			return g, nil
		}
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*s.transport.timeout)
		defer cancel()
		return s.fetch(bounded)
	})
	select {
	case <-ctx.Done():
		return grant{}, &oktasync.OrgError{Cause: oktasync.CauseOrg, Op: "token", Err: ctx.Err()}
	case r := <-fetched:
		g, _ := r.Val.(grant)
		return g, r.Err
	}
}

func (s *tokenSource) cached() (grant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current, s.transport.now().Before(s.current.until)
}

func (s *tokenSource) fetch(ctx context.Context) (grant, error) {
	c := &call{op: "token", want: object}
	assertion, err := s.assertion()
	if err != nil {
		return grant{}, c.fail(oktasync.CauseOrg, 0, errors.New("the client assertion could not be signed"))
	}
	form := url.Values{
		"grant_type":            {"client_credentials"},
		"scope":                 {strings.Join(s.scopes, " ")},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(form.Encode()))
	if err != nil {
		return grant{}, c.fail(oktasync.CauseOrg, 0, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	asked := s.transport.now()
	resp, body, err := s.transport.send(req, c)
	if err != nil {
		return grant{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return grant{}, tokenError(c, resp, body, asked)
	}
	if err := c.check(resp, body); err != nil {
		return grant{}, c.garbage(resp.StatusCode, err)
	}
	g, err := parseGrant(body, asked)
	if err != nil {
		return grant{}, c.garbage(resp.StatusCode, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = g
	return g, nil
}

func parseGrant(body []byte, asked time.Time) (grant, error) {
	var in struct {
		TokenType   string `json:"token_type"`
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		Scope       string `json:"scope"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.AccessToken == "" || in.ExpiresIn <= 0 {
		return grant{}, errors.New("the answer is not an access token")
	}
	if !strings.EqualFold(in.TokenType, "Bearer") {
		return grant{}, errDPoP
	}
	life := time.Duration(in.ExpiresIn) * time.Second
	life -= min(tokenMargin, life/2)
	return grant{header: "Bearer " + in.AccessToken, scopes: strings.Fields(in.Scope), until: asked.Add(life)}, nil
}

var (
	errToken = errors.New("no access token from Okta")
	errDPoP  = fmt.Errorf("%w: switch off \"Require Demonstrating Proof of Possession (DPoP)\" on the API service app", errToken)
)

// tokenError says what to change at Okta. Nothing of the call proper has been sent.
func tokenError(c *call, resp *http.Response, body []byte, now time.Time) error {
	e := classify(c, resp, body, now)
	var in struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(body, &in) // not OAuth's: the status alone is left
	if code := word(in.Error); code != "" {
		e.Code = code
	}
	if e.Cause != oktasync.CauseRate {
		e.Cause = oktasync.CauseOrg
	}
	switch e.Code {
	case "invalid_client":
		e.Err = fmt.Errorf("%w: it does not know the client id, or not this key; compare both with the API service app", errToken)
	case "invalid_scope":
		e.Err = fmt.Errorf("%w: grant the app the scopes that are asked for (API service app, Okta API Scopes)", errToken)
	case "invalid_dpop_proof":
		e.Err = errDPoP
	default:
		e.Err = fmt.Errorf("%w (HTTP %d)", errToken, resp.StatusCode)
	}
	return e
}
