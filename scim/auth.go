package scim

import (
	"net/http"
	"strings"
)

// bearer returns the token of a request (RFC 6750 section 2.1). A token anywhere but in one Authorization header
// does not count: a query ends up in logs, and of two headers a proxy and we might each believe another.
func bearer(r *http.Request) (string, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return "", Unauthorized("send the token in one Authorization header: Bearer TOKEN")
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	token = strings.Trim(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || !isToken68(token) {
		return "", Unauthorized("the Authorization header must read: Bearer TOKEN")
	}
	return token, nil
}

func isToken68(s string) bool {
	s = strings.TrimRight(s, "=")
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', strings.IndexByte("-._~+/", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// overridden reports whether a header asks for another method than the request line. What sits before this server
// has judged the request by its request line.
func overridden(h http.Header) bool {
	return h["X-Http-Method-Override"] != nil || h["X-Http-Method"] != nil || h["X-Method-Override"] != nil
}

// isClean reports whether the path stands in the request as routing and any proxy before it read it: nothing
// escaped, no empty or dot segments, no parameters.
func isClean(r *http.Request) bool {
	path := r.URL.EscapedPath()
	if path == "" || path[0] != '/' || strings.ContainsAny(path, "%;\\") {
		return false
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return true
}
