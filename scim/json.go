package scim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// limits bound what decoding a JSON text may cost. A body of a megabyte can hold half a million values, each of them
// many times as large in memory.
type limits struct {
	depth  int // nested objects and lists
	values int // of any kind
}

// parseObject decodes a JSON text (RFC 8259) that must be one object, to the types of encoding/json with
// json.Number. It is stricter than that package: keys of an object differ, and the text is UTF-8. It is also quicker,
// since it makes one pass, and strings share the text's memory. Errors tell a byte offset and nothing of the content.
func parseObject(text string, most limits) (map[string]any, error) {
	if !utf8.ValidString(text) {
		return nil, InvalidSyntax("the body is not valid UTF-8")
	}
	p := parser{text: text, most: most}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.spaces(); p.pos < len(text) {
		return nil, p.wrong("the body goes on after its JSON value")
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, InvalidSyntax("the body must be a JSON object")
	}
	return object, nil
}

type parser struct {
	text   string
	pos    int
	values int
	most   limits
}

func (p *parser) wrong(what string) error {
	return InvalidSyntax(fmt.Sprintf("%s, at byte %d", what, p.pos))
}

func (p *parser) invalid() error { return p.wrong("the body is not valid JSON") }

func (p *parser) spaces() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\r', '\n':
			p.pos++
		default:
			return
		}
	}
}

// take steps over spaces and then c, if c is next.
func (p *parser) take(c byte) bool {
	p.spaces()
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *parser) value(depth int) (any, error) {
	if p.values++; p.values > p.most.values {
		return nil, p.wrong(fmt.Sprintf("the body holds more than %d values", p.most.values))
	}
	if depth > p.most.depth {
		return nil, p.wrong(fmt.Sprintf("the body is nested deeper than %d levels", p.most.depth))
	}
	if p.spaces(); p.pos == len(p.text) {
		return nil, p.invalid()
	}
	switch c := p.text[p.pos]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.list(depth)
	case c == '"':
		return p.string()
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	}
	return p.literal()
}

func (p *parser) object(depth int) (any, error) {
	p.pos++
	m := map[string]any{}
	if p.take('}') {
		return m, nil
	}
	for {
		if p.spaces(); p.pos == len(p.text) || p.text[p.pos] != '"' {
			return nil, p.invalid()
		}
		key, err := p.string()
		if err != nil {
			return nil, err
		}
		if _, twice := m[key]; twice {
			return nil, p.wrong("an object has the same key twice")
		}
		if !p.take(':') {
			return nil, p.invalid()
		}
		if m[key], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		if p.take('}') {
			return m, nil
		}
		if !p.take(',') {
			return nil, p.invalid()
		}
	}
}

func (p *parser) list(depth int) (any, error) {
	p.pos++
	list := []any{}
	if p.take(']') {
		return list, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if p.take(']') {
			return list, nil
		}
		if !p.take(',') {
			return nil, p.invalid()
		}
	}
}

// string reads a string, which begins at pos.
func (p *parser) string() (string, error) {
	p.pos++
	start := p.pos
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '"':
			s := p.text[start:p.pos]
			p.pos++
			return s, nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", p.invalid()
		}
		p.pos++
	}
	return "", p.invalid()
}

// escaped reads on from the first backslash of a string that began at start.
func (p *parser) escaped(start int) (string, error) {
	var b strings.Builder
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '"':
			b.WriteString(p.text[start:p.pos])
			p.pos++
			return b.String(), nil
		case c == '\\':
			b.WriteString(p.text[start:p.pos])
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			start = p.pos
			continue
		case c < ' ':
			return "", p.invalid()
		}
		p.pos++
	}
	return "", p.invalid()
}

// escape reads one escape sequence; half a surrogate pair becomes U+FFFD.
func (p *parser) escape() (rune, error) {
	if p.pos+1 >= len(p.text) {
		return 0, p.invalid()
	}
	c := p.text[p.pos+1]
	if c == 'u' {
		r, ok := p.hex(p.pos)
		if !ok {
			return 0, p.invalid()
		}
		p.pos += len(`\u0000`)
		if !utf16.IsSurrogate(r) {
			return r, nil
		}
		low, _ := p.hex(p.pos)
		pair := utf16.DecodeRune(r, low)
		if pair != utf8.RuneError {
			p.pos += len(`\u0000`)
		}
		return pair, nil
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 {
		return 0, p.invalid()
	}
	p.pos += 2
	return rune("\"\\/\b\f\n\r\t"[i]), nil
}

// hex reads the code unit of a \uXXXX at a position.
func (p *parser) hex(at int) (rune, bool) {
	if at+6 > len(p.text) || p.text[at:at+2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(p.text[at+2:at+6], 16, 16)
	return rune(n), err == nil
}

// number reads -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
func (p *parser) number() (any, error) {
	start := p.pos
	p.skip("-")
	zero := p.pos < len(p.text) && p.text[p.pos] == '0'
	digits := p.digits()
	if digits == 0 || zero && digits > 1 {
		return nil, p.invalid()
	}
	if p.skip(".") && p.digits() == 0 {
		return nil, p.invalid()
	}
	if p.skip("eE") {
		p.skip("+-")
		if p.digits() == 0 {
			return nil, p.invalid()
		}
	}
	return json.Number(p.text[start:p.pos]), nil
}

// skip steps over one byte, if it is one of these.
func (p *parser) skip(these string) bool {
	if p.pos < len(p.text) && strings.IndexByte(these, p.text[p.pos]) >= 0 {
		p.pos++
		return true
	}
	return false
}

// digits steps over digits and counts them.
func (p *parser) digits() int {
	start := p.pos
	for p.pos < len(p.text) && '0' <= p.text[p.pos] && p.text[p.pos] <= '9' {
		p.pos++
	}
	return p.pos - start
}

func (p *parser) literal() (any, error) {
	rest := p.text[p.pos:]
	switch {
	case strings.HasPrefix(rest, "true"):
		p.pos += len("true")
		return true, nil
	case strings.HasPrefix(rest, "false"):
		p.pos += len("false")
		return false, nil
	case strings.HasPrefix(rest, "null"):
		p.pos += len("null")
		return nil, nil
	}
	return nil, p.invalid()
}
