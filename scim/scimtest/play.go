package scimtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Play sends a fixture's requests to a handler, below the path base and with a bearer token, and checks the answers. It returns the
// ids of the users that were created.
func (f Fixture) Play(t *testing.T, handler http.Handler, base, token string) (users []string) {
	t.Helper()
	known := names{}
	for i, turn := range f.Turns {
		r := httptest.NewRequest(turn.Method, base+Escape(known.put(turn.Path)), strings.NewReader(known.put(turn.Content)))
		for name, values := range f.Header {
			r.Header[name] = values
		}
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		name := fmt.Sprintf("%d: %s %s", i+1, turn.Method, turn.Path)
		if w.Code != turn.Status {
			t.Fatalf("%s: %d %s, want %d", name, w.Code, w.Body, turn.Status)
		}
		if turn.Method == http.MethodPost && w.Code == http.StatusCreated {
			id := known.learn(t, turn.Path, w)
			if strings.HasPrefix(turn.Path, "/Users") {
				users = append(users, id)
			}
		}
		check(t, name, w, known.put(turn.Want))
	}
	return users
}

// names are the ids that stand for {U}, {V} and {G}.
type names map[string]string

func (n names) put(text string) string {
	for name, id := range n {
		text = strings.ReplaceAll(text, name, id)
	}
	return text
}

// learn takes the id of what was created for the next free name.
func (n names) learn(t *testing.T, path string, w *httptest.ResponseRecorder) string {
	t.Helper()
	var made struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || made.ID == "" {
		t.Fatalf("POST %s: no id in %s (%v)", path, w.Body, err)
	}
	free := []string{"{U}", "{V}"}
	if strings.HasPrefix(path, "/Groups") {
		free = []string{"{G}"}
	}
	for _, name := range free {
		if n[name] == "" {
			n[name] = made.ID
			break
		}
	}
	return made.ID
}

// check compares an answer with what it must hold.
func check(t *testing.T, name string, w *httptest.ResponseRecorder, text string) {
	t.Helper()
	if strings.TrimSpace(text) == "" {
		if w.Body.Len() > 0 {
			t.Errorf("%s: body %s, want none", name, w.Body)
		}
		return
	}
	var want, got any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatalf("%s: the fixture's answer: %v", name, err)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%s: %v in %s", name, err, w.Body)
	}
	if missing := Lacks(got, want, "answer"); missing != "" {
		t.Errorf("%s: %s\n%s", name, missing, w.Body)
	}
}

// Lacks says what of want is not in got; empty when all of it is.
func Lacks(got, want any, at string) string {
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return at + " is no object"
		}
		for name, w := range want {
			if missing := Lacks(g[name], w, at+"."+name); missing != "" {
				return missing
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			return fmt.Sprintf("%s is %v, want %d elements", at, got, len(want))
		}
		for i, w := range want {
			if missing := Lacks(g[i], w, fmt.Sprintf("%s[%d]", at, i)); missing != "" {
				return missing
			}
		}
		return ""
	}
	if got != want {
		return fmt.Sprintf("%s is %v, want %v", at, got, want)
	}
	return ""
}
