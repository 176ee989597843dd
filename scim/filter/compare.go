package filter

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"drawbridge/scim/schema"
)

// valueTest compares one value of a resource with a literal as Bind returns it.
func valueTest(a *schema.Attribute, op Op, literal any) func(any) bool {
	switch want := literal.(type) {
	case string:
		return textTest(Folded(a), op, want)
	case bool:
		return func(v any) bool { return v == want }
	case float64:
		return func(v any) bool {
			n, ok := number(v)
			return ok && ordered(op, cmp.Compare(n, want))
		}
	case time.Time:
		return func(v any) bool {
			s, _ := v.(string)
			t, err := time.Parse(time.RFC3339Nano, s)
			return err == nil && ordered(op, t.Compare(want))
		}
	}
	return func(any) bool { return false }
}

func textTest(fold bool, op Op, want string) func(any) bool {
	return func(v any) bool {
		s, ok := v.(string)
		if !ok {
			return false
		}
		if fold {
			s = schema.Fold(s)
		}
		switch op {
		case Co:
			return strings.Contains(s, want)
		case Sw:
			return strings.HasPrefix(s, want)
		case Ew:
			return strings.HasSuffix(s, want)
		}
		return ordered(op, strings.Compare(s, want))
	}
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case json.Number:
		f, err := strconv.ParseFloat(n.String(), 64)
		return f, err == nil
	}
	return 0, false
}

// ordered translates the result of a three-way comparison.
func ordered(op Op, c int) bool {
	switch op {
	case Eq:
		return c == 0
	case Gt:
		return c > 0
	case Ge:
		return c >= 0
	case Lt:
		return c < 0
	case Le:
		return c <= 0
	}
	return false
}
