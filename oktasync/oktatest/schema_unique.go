package oktatest

import "fmt"

const maxUnique = 5

// checkUnique refuses more than five unique attributes, and one whose values are not unique already.
func (o *Org) checkUnique(s *schema, custom map[string]property) error {
	count := 0
	for name, p := range custom {
		if !p.unique() {
			continue
		}
		count++
		if p.text("type") == "boolean" || p.text("type") == "array" {
			return errInvalid(name, name+": unique: only strings and numbers can be unique")
		}
		if s == o.userSchema {
			if _, twice := o.valuesOf(name); twice != "" {
				return errInvalid(name, fmt.Sprintf("%s: unique: users %s have the same value", name, twice))
			}
		}
	}
	if count > maxUnique {
		return errInvalid("unique", fmt.Sprintf("unique: at most %d attributes can be unique", maxUnique))
	}
	return nil
}

// valuesOf indexes the values of an attribute, and names two users that share one.
func (o *Org) valuesOf(name string) (index map[string]string, twice string) {
	index = map[string]string{}
	for _, r := range o.order {
		if r.cur == nil {
			continue
		}
		v, isSet := r.cur.profile[name]
		if !isSet {
			continue
		}
		if other, held := index[fmt.Sprint(v)]; held {
			return index, other + " and " + r.cur.id
		}
		index[fmt.Sprint(v)] = r.cur.id
	}
	return index, ""
}

// reindex makes the unique indexes fit the schema.
func (o *Org) reindex() {
	for name := range o.unique {
		if !o.userSchema.custom[name].unique() {
			delete(o.unique, name)
		}
	}
	for name, p := range o.userSchema.custom {
		if p.unique() && o.unique[name] == nil {
			o.unique[name], _ = o.valuesOf(name)
		}
	}
}
