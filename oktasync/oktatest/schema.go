package oktatest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"time"
	"unicode/utf8"
)

// property is one attribute of a profile, as the schema API writes it.
type property map[string]any

// schema is what a profile may hold: the attributes that Okta defines and those that the org added.
type schema struct {
	name         string
	base, custom map[string]property
	usable       map[string]time.Time // when an added attribute can first be written
	created      time.Time
	updated      time.Time
}

func (p property) text(key string) string {
	s, _ := p[key].(string)
	return s
}

func (p property) number(key string) (int, bool) {
	n, isNumber := p[key].(float64)
	return int(n), isNumber
}

func (p property) unique() bool { return p.text("unique") == "UNIQUE_VALIDATED" }

// master is the system that the attribute takes its value from: PROFILE_MASTER, or OKTA where an application that
// sources the profile leaves it alone.
func (p property) master() string {
	m, _ := p["master"].(map[string]any)
	s, _ := m["type"].(string)
	return s
}

func (s *schema) property(name string) property {
	if p := s.base[name]; p != nil {
		return p
	}
	return s.custom[name]
}

// sourced reports whether one of the attributes belongs to the application that sources the profile.
func (s *schema) sourced(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return s.property(name).master() != "OKTA" })
}

// check lists what is wrong with a whole profile.
func (s *schema) check(profile map[string]any, now time.Time) []string {
	var causes []string
	for name, v := range profile {
		p := s.property(name)
		if p == nil || now.Before(s.usable[name]) {
			causes = append(causes, name+": The attribute is not defined in the schema")
			continue
		}
		if cause := p.check(name, v); cause != "" {
			causes = append(causes, cause)
		}
	}
	for _, part := range []map[string]property{s.base, s.custom} {
		for name, p := range part {
			if _, isSet := profile[name]; !isSet && p["required"] == true {
				causes = append(causes, name+": The field cannot be left blank")
			}
		}
	}
	sort.Strings(causes)
	return causes
}

var emailForm = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)

// check says what is wrong with one value, "" if nothing is.
func (p property) check(name string, v any) string {
	kind := p.text("type")
	if !hasType(v, kind) {
		return fmt.Sprintf("%s: The value must be of type %s", name, kind)
	}
	s, isText := v.(string)
	if !isText {
		return ""
	}
	length := utf8.RuneCountInString(s)
	if length == 0 && p["required"] == true {
		return name + ": The field cannot be left blank"
	}
	if n, limited := p.number("minLength"); limited && length < n {
		return fmt.Sprintf("%s: The field must have at least %d characters", name, n)
	}
	if n, limited := p.number("maxLength"); limited && length > n {
		return fmt.Sprintf("%s: The field cannot exceed %d characters", name, n)
	}
	if p.text("format") == "email" && length > 0 && !emailForm.MatchString(s) {
		return name + ": The value must be in the form of an email address"
	}
	return ""
}

func hasType(v any, kind string) bool {
	switch v := v.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int64(v))
	case []any:
		return kind == "array"
	}
	return false
}

type schemaJSON struct {
	ID          string         `json:"id"`
	Schema      string         `json:"$schema"`
	Name        string         `json:"name"`
	Title       string         `json:"title"`
	Type        string         `json:"type"`
	Created     any            `json:"created"`
	LastUpdated any            `json:"lastUpdated"`
	Definitions definitions    `json:"definitions"`
	Properties  map[string]any `json:"properties"`
	Links       map[string]any `json:"_links"`
}

type definitions struct {
	Base   definition `json:"base"`
	Custom definition `json:"custom"`
}

type definition struct {
	ID         string              `json:"id,omitempty"`
	Type       string              `json:"type,omitempty"`
	Properties map[string]property `json:"properties"`
	Required   []string            `json:"required"`
}

