package okta

import (
	"errors"
	"net/url"
	"strings"
)

var errLink = errors.New("the Link header of a page is not one of Okta's")

// nextCursor returns the cursor of the next page from the Link headers of a page; empty: there is none. A header may
// hold several links (RFC 8288 section 3). What cannot be read is an error: taken for the last page, it would hide people.
func nextCursor(headers []string) (string, error) {
	cursor := ""
	for _, h := range headers {
		for h = strings.TrimLeft(h, " \t,"); h != ""; h = strings.TrimLeft(h, " \t,") {
			target, params, rest, err := cutLink(h)
			if err != nil {
				return "", err
			}
			h = rest
			if !isNext(params) {
				continue
			}
			u, err := url.Parse(target)
			if err != nil || u.Query().Get("after") == "" || cursor != "" {
				return "", errLink
			}
			cursor = u.Query().Get("after")
		}
	}
	return cursor, nil
}

// cutLink cuts the first link off a header: <target>; param; param, rest.
func cutLink(h string) (target, params, rest string, err error) {
	h, ok := strings.CutPrefix(h, "<")
	if !ok {
		return "", "", "", errLink
	}
	target, h, ok = strings.Cut(h, ">")
	if !ok {
		return "", "", "", errLink
	}
	quoted := false
	for i := range len(h) {
		switch {
		case h[i] == '"':
			quoted = !quoted
		case h[i] == ',' && !quoted:
			return target, h[:i], h[i+1:], nil
		}
	}
	if quoted {
		return "", "", "", errLink
	}
	return target, h, "", nil
}

// isNext reports whether a link's parameters say rel=next; a rel may name several relations.
func isNext(params string) bool {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for rel := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(rel, "next") {
				return true
			}
		}
	}
	return false
}
