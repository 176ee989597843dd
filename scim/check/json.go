package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// lookUp finds a value by its JSON pointer (RFC 6901); nil if there is none. Names are taken in any case, as SCIM wants it.
func lookUp(v any, pointer string) any {
	if pointer == "" {
		return v
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch at := v.(type) {
		case object:
			v = member(at, part)
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

func member(o object, name string) any {
	if v, ok := o[name]; ok {
		return v
	}
	for key, v := range o {
		if strings.EqualFold(key, name) {
			return v
		}
	}
	return nil
}

// plain turns any value that stands for JSON into what decoding it gives.
func plain(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if json.Unmarshal(b, &out) != nil {
		return v
	}
	return out
}

// differs returns the pointer of the first thing in want that got does not have alike; empty if there is none. got may have
// more members; the elements of a list may come in any order.
func differs(got, want any, pointer string) string {
	switch want := want.(type) {
	case object:
		for name, v := range want {
			if at := differs(lookUpMember(got, name), v, pointer+"/"+name); at != "" {
				return at
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return pointer
		}
		rest := slices.Clone(list)
		for i, v := range want {
			j := slices.IndexFunc(rest, func(g any) bool { return differs(g, v, "x") == "" })
			if j < 0 {
				return pointer + "/" + strconv.Itoa(i)
			}
			rest = slices.Delete(rest, j, j+1)
		}
		return ""
	}
	if got != want {
		return pointer
	}
	return ""
}

func lookUpMember(v any, name string) any {
	o, ok := v.(object)
	if !ok {
		return nil
	}
	return member(o, name)
}

// show is a value for people.
func show(v any) string {
	if v == nil {
		return "nothing"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return shorten(string(b))
}

// shorten cuts a text for people.
func shorten(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}
