package check_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

type object = map[string]any

// shelf is a SCIM server that can do little more than keep users and groups. It is a http.RoundTripper, so nothing of it needs a
// network.
type shelf struct {
	mu     sync.Mutex
	serial int
	kept   map[string]object // by path

	everything bool                                   // the filter finds everything: it is broken
	before     func(n int, r *http.Request)           // called with the number of the request
	instead    func(r *http.Request) *http.Response   // answers, unless it returns nil
	after      func(r *http.Request, status int) bool // whether the answer gets lost
	requests   int
}

func newShelf() *shelf { return &shelf{kept: map[string]object{}} }

// RoundTrip implements http.RoundTripper.
func (s *shelf) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if s.before != nil {
		s.before(s.requests, r)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if s.instead != nil {
		if resp := s.instead(r); resp != nil {
			return resp, nil
		}
	}
	status, body := s.answer(r)
	if s.after != nil && s.after(r, status) {
		return nil, io.ErrUnexpectedEOF
	}
	return response(status, body), nil
}

func (s *shelf) answer(r *http.Request) (int, any) {
	path := strings.TrimPrefix(r.URL.Path, "/scim")
	isList := path == "/Users" || path == "/Groups"
	switch {
	case r.Method == http.MethodPost && isList:
		var res object
		if json.NewDecoder(r.Body).Decode(&res) != nil {
			return http.StatusBadRequest, object{}
		}
		s.serial++
		res["id"] = fmt.Sprintf("id-%d", s.serial)
		s.kept[path+"/"+res["id"].(string)] = res
		return http.StatusCreated, res
	case r.Method == http.MethodGet && isList:
		return http.StatusOK, s.list(path, r.URL.Query().Get("filter"))
	case s.kept[path] == nil:
		return http.StatusNotFound, object{"detail": "the token was " + r.Header.Get("Authorization")}
	case r.Method == http.MethodDelete:
		delete(s.kept, path)
		return http.StatusNoContent, nil
	}
	return http.StatusOK, s.kept[path]
}

func (s *shelf) list(path, filter string) object {
	found := []object{}
	match := regexp.MustCompile(`^(\w+) sw "(.*)"$`).FindStringSubmatch(filter)
	for at, res := range s.kept {
		if !strings.HasPrefix(at, path+"/") {
			continue
		}
		if name := ""; match != nil && !s.everything {
			name, _ = res[match[1]].(string)
			if !strings.HasPrefix(strings.ToLower(name), match[2]) {
				continue
			}
		}
		found = append(found, res)
	}
	return object{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "totalResults": len(found), "Resources": found}
}

func response(status int, body any) *http.Response {
	b, _ := json.Marshal(body)
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/scim+json"}}, Body: io.NopCloser(bytes.NewReader(b))}
}
