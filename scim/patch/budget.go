package patch

import (
	"unicode/utf8"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// budget bounds what one request may cost, so that a thousand operations over a list of thousands cannot hold the
// service up. A unit is about 100 ns or 30 bytes; requests that identity providers send stay a hundredfold below it.
const budget = 400_000

// The prices of copying an element and of indexing a unit of a list, in units.
const (
	copyPrice  = 20
	indexPrice = 8
)

// spend takes units off the budget.
func (d *draft) spend(units int) error {
	if d.spent += units; d.spent > budget {
		return refuse(schema.TooMany, "the operations go through too many values; send fewer of them at once")
	}
	return nil
}

// parse pays for reading a path, a unit for four bytes.
func (d *draft) parse(path string) error { return d.spend(len(path) / 4) }

// scan pays for going once through the list that the target names. Comparing folds, which is what costs.
func (d *draft) scan(t target) error {
	list, _ := d.get(t).([]any)
	return d.spend(weight(list) * (1 + nodes(t.filter)))
}

func weight(list []any) int {
	units := 0
	for _, element := range list {
		units++
		m, _ := element.(map[string]any)
		for _, v := range m {
			s, _ := v.(string)
			units += len(s) / 8
			if !isASCII(s) {
				units += len(s)
			}
		}
	}
	return units
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func nodes(x filter.Expr) int {
	switch x := x.(type) {
	case nil:
		return 0
	case *filter.Logical:
		return 1 + nodes(x.Left) + nodes(x.Right)
	case *filter.Not:
		return 1 + nodes(x.X)
	}
	return 1
}
