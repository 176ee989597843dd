package schema

// Folded returns a copy of a canonical resource in which every string of an attribute with CaseExact=false is
// folded (see Fold): what filters compare. Anything the schemas do not know is copied as it is.
func (rt *ResourceType) Folded(res map[string]any) map[string]any {
	out := make(map[string]any, len(res))
	for key, v := range res {
		if a := rt.Attribute("", key); a != nil {
			out[key] = folded(a, v)
			continue
		}
		out[key] = v
		part, ok := v.(map[string]any)
		if x := rt.Extension(key); x == nil || !ok {
			continue
		}
		copied := make(map[string]any, len(part))
		for name, v := range part {
			copied[name] = v
			if a := rt.Attribute(key, name); a != nil {
				copied[name] = folded(a, v)
			}
		}
		out[key] = copied
	}
	return out
}

func folded(a *Attribute, v any) any {
	switch v := v.(type) {
	case string:
		if a.CaseExact || (a.Type != String && a.Type != Reference) {
			return v
		}
		return Fold(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = folded(a, item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[name] = item
			if sub := a.Sub(name); sub != nil {
				out[name] = folded(sub, item)
			}
		}
		return out
	}
	return v
}
