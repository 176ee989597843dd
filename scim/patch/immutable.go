package patch

import "drawbridge/scim/schema"

// checkImmutable refuses to alter a value that is immutable: it can be added once, where there was none (RFC 7644 section
// 3.5.2). Saying again what is there is fine.
func checkImmutable(a *schema.Attribute, before, after any) error {
	if a.Mutability == schema.Immutable && before != nil && !equal(before, after) {
		return refuse(schema.Mutability, "%s: immutable; leave it out", a.Name)
	}
	if a.MultiValued || after == nil {
		return nil
	}
	return checkImmutableSubs(a, before, after)
}

// checkImmutableSubs is the same for the sub-attributes of one object. An object as a whole may go.
func checkImmutableSubs(a *schema.Attribute, before, after any) error {
	old, _ := before.(map[string]any)
	m, _ := after.(map[string]any)
	for _, sub := range a.SubAttributes {
		if sub.Mutability == schema.Immutable && old[sub.Name] != nil && !equal(old[sub.Name], m[sub.Name]) {
			return refuse(schema.Mutability, "%s.%s: immutable; leave it out", a.Name, sub.Name)
		}
	}
	return nil
}
