package okta

import (
	"net/http"
	"strings"
)

// bucketOf returns the name of the rate bucket that Okta counts a call in, by its own rate limit dashboard. Reads of
// one user, writes to one user, and everything below a user are three counters.
func bucketOf(method, path string) string {
	const api = "/api/v1"
	rest, ok := strings.CutPrefix(path, api+"/")
	if !ok {
		return path
	}
	parts := strings.Split(rest, "/")
	switch root := parts[0]; root {
	case "users":
		return api + userBucket(method, parts[1:])
	case "groups":
		if len(parts) == 2 && parts[1] != "rules" && method != http.MethodPost {
			return api + "/groups/{id}"
		}
		return api + "/groups"
	case "apps":
		if len(parts) == 2 && method != http.MethodPost {
			return api + "/apps/{id}"
		}
		return api + "/apps"
	case "logs", "sessions":
		return api + "/" + root
	}
	return api
}

func userBucket(method string, below []string) string {
	switch {
	case len(below) != 1:
		return "/users"
	case below[0] == "me" && method == http.MethodGet:
		return "/users/me"
	case below[0] == "me":
		return "/users"
	case method == http.MethodGet:
		return "/users/{id:.+}"
	}
	return "/users/{id}"
}
