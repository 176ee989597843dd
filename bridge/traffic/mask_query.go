package traffic

import (
	"net/url"
	"strings"
)

// requestPath returns the path below the customer's base URL as it is kept.
func (m masker) requestPath(path string) string {
	endpoint, id := endpointOf(path)
	if !m.full && !isName(endpoint) && endpoint != ".search" {
		endpoint = "***"
	}
	switch {
	case id == "":
	case m.full || isUUID(id) || id == ".search":
		endpoint += "/" + id
	case (endpoint == "Schemas" || endpoint == "ResourceTypes") && isName(id):
		endpoint += "/" + id
	default:
		endpoint += "/***"
	}
	return scrub("/" + endpoint)
}

// query returns a query as it is kept, decoded.
func (m masker) query(raw string) string {
	if raw == "" {
		return ""
	}
	var kept []string
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, given := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		if given {
			kept = append(kept, m.parameterName(name)+"="+m.parameter(name, value))
		} else {
			kept = append(kept, m.parameterName(name))
		}
	}
	return scrub(strings.Join(kept, "&"))
}

func unescape(s string) string {
	decoded, err := url.QueryUnescape(s)
	if err != nil {
		return "***"
	}
	return decoded
}

func (m masker) parameterName(name string) string {
	switch strings.ToLower(name) {
	case "filter", "startindex", "count", "cursor", "sortby", "sortorder", "attributes", "excludedattributes", "aadoptscim062020", "azureadscimpatch2017":
		return name
	}
	if m.full {
		return name
	}
	return "***"
}

func (m masker) parameter(name, value string) string {
	switch name = strings.ToLower(name); {
	case isSecret(name):
		return "***"
	case name == "filter":
		return m.path(value, true)
	case m.full || value == "":
		return value
	case name == "startindex" || name == "count":
		if len(value) < 12 && strings.Trim(value, "-0123456789") == "" {
			return value
		}
	case name == "sortby" || name == "sortorder" || name == "attributes" || name == "excludedattributes":
		if isName(strings.ReplaceAll(strings.ReplaceAll(value, ",", "."), " ", "")) {
			return value
		}
	}
	return "***"
}

// path returns a path or filter as it is kept: without its literals unless everything is kept, and never with the literals
// of a secret.
func (m masker) path(s string, filter bool) string {
	if m.full && !isSecret(s) {
		return s
	}
	if filter {
		return maskFilter(s)
	}
	head, rest, bracket := strings.Cut(s, "[")
	if !bracket {
		if isName(s) || s == "" {
			return s
		}
		return "***"
	}
	i := strings.LastIndexByte(rest, ']')
	if i < 0 {
		i = len(rest)
		rest += "]"
	}
	tail := rest[i+1:]
	if !isName(head) || tail != "" && !isName(strings.TrimPrefix(tail, ".")) {
		return "***"
	}
	return head + "[" + maskFilter(rest[:i]) + "]" + tail
}

// maskFilter masks whatever in a filter is not known to be an operator, a bracket, or an attribute because an operator
// follows: in one that cannot be read, a value may stand anywhere.
func maskFilter(s string) string {
	tokens := filterTokens(s)
	for i, t := range tokens {
		switch {
		case t == "(" || t == ")" || t == "[" || t == "]" || isOperator(t):
		case i > 0 && isComparison(tokens[i-1]):
			tokens[i] = keepWord(t)
		case i+1 < len(tokens) && asksOf(tokens[i+1]) && isName(strings.TrimPrefix(t, ".")):
		default:
			tokens[i] = keepWord(t)
		}
	}
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 && t != ")" && t != "]" && t != "[" && tokens[i-1] != "(" && tokens[i-1] != "[" && !strings.HasPrefix(t, ".") {
			b.WriteByte(' ')
		}
		b.WriteString(t)
	}
	return b.String()
}

// keepWord keeps the literals that are the same for everybody.
func keepWord(t string) string {
	switch strings.ToLower(t) {
	case "true", "false", "null":
		return t
	}
	return masked
}

// filterTokens splits a filter into brackets, quoted literals and words.
func filterTokens(s string) []string {
	var tokens []string
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		n := 1
		switch {
		case s[0] == '"':
			for n < len(s) && s[n] != '"' {
				if s[n] == '\\' {
					n++
				}
				n++
			}
			n = min(n+1, len(s))
		case strings.IndexByte("()[]", s[0]) >= 0:
		default:
			if n = strings.IndexAny(s, " \"()[]"); n < 0 {
				n = len(s)
			}
		}
		tokens, s = append(tokens, s[:n]), s[n:]
	}
	return tokens
}

func isOperator(t string) bool {
	switch strings.ToLower(t) {
	case "and", "or", "not", "pr":
		return true
	}
	return isComparison(t)
}

// asksOf reports whether what stands before t is an attribute.
func asksOf(t string) bool { return t == "[" || strings.EqualFold(t, "pr") || isComparison(t) }

func isComparison(t string) bool {
	switch strings.ToLower(t) {
	case "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le":
		return true
	}
	return false
}
