package traffic

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// maxNesting is how deep a body is read. The server takes 32; what lies deeper is left out.
const maxNesting = 40

// kind says what a node is.
type kind byte

const (
	isObject kind = '{'
	isArray  kind = '['
	isString kind = '"'
	isNumber kind = '0'
	isWord   kind = 'w' // true, false or null
	isMask   kind = '*'
)

// node is a JSON value as it was sent: members in their order, keys as often as they came.
type node struct {
	kind kind
	key  string // as a member of an object
	text string // a string decoded; a number or word as it stands
	kids []node
	cut  bool // it ends before its end
}

// member returns the last member of a name, in any case of letters; nil if there is none.
func (n *node) member(name string) *node {
	for i := len(n.kids) - 1; i >= 0; i-- {
		if n.kind == isObject && strings.EqualFold(n.kids[i].key, name) {
			return &n.kids[i]
		}
	}
	return nil
}

// parse reads as much of a body as is JSON: bodies are cut, and refused ones may be anything. False if not even the
// beginning is.
func parse(b []byte) (node, bool) {
	p := parser{rest: string(b)}
	n, ok := p.value(0)
	p.space()
	n.cut = n.cut || len(p.rest) > 0
	return n, ok
}

type parser struct{ rest string }

func (p *parser) space() {
	for len(p.rest) > 0 && (p.rest[0] == ' ' || p.rest[0] == '\n' || p.rest[0] == '\t' || p.rest[0] == '\r') {
		p.rest = p.rest[1:]
	}
}

// next takes a byte if it comes next, after white space.
func (p *parser) next(c byte) bool {
	p.space()
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *parser) value(depth int) (node, bool) {
	p.space()
	if len(p.rest) == 0 || depth > maxNesting {
		return node{}, false
	}
	switch c := p.rest[0]; {
	case c == '{':
		return p.list(depth, isObject, '}')
	case c == '[':
		return p.list(depth, isArray, ']')
	case c == '"':
		s, ok := p.text()
		return node{kind: isString, text: s}, ok
	case c == '-' || '0' <= c && c <= '9':
		return p.word(isNumber, "+-.0123456789eE")
	}
	return p.word(isWord, "truefalsn")
}

// list reads an object or array, as far as it goes.
func (p *parser) list(depth int, k kind, end byte) (node, bool) {
	p.rest = p.rest[1:]
	n := node{kind: k, kids: make([]node, 0, 4)}
	if p.next(end) {
		return n, true
	}
	for {
		kid, ok := p.entry(depth+1, k)
		if !ok {
			n.cut = true
			return n, true
		}
		n.kids = append(n.kids, kid)
		if p.next(end) {
			return n, true
		}
		if kid.cut || !p.next(',') {
			n.cut = true
			return n, true
		}
	}
}

func (p *parser) entry(depth int, k kind) (node, bool) {
	if k == isArray {
		return p.value(depth)
	}
	p.space()
	key, ok := p.text()
	if !ok || !p.next(':') {
		return node{}, false
	}
	n, ok := p.value(depth)
	n.key = key
	return n, ok
}

// text reads a string that is all there.
func (p *parser) text() (string, bool) {
	if len(p.rest) == 0 || p.rest[0] != '"' {
		return "", false
	}
	plain := true
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\':
			plain = false
			i++
		case c == '"':
			s, ok := decoded(p.rest[:i+1], plain)
			p.rest = p.rest[i+1:]
			return s, ok
		case c < ' ' || c >= utf8.RuneSelf:
			plain = false
		}
	}
	return "", false
}

// decoded decodes a string in its quotes; a plain one is ASCII without escapes.
func decoded(quoted string, plain bool) (s string, ok bool) {
	if plain {
		return quoted[1 : len(quoted)-1], true
	}
	return s, json.Unmarshal([]byte(quoted), &s) == nil
}

// word reads a number or one of the three words, which is known to be whole if something follows it.
func (p *parser) word(k kind, of string) (node, bool) {
	i := 0
	for i < len(p.rest) && strings.IndexByte(of, p.rest[i]) >= 0 {
		i++
	}
	if !json.Valid([]byte(p.rest[:i])) {
		return node{}, false
	}
	n := node{kind: k, text: p.rest[:i]}
	p.rest = p.rest[i:]
	return n, true
}

// appendTo renders a node; what was cut ends in an ellipsis.
func (n *node) appendTo(b []byte) []byte {
	switch n.kind {
	case isString:
		return appendQuoted(b, n.text)
	case isMask:
		return append(b, masked...)
	case isObject, isArray:
		b = append(b, byte(n.kind))
		for i := range n.kids {
			if i > 0 {
				b = append(b, ',')
			}
			if n.kind == isObject {
				b = append(appendQuoted(b, n.kids[i].key), ':')
			}
			b = n.kids[i].appendTo(b)
		}
		if n.cut && !bytes.HasSuffix(b, []byte("…")) {
			b = append(b, "…"...)
		}
		if n.cut {
			return b
		}
		return append(b, byte(n.kind)+2) // the closing brackets of ASCII
	}
	return append(b, n.text...)
}

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == 0x7f:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
