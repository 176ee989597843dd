package scim

import (
	"net/http"
	"strconv"
	"strings"
)

// etag is the weak entity tag of a version: weak, because attributes and excludedAttributes change the body but
// not the tag.
func etag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// matches reports whether a header of entity tags names the version. Tags compare weakly: clients send back
// W/"1" as well as "1".
func matches(header []string, version int64) bool {
	tag := etag(version)[len("W/"):]
	for _, line := range header {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// ifMatch refuses a request for another version than the one that the client knows (RFC 9110 section 13.1.1).
func (c *call) ifMatch(current Resource) error {
	if want := c.r.Header.Values("If-Match"); len(want) > 0 && !matches(want, current.Version) {
		return PreconditionFailed()
	}
	return nil
}

// precondition is what a write must meet: If-Match, and If-None-Match, which for a write means any version but these.
func (c *call) precondition(current Resource) error {
	if matches(c.r.Header.Values("If-None-Match"), current.Version) {
		return PreconditionFailed()
	}
	return c.ifMatch(current)
}

func (c *call) conditional() bool {
	return c.r.Header["If-Match"] != nil || c.r.Header["If-None-Match"] != nil
}

// unchanged answers 304 when the client has the version already.
func (c *call) unchanged(res Resource) bool {
	if !matches(c.r.Header.Values("If-None-Match"), res.Version) {
		return false
	}
	c.w.Header().Del("Content-Type")
	c.w.Header().Set("ETag", etag(res.Version))
	c.w.WriteHeader(http.StatusNotModified)
	return true
}
