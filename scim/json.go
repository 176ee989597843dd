package scim

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// limits bound what decoding a JSON text may cost. A body of a megabyte can hold half a million values, each of them
// many times as large in memory.
type limits struct {
	depth  int // nested objects and lists
	values int // of any kind
	items  int // objects, what else is in lists, and members of objects that have many: they cost the most, or make others cost it
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
	items  int
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

// fewMembers is how many members of an object its map holds at the price of one.
const fewMembers = 8

func (p *parser) item() error {
	if p.items++; p.items > p.most.items {
		return p.wrong(fmt.Sprintf("the body holds more than %d objects and elements of lists", p.most.items))
	}
	return nil
}

func (p *parser) object(depth int) (any, error) {
	if err := p.item(); err != nil {
		return nil, err
	}
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
		if len(m) > fewMembers {
			if err := p.item(); err != nil {
				return nil, err
			}
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
		if _, object := v.(map[string]any); !object { // which has counted itself
			if err := p.item(); err != nil {
				return nil, err
			}
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
