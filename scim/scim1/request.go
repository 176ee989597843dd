package scim1

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"drawbridge/scim"
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// query translates a raw query: the attribute names in it. What cannot be read is left to be refused.
func query(rt *schema.ResourceType, raw string) string {
	if raw == "" {
		return ""
	}
	var pairs []string
	for pair := range strings.SplitSeq(raw, "&") {
		pairs = append(pairs, queryPair(rt, pair))
	}
	return strings.Join(pairs, "&")
}

func queryPair(rt *schema.ResourceType, pair string) string {
	name, value, _ := strings.Cut(pair, "=")
	plain, err := url.QueryUnescape(name)
	if err != nil || len(value) > 3*filter.MaxBytes { // every byte escaped
		return pair
	}
	text, err := url.QueryUnescape(value)
	if err != nil {
		return pair
	}
	switch strings.ToLower(plain) {
	case "filter":
		text = filterIn(rt, text)
	case "sortby":
		text = path(rt, text)
	case "attributes", "excludedattributes":
		var names []string
		for name := range strings.SplitSeq(text, ",") {
			names = append(names, path(rt, strings.TrimSpace(name)))
		}
		text = strings.Join(names, ",")
	default:
		return pair
	}
	return name + "=" + url.QueryEscape(text)
}

// filterIn translates the attribute names in a filter: whatever stands outside of its strings and is made of the same bytes.
func filterIn(rt *schema.ResourceType, text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		start := i
		if text[i] == '"' {
			end, err := skipString(text, i)
			if err != nil {
				end = len(text)
			}
			b.WriteString(text[start:end])
			i = end
			continue
		}
		for i < len(text) && isPathByte(text[i]) {
			i++
		}
		if i > start {
			b.WriteString(path(rt, text[start:i]))
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

func isPathByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_$.:", c) >= 0
}

// translateBody gives the request, which is the exchange's own, a body that is translated when it is read.
func (x *exchange) translateBody(r *http.Request) {
	var translate translation = resourceIn
	switch r.Method {
	case http.MethodPost, http.MethodPut:
	case http.MethodPatch:
		translate = patchIn
	default:
		return
	}
	most := int64(scim.MaxBody)
	if a := x.rt.Linked(); a != nil && a.Mutability != schema.ReadOnly {
		most = scim.MaxLinkedBody
	}
	r.Body = &body{exchange: x, original: r.Body, length: r.ContentLength, most: most, translate: translate}
	r.ContentLength = length(r.ContentLength, most)
}

// length is the Content-Length to tell the SCIM 2.0 server. A body over its limit it shall refuse unread, and a large one keep
// waiting unread until it is the tenant's turn: of a body of unknown length it would know that too late.
func length(sent, most int64) int64 {
	switch {
	case sent > scim.MaxBody:
		return sent
	case sent < 0 && most > scim.MaxBody:
		return scim.MaxBody + 1
	}
	return sent // the translation's is about the same, and for a small body it is taken for a hint
}

// translation makes the text of a body into pieces of the translated one.
type translation func(rt *schema.ResourceType, text string) ([]string, error)

// body translates a whole body at the first Read.
type body struct {
	exchange  *exchange
	original  io.ReadCloser
	length    int64 // of original; negative when it is not known
	most      int64 // bytes to read of it
	translate translation

	translated io.Reader
	err        error
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.translated == nil && b.err == nil {
		b.open()
	}
	if b.err != nil {
		return 0, b.err
	}
	return b.translated.Read(p)
}

// Close implements io.Closer.
func (b *body) Close() error { return b.original.Close() }

func (b *body) open() {
	var in builder
	in.Grow(int(min(max(b.length, 0), b.most)))
	if _, b.err = io.Copy(&in, http.MaxBytesReader(b.exchange.w, b.original, b.most)); b.err != nil {
		return
	}
	text := in.String()
	out, err := b.translate(b.exchange.rt, text)
	if errors.As(err, &b.exchange.refused) {
		b.err = err
		return
	}
	if err != nil {
		out = []string{text}
	}
	pieces := make([]io.Reader, 0, len(out))
	for _, piece := range out {
		pieces = append(pieces, strings.NewReader(piece))
	}
	b.translated = io.MultiReader(pieces...)
}

// resourceIn translates the body of POST and PUT. schemas and meta stay: SCIM 2.0 ignores what they say.
func resourceIn(_ *schema.ResourceType, text string) ([]string, error) {
	out, err := rewrite(text, func(name, key, value string) (string, string, error) {
		if !strings.EqualFold(name, enterpriseURN) {
			return key, value, nil
		}
		value, err := enterprise(value, "managerId", "value")
		return quote(schema.EnterpriseUserURN), value, err
	})
	return []string{out}, err
}

// enterprise renames a member of the manager in an enterprise extension.
func enterprise(value, from, to string) (string, error) {
	if at(value, 0) != '{' {
		return value, nil
	}
	return rewrite(value, func(name, key, value string) (string, string, error) {
		if !strings.EqualFold(name, "manager") || at(value, 0) != '{' {
			return key, value, nil
		}
		value, err := rewrite(value, func(name, key, value string) (string, string, error) {
			if strings.EqualFold(name, from) {
				key = quote(to)
			}
			return key, value, nil
		})
		return key, value, err
	})
}
