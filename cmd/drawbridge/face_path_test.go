package main

import (
	"strings"
	"testing"
)

// pathTricks are targets that a careless server or proxy would take for another one.
func pathTricks() []string {
	var all []string
	for _, base := range []string{"/scim/v2", "/scim/v1"} {
		for _, tail := range []string{
			"/acme/%55sers", "/acme//Users", "//acme/Users", "/acme/Users;a=b", "/acme;a=b/Users", "/acme/%2e%2e/acme/Users", "/acme/x/../Users",
			"/globex/../acme/Users", "/globex/..%2facme/Users", "/acme/./Users", "/acme/Users/", "/acme/users", "/acme/Users.json", "/acme/Users%00", "/acme/Users%20",
			"/acme/Users/{U};a=b", "/acme/Users/{U}/", "/acme/Users/{U}%00", "/acme/Users/{U}%2f", "/acme/Users%2f{U}", "/acme/Groups/../Users/{U}", "/acme/Groups/%2e%2e/Users/{U}",
			"/acme/Groups//{G}", "/acme/Groups/{G};a=b", "/acme/%47roups/{G}", "/acme/Groups/{G}/members/{U}", "/acme/.%73earch", "/acme/Users//.search", "/acme/B%75lk", "/acme/Bulk/",
			"/acme/Users%5c{U}", "/acme\\Users",
		} {
			all = append(all, base+tail)
		}
	}
	return append(all, "//scim/v2/acme/Users", "/scim//v2/acme/Users", "/SCIM/v2/acme/Users", "/scim/v2/../v2/acme/Users", "/scim/%76%32/acme/Users", "/x/../scim/v2/acme/Users")
}

// TestFace_PathTricksAreRefused: what is not a route as it is written is a 404 with the body unread, whatever a proxy would
// make of it; a method stands in the request line and nowhere else.
func TestFace_PathTricksAreRefused(t *testing.T) {
	atFront(t, func(f *front) {
		before := f.estate()
		for _, target := range pathTricks() {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
				r, content := f.request(method, target, userBody("eve@acme.example", "Eve", "Trick"))
				if a := f.serve(r); a.Status != 404 || content.read {
					f.Errorf("%s %s: %d %s, body read: %t; want 404, unread", method, target, a.Status, a.Body, content.read)
				}
			}
		}
		for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			for _, target := range []string{v2 + "/Users/{U}", v2 + "/Groups/{G}", v2 + "/Bulk", v2 + "/.search", v1 + "/Users/{U}", v1 + "/Groups/{G}"} {
				r, content := f.request("POST", target, "{}")
				r.Header.Set(header, "DELETE")
				if a := f.serve(r); a.Status != 400 || content.read {
					f.Errorf("%s of POST %s: %d %s, body read: %t; want 400, unread", header, target, a.Status, a.Body, content.read)
				}
			}
		}
		for _, target := range []string{v2 + "/Users/{U}?_method=DELETE", v2 + "/Groups/{G}?_method=DELETE", v1 + "/Users/{U}?_method=DELETE"} {
			if a := f.do("POST", target, "{}"); a.Status != 405 {
				f.Errorf("POST %s: %d, want 405", target, a.Status)
			}
		}
		for _, target := range pathTricks() {
			path, ok := strings.CutPrefix(target, v2)
			if !ok || !strings.Contains(path, "{U}") && !strings.Contains(path, "{G}") {
				continue
			}
			if got := f.do("POST", v2+"/Bulk", bulkOf("DELETE", path, "null")).bulkStatus(); got != "404" && got != "400" {
				f.Errorf("DELETE %s in a bulk request: %s, want 404 or 400", path, got)
			}
		}
		f.unchanged(before, "path tricks")
	})
}
