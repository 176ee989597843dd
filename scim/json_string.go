package scim

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

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