func (s *schema) show(c *call) answer {
	id := origin(c.r) + c.r.URL.EscapedPath()
	ref := func(name string) map[string]string { return map[string]string{"$ref": "#/definitions/" + name} }
	part := func(name string, of map[string]property) definition {
		d := definition{ID: "#" + name, Type: "object", Properties: of, Required: []string{}}
		for _, k := range slices.Sorted(maps.Keys(of)) {
			if of[k]["required"] == true {
				d.Required = append(d.Required, k)
			}
		}
		return d
	}
	return ok(schemaJSON{
		ID: id, Schema: "http://json-schema.org/draft-04/schema#", Name: s.name, Title: s.name, Type: "object",
		Created: stamp(s.created), LastUpdated: stamp(s.updated),
		Definitions: definitions{Base: part("base", s.base), Custom: part("custom", s.custom)},
		Properties:  map[string]any{"profile": map[string]any{"allOf": []any{ref("custom"), ref("base")}}},
		Links:       map[string]any{"self": map[string]string{"href": id, "method": http.MethodGet, "rel": "self"}},
	})
}

func (o *Org) readUserSchema(c *call) (answer, error) {
	if !o.knownSchema(c.param("schema")) {
		return answer{}, errNotFound(c.param("schema"), "UserSchema")
	}
	return o.userSchema.show(c), nil
}

// updateUserSchema answers POST meta/schemas/user/default: what is named is added or changed, null removes, the rest stays.
func (o *Org) updateUserSchema(c *call) (answer, error) {
	if !o.knownSchema(c.param("schema")) {
		return answer{}, errNotFound(c.param("schema"), "UserSchema")
	}
	if err := o.updateSchema(o.userSchema, c); err != nil {
		return answer{}, err
	}
	o.reindex()
	return o.userSchema.show(c), nil
}

// knownSchema: every user type of the org shares the default schema.
func (o *Org) knownSchema(id string) bool { return id == "default" || o.types[id] != nil }

func (o *Org) readGroupSchema(c *call) (answer, error) { return o.groupSchema.show(c), nil }

func (o *Org) updateGroupSchema(c *call) (answer, error) {
	if err := o.updateSchema(o.groupSchema, c); err != nil {
		return answer{}, err
	}
	return o.groupSchema.show(c), nil
}

func (o *Org) updateSchema(s *schema, c *call) error {
	var in struct {
		Definitions struct {
			Base   struct{ Properties map[string]json.RawMessage }
			Custom struct{ Properties map[string]json.RawMessage }
		} `json:"definitions"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	base, err := s.merged(s.base, in.Definitions.Base.Properties)
	if err != nil {
		return err
	}
	for name := range base {
		if s.base[name] == nil {
			return errInvalid("base", name+": Okta's own attributes are fixed")
		}
	}
	custom, err := s.merged(s.custom, in.Definitions.Custom.Properties)
	if err != nil {
		return err
	}
	if err := o.checkUnique(s, custom); err != nil {
		return err
	}
	for name := range custom {
		if s.custom[name] == nil && o.opts.SchemaLag > 0 {
			s.usable[name] = c.now.Add(o.opts.SchemaLag)
		}
	}
	s.base, s.custom, s.updated = base, custom, c.now
	return nil
}

var propertyName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,254}$`)

// merged lays the changes over one part of the schema.
func (s *schema) merged(old map[string]property, changes map[string]json.RawMessage) (map[string]property, error) {
	next := maps.Clone(old)
	for name, raw := range changes {
		if string(raw) == "null" {
			delete(next, name)
			continue
		}
		p := maps.Clone(next[name])
		if p == nil {
			p = property{"scope": "NONE", "permissions": readOnlySelf(), "master": map[string]any{"type": "PROFILE_MASTER"}}
		}
		was := p.text("type")
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, errBody()
		}
		if !propertyName.MatchString(name) {
			return nil, errInvalid(name, name+": the name of an attribute is letters, digits and _, and starts with no digit")
		}
		if p.text("title") == "" {
			return nil, errInvalid(name, name+": title: The field cannot be left blank")
		}
		if !slices.Contains([]string{"string", "boolean", "number", "integer", "array"}, p.text("type")) {
			return nil, errInvalid(name, name+": type: must be string, boolean, number, integer or array")
		}
		if was != "" && was != p.text("type") {
			return nil, errInvalid(name, name+": type: cannot be changed")
		}
		next[name] = p
	}
	return next, nil
}

func readOnlySelf() []any {
	return []any{map[string]any{"principal": "SELF", "action": "READ_ONLY"}}
}
