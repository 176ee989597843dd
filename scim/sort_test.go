package scim_test

import (
	"testing"
)

// order lists the user names, or display names, of a list.
func order(t testing.TB, s *service, path string) string {
	t.Helper()
	names := ""
	resources, ok := object(t, s.do("GET", path, ""))["Resources"].([]any)
	if !ok {
		t.Fatalf("%s: %s", path, s.do("GET", path, "").Body)
	}
	for _, r := range resources {
		m := r.(map[string]any)
		name, ok := m["userName"].(string)
		if !ok {
			name = m["displayName"].(string)
		}
		names += name
	}
	return names
}

func TestSort(t *testing.T) {
	s := newService()
	for _, content := range []string{
		`{"userName":"b","title":"X","name":{"familyName":"y"},"emails":[{"value":"1@x","type":"home"},{"value":"9@x","primary":true}]}`,
		`{"userName":"C","title":"x","name":{"familyName":"Z"},"emails":[{"value":"2@x"}]}`,
		`{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"D"}}`,
	} {
		s.create(t, content)
	}
	for _, tt := range []struct{ query, want string }{
		{"", "bCa"},
		{"?sortBy=userName", "abC"},
		{"?sortby=USERNAME&SortOrder=Ascending", "abC"},
		{"?sortBy=userName&sortOrder=descending", "Cba"},
		{"?sortBy=userName&sortOrder=", "abC"},
		{"?sortOrder=descending", "bCa"},
		{"?sortBy=", "bCa"},
		{"?sortBy=title", "bCa"},                      // equal but for case: in the order of creation; none comes last
		{"?sortBy=title&sortOrder=descending", "abC"}, // or first
		{"?sortBy=name.familyName", "bCa"},
		{"?sortBy=urn:ietf:params:scim:schemas:core:2.0:User:name.familyName", "bCa"},
		{"?sortBy=emails", "Cba"}, // by the primary value
		{"?sortBy=emails.value&count=2", "Cb"},
		{"?sortBy=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "abC"},
		{"?sortBy=userName&startIndex=2&count=1", "b"},
	} {
		if got := order(t, s, "/Users"+tt.query); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.query, got, tt.want)
		}
	}
	for _, query := range []string{"?sortBy=s3cr3t", "?sortBy=password", "?sortBy=name", "?sortBy=name.s3cr3t", "?sortBy=groups", "?sortBy=groups.value", "?sortBy=meta",
		"?sortBy=emails[type%20eq%20%22work%22]", "?sortBy=urn:ietf:params:scim:schemas:core:2.0:User", "?sortBy=userName&sortOrder=s3cr3t"} {
		w := s.do("GET", "/Users"+query, "")
		refused(t, w, 400, "invalidValue")
	}
}
