package scim1

import "strings"

// builder joins pieces of JSON to the inside of an object or a list. Unlike that of a strings.Builder its memory at least
// doubles when it is full: a body of many megabytes in small pieces would cost five times as much otherwise.
type builder struct {
	strings.Builder
	items int
	most  int // if not 0, about how long it can become: then a long one gets as much at once
}

func (b *builder) room(n int) {
	const long = 64 << 10
	switch free := b.Cap() - b.Len(); {
	case free >= n:
	case b.Len() > long && b.most > b.Len()+n:
		b.Grow(b.most - b.Len())
	default:
		b.Grow(n) // and as much as it has
	}
}

// Write implements io.Writer.
func (b *builder) Write(p []byte) (int, error) {
	b.room(len(p))
	return b.Builder.Write(p)
}

// member adds to an object. The key is a JSON string already.
func (b *builder) member(key, value string) {
	b.element(key)
	b.room(len(value) + 1)
	b.WriteByte(':')
	b.WriteString(value)
}

// element adds to a list.
func (b *builder) element(value string) {
	b.room(len(value) + 1)
	if b.items++; b.items > 1 {
		b.WriteByte(',')
	}
	b.WriteString(value)
}

// rewrite copies an object member by member as f has it, which gets each key decoded and as it stands. An empty key leaves the
// member out.
func rewrite(object string, f func(name, key, value string) (string, string, error)) (string, error) {
	var b builder
	b.Grow(len(object) + 32) // a URN may become longer
	b.WriteByte('{')
	err := eachMember(object, func(key, value string) error {
		name, _ := text(key)
		key, value, err := f(name, key, value)
		if err == nil && key != "" {
			b.member(key, value)
		}
		return err
	})
	b.WriteByte('}')
	return b.String(), err
}
