package oktasync_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
	"drawbridge/policy"
)

// wire is an Okta org without a network: each call is answered before it returns. It knows what these tests need of Okta's
// errors; the real adapter knows the rest.
type wire struct {
	oktasync.Org // what is not here is never called
	org          *oktatest.Org
}

// recorder takes an answer down.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// send makes one call and decodes its answer into v.
func (w wire) send(ctx context.Context, op, method, path string, body, v any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://okta.test/api/v1"+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "SSWS test-token")
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	if broken(func() { w.org.ServeHTTP(rec, req) }) {
		return lost(op, method, 0)
	}
	if rec.status >= 200 && rec.status < 300 {
		if v == nil && rec.status == http.StatusNoContent {
			return nil
		}
		if !json.Valid(rec.body.Bytes()) || v != nil && json.Unmarshal(rec.body.Bytes(), v) != nil {
			return lost(op, method, rec.status)
		}
		return nil
	}
	return refusedBy(op, method, rec)
}

// broken reports whether the connection was cut under a call.
func broken(serve func()) (cut bool) {
	defer func() {
		if recover() != nil {
			cut = true
		}
	}()
	serve()
	return false
}

// lost is a call of whose effect nothing is known.
func lost(op, method string, status int) error {
	cause := oktasync.CauseUnknown
	if method == http.MethodGet {
		cause = oktasync.CauseOrg
	}
	return &oktasync.OrgError{Cause: cause, Op: op, Status: status}
}

// refusedBy is Okta's refusal of a call.
func refusedBy(op, method string, rec *recorder) error {
	var answer struct {
		Code string `json:"errorCode"`
	}
	_ = json.Unmarshal(rec.body.Bytes(), &answer) // without a code the status tells
	e := &oktasync.OrgError{Cause: oktasync.CauseRefused, Op: op, Status: rec.status, Code: answer.Code}
	switch {
	case rec.status >= 500:
		return lost(op, method, rec.status)
	case rec.status == http.StatusTooManyRequests:
		e.Cause = oktasync.CauseRate
	case rec.status == http.StatusNotFound:
		e.Cause = oktasync.CauseGone
	case rec.status == http.StatusUnauthorized:
		e.Cause = oktasync.CauseOrg
	case op == "create" && answer.Code == "E0000001":
		e.Cause, e.Attr = oktasync.CauseTaken, "login"
	case op != "update", answer.Code == "E0000038":
		e.Cause = oktasync.CauseState
	}
	return e
}

// person is an Okta user as it stands in an answer.
type person struct {
	ID            string         `json:"id"`
	Status        policy.Status  `json:"status"`
	StatusChanged time.Time      `json:"statusChanged"`
	Profile       map[string]any `json:"profile"`
	Credentials   struct {
		Password *struct{} `json:"password"`
		Provider struct {
			Type string `json:"type"`
		} `json:"provider"`
	} `json:"credentials"`
}

func (p person) account() oktasync.Account {
	return oktasync.Account{
		ID: p.ID, Status: p.Status, StatusChanged: p.StatusChanged.UTC(), Provider: p.Credentials.Provider.Type,
		Password: p.Credentials.Password != nil, Profile: p.Profile,
	}
}

// known returns the account of an answer; what is no account tells nothing.
func (p person) known(op, method string, err error) (oktasync.Account, error) {
	if err == nil && p.ID == "" {
		err = lost(op, method, http.StatusOK)
	}
	return p.account(), err
}

func (w wire) Create(ctx context.Context, profile map[string]any) (oktasync.Account, error) {
	var p person
	federated := map[string]any{"provider": map[string]any{"type": "FEDERATION", "name": "FEDERATION"}}
	err := w.send(ctx, "create", http.MethodPost, "/users?activate=true&provider=true", map[string]any{"profile": profile, "credentials": federated}, &p)
	return p.known("create", http.MethodPost, err)
}

func (w wire) Read(ctx context.Context, id string) (oktasync.Account, error) {
	var p person
	err := w.send(ctx, "read", http.MethodGet, "/users/"+id, nil, &p)
	return p.known("read", http.MethodGet, err)
}

func (w wire) Update(ctx context.Context, id string, profile map[string]any) (oktasync.Account, error) {
	var p person
	err := w.send(ctx, "update", http.MethodPost, "/users/"+id, map[string]any{"profile": profile}, &p)
	return p.known("update", http.MethodPost, err)
}

func (w wire) Find(ctx context.Context, attr, value string) ([]oktasync.Account, error) {
	var found []person
	err := w.send(ctx, "find", http.MethodGet, "/users?search="+url.QueryEscape("profile."+attr+` eq "`+value+`"`), nil, &found)
	accounts := make([]oktasync.Account, len(found))
	for i, p := range found {
		accounts[i] = p.account()
	}
	return accounts, err
}

func (w wire) Act(ctx context.Context, id string, action oktasync.Action) error {
	method, path := http.MethodPost, "/lifecycle/"+string(action)+"?sendEmail=false"
	if action == oktasync.EndSessions {
		method, path = http.MethodDelete, "/sessions?oauthTokens=true"
	}
	return w.send(ctx, string(action), method, "/users/"+id+path, nil, nil)
}

// extend adds Drawbridge's own attributes to the profile of all users.
func (w wire) extend(ctx context.Context) error {
	text, flag := map[string]any{"title": "Drawbridge", "type": "string"}, map[string]any{"title": "Drawbridge", "type": "boolean"}
	properties := map[string]any{
		oktasync.CustomerAttr: text, oktasync.ConnectedAttr: flag, oktasync.ActiveAttr: flag,
		oktasync.KeyAttr: map[string]any{"title": "Drawbridge", "type": "string", "unique": "UNIQUE_VALIDATED"},
	}
	custom := map[string]any{"definitions": map[string]any{"custom": map[string]any{"id": "#custom", "type": "object", "properties": properties}}}
	return w.send(ctx, "schema", http.MethodPost, "/meta/schemas/user/default", custom, nil)
}
