package filter

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const valueForms = "a value: a string in double quotes, a number, true, false or null"

// literal reads a comparison value: a JSON string, number, true, false or null.
func (p *parser) literal() (any, error) {
	switch c := p.peek(); {
	case c == '"':
		return p.stringLiteral()
	case c == '-' || isDigit(c):
		return p.numberLiteral()
	}
	start := p.pos
	switch word := p.run(isNameByte); {
	case strings.EqualFold(word, "true"):
		return true, nil
	case strings.EqualFold(word, "false"):
		return false, nil
	case strings.EqualFold(word, "null"):
		return nil, nil
	}
	p.pos = start
	return nil, p.expected(valueForms)
}

func (p *parser) numberLiteral() (any, error) {
	start := p.pos
	if p.peek() == '-' {
		p.pos++
	}
	leadingZero := p.peek() == '0'
	if whole := p.run(isDigit); whole == "" || leadingZero && len(whole) > 1 {
		return nil, p.expected("a number as JSON writes it")
	}
	if p.peek() == '.' {
		p.pos++
		if p.run(isDigit) == "" {
			return nil, p.expected("a digit after the decimal point")
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if p.run(isDigit) == "" {
			return nil, p.expected("a digit in the exponent")
		}
	}
	return json.Number(p.text[start:p.pos]), nil
}

// stringLiteral reads a JSON string. It refuses what no stored string can equal: bytes that are not UTF-8, half
// a surrogate pair, and U+0000, which PostgreSQL does not store.
func (p *parser) stringLiteral() (any, error) {
	p.pos++
	start := p.pos
	plain := p.run(isPlain)
	if !utf8.ValidString(plain) {
		p.pos = start
		return nil, p.expected("UTF-8 in the string")
	}
	if p.peek() == '"' {
		p.pos++
		return plain, nil
	}
	var b strings.Builder
	for {
		b.WriteString(plain)
		switch p.peek() {
		case '"':
			p.pos++
			return b.String(), nil
		case '\\':
			p.pos++
			r, err := p.escape()
			if err != nil {
				return nil, err
			}
			b.WriteRune(r)
		default:
			return nil, p.expected("a double quote to end the string, and control characters in it escaped")
		}
		start = p.pos
		if plain = p.run(isPlain); !utf8.ValidString(plain) {
			p.pos = start
			return nil, p.expected("UTF-8 in the string")
		}
	}
}

// isPlain holds for the bytes that stand for themselves in a JSON string (RFC 8259 section 7).
func isPlain(c byte) bool { return c >= ' ' && c != '"' && c != '\\' }

// escape reads what follows a backslash.
func (p *parser) escape() (rune, error) {
	c := p.peek()
	if c == 'u' {
		return p.unicodeEscape()
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(from, c)
	if i < 0 {
		return 0, p.expected(`an escape of JSON: \" \\ \/ \b \f \n \r \t or \u and four hexadecimal digits`)
	}
	p.pos++
	return rune(to[i]), nil
}

func (p *parser) unicodeEscape() (rune, error) {
	start := p.pos
	r, ok := p.hex4()
	if utf16.IsSurrogate(r) && ok {
		var low rune
		if strings.HasPrefix(p.text[p.pos:], `\u`) {
			p.pos++
			low, ok = p.hex4()
		}
		r = utf16.DecodeRune(r, low)
		ok = ok && r != utf8.RuneError
	}
	if !ok || r == 0 {
		p.pos = start
		return 0, p.expected("u and four hexadecimal digits that name a character, or a pair of surrogates")
	}
	return r, nil
}

// hex4 reads u and four hexadecimal digits.
func (p *parser) hex4() (rune, bool) {
	if len(p.text)-p.pos < 5 {
		return 0, false
	}
	n, err := strconv.ParseUint(p.text[p.pos+1:p.pos+5], 16, 16)
	p.pos += 5
	return rune(n), err == nil
}
