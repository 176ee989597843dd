package filter

import (
	"fmt"
	"strings"
)

// Path is the target of a PATCH operation (RFC 7644 section 3.5.2).
type Path struct {
	Attr   AttrPath // with an empty Name: the whole extension Attr.URN
	Filter Expr     // selects elements of a complex attribute; nil when the path has no brackets
	Sub    string   // the sub-attribute the path ends in: Attr.Sub, or the one after the brackets; empty when none
}

// String is the path in canonical text.
func (p Path) String() string {
	if p.Filter == nil {
		return p.Attr.String()
	}
	s := p.Attr.String() + "[" + p.Filter.String() + "]"
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// ParsePath reads attr, attr.sub, attr[filter] or attr[filter].sub, each with a schema URN before it or not, or
// an extension's URN alone. The longest of urns that begins s, in any case, is taken for the URN and returned
// as urns spells it; a colon or, as an old Entra ID client writes, a dot may follow. Without one the URN ends
// at the last colon. The error is an *Error.
func ParsePath(s string, urns ...string) (Path, error) {
	if len(s) > MaxBytes {
		return Path{}, &Error{Pos: MaxBytes, Msg: fmt.Sprintf("a path is at most %d bytes long", MaxBytes)}
	}
	p := parser{text: s}
	p.spaces()
	path, err := p.patchPath(urns)
	if err != nil {
		return Path{}, err
	}
	if p.spaces(); p.pos < len(s) {
		return Path{}, p.expected("the end of the path")
	}
	return path, nil
}

func (p *parser) patchPath(urns []string) (Path, error) {
	attr, err := p.qualifiedPath(urns)
	if err != nil {
		return Path{}, err
	}
	if p.peek() != '[' {
		return Path{Attr: attr, Sub: attr.Sub}, nil
	}
	if attr.Sub != "" || attr.Name == "" {
		return Path{}, p.expected("the end of the path: only an attribute has elements to filter")
	}
	path := Path{Attr: attr}
	if path.Filter, err = p.parseBrackets(); err != nil {
		return Path{}, err
	}
	if p.peek() == '.' {
		p.pos++
		path.Sub, err = p.subName()
	}
	return path, err
}

func (p *parser) qualifiedPath(urns []string) (AttrPath, error) {
	urn := p.knownURN(urns)
	if urn == "" {
		return p.attrPath()
	}
	p.pos += len(urn)
	if c := p.peek(); c != ':' && c != '.' {
		return AttrPath{URN: urn}, nil
	}
	p.pos++
	return p.name(urn)
}

// knownURN is the longest of urns that stands at pos and ends there as a URN can.
func (p *parser) knownURN(urns []string) string {
	rest, longest := p.text[p.pos:], ""
	for _, urn := range urns {
		if len(urn) <= len(longest) || len(rest) < len(urn) || !equalASCII(rest[:len(urn)], urn) {
			continue
		}
		if len(rest) == len(urn) || strings.IndexByte(":. [", rest[len(urn)]) >= 0 {
			longest = urn
		}
	}
	return longest
}

// equalASCII compares without regard to the case of ASCII letters; strings.EqualFold would take U+212A for a k.
func equalASCII(a, b string) bool {
	for i := 0; i < len(a); i++ {
		if x, y := a[i], b[i]; x != y && (x|0x20 != y|0x20 || !isLetter(x)) {
			return false
		}
	}
	return true
}
