package filter

import "strings"

// peek is the byte at pos, 0 at the end. A NUL byte in the text fits nowhere, so the two need no telling apart.
func (p *parser) peek() byte {
	if p.pos == len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

// spaces skips spaces and says how many there were.
func (p *parser) spaces() int {
	start := p.pos
	for p.peek() == ' ' {
		p.pos++
	}
	return p.pos - start
}

// run skips the bytes that are in class and returns them.
func (p *parser) run(class func(byte) bool) string {
	start := p.pos
	for p.pos < len(p.text) && class(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

// infix skips word with a space on either side, or nothing at all.
func (p *parser) infix(word string) bool {
	start := p.pos
	if p.spaces() > 0 && strings.EqualFold(p.run(isLetter), word) && p.spaces() > 0 {
		return true
	}
	p.pos = start
	return false
}

// prefixNot skips "not" up to its parenthesis, or nothing at all: not is also a possible attribute name.
func (p *parser) prefixNot() bool {
	start := p.pos
	if strings.EqualFold(p.run(isLetter), "not") {
		p.spaces()
		if p.peek() == '(' {
			return true
		}
	}
	p.pos = start
	return false
}

// operator skips an operator. For pr, which takes no value, present is true and op empty.
func (p *parser) operator() (op Op, present, ok bool) {
	start := p.pos
	word := p.run(isLetter)
	if strings.EqualFold(word, "pr") {
		return "", true, true
	}
	for _, op := range [...]Op{Eq, Ne, Co, Sw, Ew, Gt, Ge, Lt, Le} {
		if strings.EqualFold(word, string(op)) {
			return op, false, true
		}
	}
	p.pos = start
	return "", false, false
}

// attrPath reads [URN ":"] name ["." sub]. Which URNs exist is not known here, so everything up to the last
// colon is taken for the URN.
func (p *parser) attrPath() (AttrPath, error) {
	start := p.pos
	text := p.run(isPathByte)
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		p.pos = start
		return p.name("")
	}
	urn := text[:colon]
	if urn == "" || urn[0] == ':' || strings.Contains(text, "::") {
		p.pos = start
		return AttrPath{}, p.expected("an attribute name, or the URN of a schema, a colon and an attribute name")
	}
	p.pos = start + colon + 1
	return p.name(urn)
}

// name reads name ["." sub].
func (p *parser) name(urn string) (AttrPath, error) {
	if !isLetter(p.peek()) {
		return AttrPath{}, p.expected("an attribute name")
	}
	path := AttrPath{URN: urn, Name: p.run(isNameByte)}
	if p.peek() != '.' {
		return path, nil
	}
	p.pos++
	var err error
	path.Sub, err = p.subName()
	return path, err
}

// subName reads the name of a sub-attribute, which unlike an attribute's may start with a dollar sign: $ref.
func (p *parser) subName() (string, error) {
	start := p.pos
	if p.peek() == '$' {
		p.pos++
	}
	if !isLetter(p.peek()) {
		p.pos = start
		return "", p.expected("the name of a sub-attribute")
	}
	p.run(isNameByte)
	return p.text[start:p.pos], nil
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '-' || c == '_' || c == '$'
}

// isPathByte holds for the bytes of names, dots and colons: what a qualified path is made of.
func isPathByte(c byte) bool { return isNameByte(c) || c == '.' || c == ':' }
