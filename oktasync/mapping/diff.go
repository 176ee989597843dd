package mapping

import (
	"encoding/json"
	"math/big"
	"reflect"
)

// Diff returns what must be written over applied so that every attribute of want has its value: nil for one that must be
// cleared, and an empty map when nothing must be written. Missing and nil are equal, and so are numbers of different Go
// types, since applied has been through JSON. Attributes that want does not name are somebody else's and stay.
func Diff(applied, want map[string]any) map[string]any {
	diff := map[string]any{}
	for name, value := range want {
		if !equal(applied[name], value) {
			diff[name] = value
		}
	}
	return diff
}

// equal compares two values of a profile deeply.
func equal(a, b any) bool {
	if unset(a) || unset(b) {
		return unset(a) && unset(b)
	}
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x.Cmp(y) == 0
	}
	if x, ok := list(a); ok {
		y, ok := list(b)
		return ok && equalLists(x, y)
	}
	if x, ok := a.(map[string]any); ok {
		y, ok := b.(map[string]any)
		return ok && len(Diff(x, y)) == 0 && len(Diff(y, x)) == 0
	}
	return reflect.DeepEqual(a, b)
}

func equalLists(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// unset reports whether JSON writes v as null.
func unset(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case []any:
		return x == nil
	case []string:
		return x == nil
	case map[string]any:
		return x == nil
	}
	return false
}

// list returns a list of values of whatever element type, false for anything else.
func list(v any) ([]any, bool) {
	if l, ok := v.([]any); ok {
		return l, true
	}
	l, ok := v.([]string)
	if !ok {
		return nil, false
	}
	out := make([]any, len(l))
	for i, s := range l {
		out[i] = s
	}
	return out, true
}

// number returns the exact value of a number, false for anything else.
func number(v any) (*big.Rat, bool) {
	switch n := v.(type) {
	case int:
		return new(big.Rat).SetInt64(int64(n)), true
	case int64:
		return new(big.Rat).SetInt64(n), true
	case float64:
		r := new(big.Rat).SetFloat64(n) // nil for an infinity, which JSON cannot hold
		return r, r != nil
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return new(big.Rat).SetInt64(i), true
		}
		f, err := n.Float64()
		if err != nil {
			return nil, false
		}
		return number(f)
	}
	return nil, false
}
