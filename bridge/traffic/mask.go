package traffic

import (
	"slices"
	"strings"
)

// masked is what stands for a string that is not kept, quotes included.
const masked = `"***"`

// masker decides what of an exchange is kept. Secrets never are.
type masker struct {
	full   bool // personal values are kept
	answer bool // the body is our own
}

// body returns the body as it is kept.
func (m masker) body(n *node, ok bool, length int) string {
	switch {
	case length == 0:
		return ""
	case !ok:
		return "(not JSON)" // where nothing says which part of it is secret
	}
	m.walk(n, "", "")
	return scrub(string(n.appendTo(nil)))
}

// walk masks a node in place. key is the member that it belongs to, in lower case, over lists; parent that of its object.
func (m masker) walk(n *node, key, parent string) {
	switch n.kind {
	case isObject:
		value := m.valueIsSecret(n)
		for i := range n.kids {
			kid := &n.kids[i]
			name := strings.ToLower(kid.key)
			if isSecret(name) || value && name == "value" {
				hide(kid)
			} else {
				m.walk(kid, name, key)
			}
			kid.key = m.name(kid.key)
		}
	case isArray:
		for i := range n.kids {
			m.walk(&n.kids[i], key, parent)
		}
	case isString:
		if key == "path" || key == "filter" {
			n.text = m.path(n.text, key == "filter")
		} else if !m.full && !m.keeps(key, parent, n.text) {
			hide(n)
		}
	case isNumber:
		if !m.full && !isCount(key) {
			hide(n)
		}
	}
}

// valueIsSecret reports whether an operation's path names a secret. One whose path was cut off may.
func (m masker) valueIsSecret(op *node) bool {
	if op.cut && op.member("path") == nil {
		return op.member("value") != nil
	}
	return slices.ContainsFunc(op.kids, func(kid node) bool { return strings.EqualFold(kid.key, "path") && isSecret(kid.text) })
}

// hide masks a node; null and what is empty say nothing of anybody.
func hide(n *node) {
	if n.kind == isWord && n.text == "null" || n.kind == isString && n.text == "" {
		return
	}
	*n = node{kind: isMask, key: n.key}
}

// keeps reports whether a string says how the request is made rather than whom it is about.
func (m masker) keeps(key, parent, s string) bool {
	if s == "" || m.answer && parent == "meta" || strings.EqualFold(s, "true") || strings.EqualFold(s, "false") {
		return true // a word for a boolean is worth seeing, and nobody's
	}
	switch key {
	case "schemas":
		return isName(s)
	case "op", "method", "type", "resourcetype", "sortorder":
		return len(s) <= 32 && isName(s)
	case "sortby", "attributes", "excludedattributes":
		return isName(s)
	case "id":
		return isUUID(s)
	case "value":
		return (parent == "members" || parent == "groups" || parent == "manager") && isUUID(s)
	case "scimtype", "status", "detail": // of our errors, which repeat nothing that was sent
		return m.answer && parent == ""
	}
	return false
}

func isCount(key string) bool {
	switch key {
	case "totalresults", "startindex", "itemsperpage", "count", "failonerrors":
		return true
	}
	return false
}

// name returns a key as it is kept: names are the client's text.
func (m masker) name(key string) string {
	if m.full || isName(key) {
		return key
	}
	return m.path(key, false)
}

// isSecret reports whether a name or path is that of a secret.
func isSecret(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"passw", "secret", "token", "authorization", "credential", "apikey", "api_key", "private"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// isName reports whether s has the form of an attribute's name or path, or of a URN.
func isName(s string) bool {
	if s == "" || len(s) > 128 || !isLetter(s[0]) && s[0] != '$' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isLetter(c) && (c < '0' || c > '9') && strings.IndexByte("_$-.:/", c) < 0 {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isUUID reports whether s has the form of our ids.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i] | 0x20; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if s[i] != '-' {
				return false
			}
		case '0' <= s[i] && s[i] <= '9', 'a' <= c && c <= 'f':
		default:
			return false
		}
	}
	return true
}

// scrub takes tokens out of a text, wherever they stand: ours, and what follows the word Bearer.
func scrub(s string) string {
	for _, mark := range []string{"drawbridge_", "earer "} {
		from := 0
		for {
			i := strings.Index(s[from:], mark)
			if i < 0 {
				break
			}
			i += from + len(mark)
			end := i
			for end < len(s) && (isLetter(s[end]) || '0' <= s[end] && s[end] <= '9' || strings.IndexByte("_-.~+/=", s[end]) >= 0) {
				end++
			}
			if end > i {
				s = s[:i] + "***" + s[end:]
			}
			from = i
		}
	}
	return s
}
