package oktatest

import (
	"sort"
	"time"
)

// userType is a kind of user. All of them share the default schema here.
type userType struct {
	id, name, display, description string
	isDefault                      bool
	created                        time.Time
	by                             string
}

type userTypeJSON struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	DisplayName   string `json:"displayName"`
	Description   string `json:"description"`
	Default       bool   `json:"default"`
	Created       any    `json:"created"`
	CreatedBy     string `json:"createdBy"`
	LastUpdated   any    `json:"lastUpdated"`
	LastUpdatedBy string `json:"lastUpdatedBy"`
}

func (t *userType) show() userTypeJSON {
	return userTypeJSON{
		ID: t.id, Name: t.name, DisplayName: t.display, Description: t.description, Default: t.isDefault,
		Created: stamp(t.created), CreatedBy: t.by, LastUpdated: stamp(t.created), LastUpdatedBy: t.by,
	}
}

func (o *Org) addDefaultType(now time.Time) {
	t := &userType{id: o.newID("oty"), name: "user", display: "User", isDefault: true, created: now, by: "sprFromOkta"}
	o.types[t.id] = t
}

func (o *Org) defaultType() string {
	for id, t := range o.types {
		if t.isDefault {
			return id
		}
	}
	return ""
}

func (o *Org) listTypes(*call) (answer, error) {
	out := []userTypeJSON{}
	for _, t := range o.types {
		out = append(out, t.show())
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return ok(out), nil
}

func (o *Org) createType(c *call) (answer, error) {
	var in struct{ Name, DisplayName, Description string }
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	if !propertyName.MatchString(in.Name) || in.DisplayName == "" {
		return answer{}, errInvalid("name", "name: name and displayName are required")
	}
	for _, t := range o.types {
		if t.name == in.Name {
			return answer{}, errInvalid("name", taken("name"))
		}
	}
	t := &userType{
		id: o.newID("oty"), name: in.Name, display: in.DisplayName, description: in.Description,
		created: c.now, by: o.owners[c.token.Name],
	}
	o.types[t.id] = t
	return ok(t.show()), nil
}

func (o *Org) typeNamed(c *call) (*userType, error) {
	if c.param("type") == "default" {
		return o.types[o.defaultType()], nil
	}
	t := o.types[c.param("type")]
	if t == nil {
		return nil, errNotFound(c.param("type"), "UserType")
	}
	return t, nil
}

func (o *Org) readType(c *call) (answer, error) {
	t, err := o.typeNamed(c)
	if err != nil {
		return answer{}, err
	}
	return ok(t.show()), nil
}

func (o *Org) deleteType(c *call) (answer, error) {
	t, err := o.typeNamed(c)
	if err != nil {
		return answer{}, err
	}
	if t.isDefault {
		return answer{}, errForbidden()
	}
	for _, r := range o.order {
		if r.cur != nil && r.cur.typeID == t.id {
			return answer{}, errInvalid("type", "type: there are users of this type")
		}
	}
	delete(o.types, t.id)
	return noContent(), nil
}
