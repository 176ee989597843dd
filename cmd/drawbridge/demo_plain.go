package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// plainBridge is what a bridge is where nobody thinks of the day on which a customer leaves: whoever is pushed gets an account,
// and whoever is removed is suspended, at once. It keeps nothing, and speaks as much SCIM as an IdP needs to push to it.
type plainBridge struct{ okta string } // URL of its org

func (b plainBridge) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /Users", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, object{"totalResults": 0}) })
	mux.HandleFunc("POST /Users", b.create)
	mux.HandleFunc("GET /Users/{id}", b.read)
	mux.HandleFunc("PATCH /Users/{id}", b.activate)
	return mux
}

func (b plainBridge) create(w http.ResponseWriter, r *http.Request) {
	var pushed struct {
		UserName string
		Name     struct{ GivenName, FamilyName string }
	}
	_ = json.NewDecoder(r.Body).Decode(&pushed) // Okta refuses an account without a login
	b.pass(w, r, http.StatusCreated, "/users?activate=true&provider=true", object{
		"profile":     object{"login": pushed.UserName, "email": pushed.UserName, "firstName": pushed.Name.GivenName, "lastName": pushed.Name.FamilyName},
		"credentials": object{"provider": object{"type": "FEDERATION", "name": "FEDERATION"}},
	})
}

func (b plainBridge) read(w http.ResponseWriter, r *http.Request) {
	b.pass(w, r, http.StatusOK, "/users/"+r.PathValue("id"), nil)
}

func (b plainBridge) activate(w http.ResponseWriter, r *http.Request) {
	var patch struct {
		Operations []struct{ Value struct{ Active bool } }
	}
	if json.NewDecoder(r.Body).Decode(&patch) != nil || len(patch.Operations) != 1 {
		http.Error(w, "one operation is understood", http.StatusBadRequest)
		return
	}
	path, verb, done := "/users/"+r.PathValue("id"), "suspend", "SUSPENDED"
	if patch.Operations[0].Value.Active {
		verb, done = "unsuspend", "ACTIVE"
	}
	if user, err := b.ask(r.Context(), path, nil); err == nil && user["status"] == done {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	b.pass(w, r, http.StatusNoContent, path+"/lifecycle/"+verb, object{})
}

// pass asks Okta, and answers the IdP with what came of it.
func (b plainBridge) pass(w http.ResponseWriter, r *http.Request, good int, path string, body object) {
	user, err := b.ask(r.Context(), path, body)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
	case good == http.StatusNoContent:
		w.WriteHeader(good)
	default:
		answer(w, good, object{"id": user["id"], "active": user["status"] == "ACTIVE"})
	}
}

// ask calls Okta: with a body it posts, without one it reads.
func (b plainBridge) ask(ctx context.Context, path string, body object) (user object, err error) {
	method, encoded := http.MethodGet, []byte(nil)
	if body != nil {
		method = http.MethodPost
		if encoded, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, b.okta+"/api/v1"+path, bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "SSWS "+demoOktaToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s is answered with %d", method, path, resp.StatusCode)
	}
	if err := json.NewDecoder(resp.Body).Decode(&user); err != nil && err != io.EOF {
		return nil, err
	}
	return user, nil
}
