package check

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// made keeps the paths of what a run made and has not deleted yet.
type made struct {
	paths []string
}

// note learns from an answer what came into being and what went.
func (m *made) note(r request, a answer) {
	switch {
	case r.method == http.MethodDelete && (a.status == http.StatusNoContent || a.status == http.StatusOK || a.status == http.StatusNotFound):
		m.paths = slices.DeleteFunc(m.paths, func(p string) bool { return p == r.path })
	case r.method == http.MethodPost && a.status/100 == 2 && (r.path == "/Users" || r.path == "/Groups"):
		if id, _ := lookUp(a.body, "/id").(string); id != "" {
			m.paths = append(m.paths, r.path+"/"+url.PathEscape(id))
		}
	case r.method == http.MethodPost && r.path == "/Bulk":
		m.noteBulk(a)
	}
}

func (m *made) noteBulk(a answer) {
	list, _ := lookUp(a.body, "/Operations").([]any)
	for _, op := range list {
		location, _ := lookUp(op, "/location").(string)
		if lookUp(op, "/method") != http.MethodPost || location == "" {
			continue
		}
		for _, endpoint := range []string{"/Users/", "/Groups/"} {
			if i := strings.LastIndex(location, endpoint); i >= 0 {
				m.paths = append(m.paths, location[i:])
			}
		}
	}
}

// nameAttributes are those that the run's prefix stands in. What a check leaves without a name has it in externalId.
func nameAttributes() []string { return []string{"userName", "displayName", "externalId"} }

// cleanUp deletes everything that carries the run's prefix, found by a filter, by what the answers said, or by both: an answer may
// have been lost, and a filter broken. Before it deletes anything it looks whether the name is really one of this run.
func (s *session) cleanUp(ctx context.Context) {
	for _, endpoint := range []string{"/Groups", "/Users"} {
		for _, attribute := range nameAttributes() {
			s.sweep(ctx, endpoint, attribute)
		}
	}
	for _, path := range slices.Clone(s.client.made.paths) {
		a, err := s.client.send(ctx, request{method: http.MethodGet, path: path})
		if err == nil && a.status == http.StatusNotFound {
			continue
		}
		if err != nil || !s.owns(a.body) {
			s.report.LeftBehind = append(s.report.LeftBehind, path)
			continue
		}
		if !s.remove(ctx, path) {
			s.report.LeftBehind = append(s.report.LeftBehind, path)
		}
	}
}

// sweep deletes what a filter finds, page after page, until a page brings nothing to delete.
func (s *session) sweep(ctx context.Context, endpoint, attribute string) {
	query := []string{
		"filter", fmt.Sprintf("%s sw %q", attribute, s.prefix), "count", "100", "attributes", strings.Join(nameAttributes(), ","),
	}
	for {
		a, err := s.client.send(ctx, request{method: http.MethodGet, path: endpoint, query: query})
		if err != nil || a.status != http.StatusOK {
			return
		}
		list, _ := lookUp(a.body, "/Resources").([]any)
		gone := 0
		for _, res := range list {
			id, _ := lookUp(res, "/id").(string)
			if id != "" && s.owns(res) && s.remove(ctx, endpoint+"/"+url.PathEscape(id)) {
				gone++
			}
		}
		if gone == 0 {
			return
		}
	}
}

// owns reports whether a resource carries the run's prefix.
func (s *session) owns(resource any) bool {
	return slices.ContainsFunc(nameAttributes(), func(attribute string) bool {
		name, _ := lookUp(resource, "/"+attribute).(string)
		return strings.HasPrefix(strings.ToLower(name), s.prefix)
	})
}

func (s *session) remove(ctx context.Context, path string) bool {
	a, err := s.client.send(ctx, request{method: http.MethodDelete, path: path})
	return err == nil && a.status == http.StatusNoContent
}
