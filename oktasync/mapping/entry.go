package mapping

import "strings"

// entries returns the complex values of a multi-valued attribute, in the order of the IdP.
func entries(doc map[string]any, name string) []map[string]any {
	list, _ := doc[name].([]any)
	var out []map[string]any
	for _, v := range list {
		if entry, ok := v.(map[string]any); ok {
			out = append(out, entry)
		}
	}
	return out
}

// preferred returns the primary entry, else the first of type work, else the first; nil of none.
func preferred(list []map[string]any) map[string]any {
	if e := primary(list); e != nil {
		return e
	}
	if e := ofType(list, "work"); e != nil {
		return e
	}
	if len(list) > 0 {
		return list[0]
	}
	return nil
}

// primaryPhone returns the number at work, else the one marked primary, of whatever type.
func primaryPhone(list []map[string]any) map[string]any {
	if e := ofType(list, "work"); e != nil {
		return e
	}
	return primary(list)
}

func primary(list []map[string]any) map[string]any {
	for _, e := range list {
		if isPrimary, _ := e["primary"].(bool); isPrimary {
			return e
		}
	}
	return nil
}

// ofType returns the primary entry of a type, else the first of it. Types differ in case between IdPs (RFC 7643 section
// 2.4 does not make them case-exact).
func ofType(list []map[string]any, kind string) map[string]any {
	var same []map[string]any
	for _, e := range list {
		if got, _ := e["type"].(string); strings.EqualFold(got, kind) {
			same = append(same, e)
		}
	}
	if e := primary(same); e != nil {
		return e
	}
	if len(same) > 0 {
		return same[0]
	}
	return nil
}
