package scim1

import (
	"strings"

	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// list is the value of a multi-valued attribute in a PATCH.
type list struct {
	attr    *schema.Attribute
	kept    string // the elements that are not marked for deletion, as a list
	count   int    // of them
	deleted string // the others without the mark, as a list
	marks   int    // of them
	replace bool   // whatever else the attribute has was removed
}

// newList sorts out the elements. Null and an empty list have none, and anything else that is no list is one element.
func newList(a *schema.Attribute, value string) (*list, error) {
	l := &list{attr: a}
	if value == "null" {
		return l, nil
	}
	if at(value, 0) != '[' {
		value = "[" + value + "]"
	}
	length := 0 // of what is marked
	err := eachElement(value, func(element string) error {
		marked, err := isMarked(a, element)
		if marked {
			l.marks++
			length += len(element)
		} else {
			l.count++
		}
		return err
	})
	if err != nil || l.marks == 0 {
		l.kept = value
		return l, err
	}
	return l, l.sort(value, length)
}

// sort parts the elements; length is that of the marked ones.
func (l *list) sort(value string, length int) error {
	var deleted, kept builder
	deleted.Grow(length + l.marks + 2)
	kept.Grow(len(value) - length + 2)
	deleted.WriteByte('[')
	kept.WriteByte('[')
	err := eachElement(value, func(element string) error {
		marked, err := isMarked(l.attr, element)
		if err != nil || !marked {
			kept.element(element)
			return err
		}
		return addUnmarked(&deleted, element)
	})
	deleted.WriteByte(']')
	kept.WriteByte(']')
	l.deleted, l.kept = deleted.String(), kept.String()
	return err
}

// isMarked reports whether an element is marked for deletion.
func isMarked(a *schema.Attribute, element string) (bool, error) {
	if at(element, 0) != '{' {
		return false, nil
	}
	marked := false
	err := eachMember(element, func(key, value string) error {
		if name, _ := text(key); !isMark(name) {
			return nil
		}
		if op, _ := text(value); marked || !strings.EqualFold(op, "delete") {
			return scim.InvalidSyntax(a.Name + `: operation: expected "delete", once, or none`)
		}
		marked = true
		return nil
	})
	return marked, err
}

func isMark(name string) bool { return strings.EqualFold(name, "operation") }

// addUnmarked adds an element to a list without its mark.
func addUnmarked(list *builder, element string) error {
	list.element("{")
	members := 0
	err := eachMember(element, func(key, value string) error {
		if name, _ := text(key); isMark(name) {
			return nil
		}
		if members++; members > 1 {
			list.WriteByte(',')
		}
		list.room(len(key) + len(value) + 3)
		list.WriteString(key)
		list.WriteByte(':')
		list.WriteString(value)
		return nil
	})
	list.WriteByte('}')
	return err
}

// valueOf is the value of an element; empty when it has none that is a string.
func valueOf(element string) (v string, err error) {
	if at(element, 0) != '{' {
		return "", nil
	}
	err = eachMember(element, func(key, value string) error {
		if name, _ := text(key); strings.EqualFold(name, "value") {
			v, _ = text(value)
		}
		return nil
	})
	return v, err
}
