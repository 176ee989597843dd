package scim_test

import "testing"

func TestHeadIsGetWithoutBody(t *testing.T) {
	s, _, _, staff := staffed(t)
	for _, path := range []string{"/Users", "/Groups/" + staff, "/Groups/none", "", "/Schemas", "/ServiceProviderConfig", "/Users?filter=x"} {
		get, head := s.do("GET", path, ""), s.do("HEAD", path, "")
		if head.Code != get.Code || head.Body.Len() > 0 {
			t.Errorf("%s: %d with %d bytes, GET %d", path, head.Code, head.Body.Len(), get.Code)
		}
		for _, name := range []string{"Content-Type", "Content-Length", "ETag", "Content-Location"} {
			if head.Header().Get(name) != get.Header().Get(name) {
				t.Errorf("%s: %s %q, GET %q", path, name, head.Header().Get(name), get.Header().Get(name))
			}
		}
	}
}

func TestAccept(t *testing.T) {
	s, id := prepared(t)
	const plain, own = "application/json", "application/scim+json"
	for _, tt := range []struct {
		accept []string
		want   string
	}{
		{nil, own}, {[]string{""}, own}, {[]string{"*/*"}, own}, {[]string{own}, own}, {[]string{plain}, plain}, {[]string{"Application/JSON; charset=utf-8"}, plain},
		{[]string{"application/json, application/scim+json"}, own}, {[]string{"application/json, text/plain, */*"}, own}, {[]string{plain, own}, own}, {[]string{"text/html"}, own},
		{[]string{"text/html, application/json;q=0.9"}, plain},
	} {
		for path, status := range map[string]int{"/Users": 200, "/Users/" + id: 200, "/Users/none": 404, "/Nothing": 404, "/Schemas": 200} {
			r := request("GET", path, "")
			r.Header["Accept"] = tt.accept
			if w := s.serve(r); w.Code != status || w.Header().Get("Content-Type") != tt.want {
				t.Errorf("Accept %q, %s: %d, Content-Type %q, want %q", tt.accept, path, w.Code, w.Header().Get("Content-Type"), tt.want)
			}
		}
	}
	r := request("DELETE", "/Users/"+id, "")
	r.Header.Set("Accept", plain)
	if w := s.serve(r); w.Code != 204 || w.Header().Get("Content-Type") != "" {
		t.Errorf("%d, Content-Type %q", w.Code, w.Header().Get("Content-Type"))
	}
}
