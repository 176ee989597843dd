package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"drawbridge/scim/filter"
	"drawbridge/scim/schema"

	"pgregory.net/rapid"
)

// filterType is the User resource type with one attribute of each kind, so that draws meet, and an extension
// with what it lacks.
func filterType() *schema.ResourceType {
	user := schema.User()
	core := &schema.Schema{ID: schema.UserURN}
	for _, name := range []string{"userName", "name", "title", "profileUrl", "active", "password", "emails", "addresses", "groups", "x509Certificates"} {
		core.Attributes = append(core.Attributes, user.Attribute("", name))
	}
	extra := &schema.Schema{
		ID: "urn:it's:Extra", Attributes: []*schema.Attribute{
			{Name: "count", Type: schema.Integer},
			{Name: "weight", Type: schema.Decimal},
			{Name: "due", Type: schema.DateTime},
			{Name: "flag", Type: schema.Boolean},
			{Name: "exact", Type: schema.String, CaseExact: true},
			{Name: "tags", Type: schema.String, MultiValued: true},
			{Name: "sizes", Type: schema.Integer, MultiValued: true},
			{Name: "parts", Type: schema.Complex, MultiValued: true, SubAttributes: []*schema.Attribute{
				{Name: "value", Type: schema.String, CaseExact: true},
				{Name: "label", Type: schema.String},
				{Name: "number", Type: schema.Decimal},
				{Name: "flag", Type: schema.Boolean},
			}},
		},
	}
	return schema.New(schema.ResourceType{
		ID: user.ID, Name: user.Name, Endpoint: user.Endpoint, Schema: core,
		Extensions: append(slices.Clone(user.Extensions), extra),
	})
}

// filterGroupType is the Group resource type with the same extension.
func filterGroupType() *schema.ResourceType {
	group := *schema.Group()
	group.Extensions = filterType().Extensions[1:]
	return schema.New(schema.ResourceType{
		ID: group.ID, Name: group.Name, Endpoint: group.Endpoint, Schema: group.Schema, Extensions: group.Extensions,
	})
}

// The draws: few enough words that filters hit, chosen for what collations, LIKE, quoting and folding get wrong.
var (
	filterWord = rapid.SampledFrom([]string{
		"", "a", "A", "b", "aB", "Ab", "Müller", "MÜLLER", "mu\u0308ller", "ß", "SS", "ss", "ẞ", "İ", "i\u0307", "ı", "I", "K", "k",
		"%", "_", "a%b", "100%", "1_0", "O'Malley", `\`, `a\b`, `"`, `q"t`, "?", "$1", ":x", "😀", "\u007f", "a b", "\n", "é", "e\u0301",
		"ſ", "Σ", "ς", "1", "5", "10", "true", "null", "[]", "{}", "é%_'\"\\", "-", "~", "Z", "z", "aa",
	})
	filterText = rapid.Map(rapid.SliceOfN(filterWord, 1, 3), func(words []string) string { return strings.Join(words, "") })
	filterNum  = rapid.SampledFrom([]json.Number{
		"0", "-0", "1", "1.0", "10e-1", "2", "-1", "10", "0.1", "0.10", "1e2", "100", "9007199254740993", "9007199254740992",
		"9223372036854775808", "-9223372036854775808", "1e-320", "1e-400", "1.5e300", "3",
	})
	filterMicros = rapid.SampledFrom([]int64{1_700_000_000_000_000, 1_700_000_000_000_001, 1_700_000_000_500_000, 1_700_000_001_000_000})
)

func drawValue(t *rapid.T, a *schema.Attribute) any {
	if rapid.IntRange(0, 7).Draw(t, "odd") == 0 { // never stored, yet it must not make a query fail or the two differ
		return rapid.SampledFrom([]any{
			nil, "", "x", true, json.Number("1"), json.Number("1e400"), []any{}, []any{nil}, []any{"a"}, map[string]any{}, map[string]any{"value": nil},
		}).Draw(t, "odd value")
	}
	switch a.Type {
	case schema.Boolean:
		return rapid.Bool().Draw(t, a.Name)
	case schema.Integer, schema.Decimal:
		if rapid.IntRange(0, 5).Draw(t, "huge") == 0 {
			return json.Number("-1e400")
		}
		return filterNum.Draw(t, a.Name)
	case schema.DateTime:
		return "2024-01-02T03:04:05Z"
	case schema.Complex:
		m := map[string]any{}
		for _, sub := range a.SubAttributes {
			if rapid.Bool().Draw(t, sub.Name+" set") {
				m[sub.Name] = drawValue(t, sub)
			}
		}
		return m
	}
	return filterText.Draw(t, a.Name)
}

func drawAttributes(t *rapid.T, attrs []*schema.Attribute, into map[string]any) {
	for _, a := range attrs {
		if rapid.IntRange(0, 2).Draw(t, a.Name+" set") > 0 {
			continue
		}
		if !a.MultiValued || rapid.IntRange(0, 9).Draw(t, a.Name+" is no list") == 0 {
			into[a.Name] = drawValue(t, a)
			continue
		}
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, a.Name+" length") {
			list = append(list, drawValue(t, a))
		}
		into[a.Name] = list
	}
}

func drawRow(t *rapid.T, rt *schema.ResourceType, id string) filterRow {
	attrs := map[string]any{"schemas": []any{rt.Schema.ID}}
	drawAttributes(t, rt.Schema.Attributes, attrs)
	for _, x := range rt.Extensions {
		part := map[string]any{}
		drawAttributes(t, x.Attributes, part)
		if len(part) > 0 {
			attrs[x.ID] = part
		}
	}
	delete(attrs, "password")
	delete(attrs, rt.Linked().Name)
	if rt.Attribute("", "userName") != nil {
		attrs["userName"] = filterText.Draw(t, "userName")
		attrs["active"] = rapid.Bool().Draw(t, "active")
	} else {
		attrs["displayName"] = filterText.Draw(t, "displayName")
	}
	if rapid.Bool().Draw(t, "externalId set") {
		attrs["externalId"] = filterText.Draw(t, "externalId")
	}
	created := filterMicros.Draw(t, "created")
	r := newRow(t, rt, id, attrs, created, created+rapid.SampledFrom([]int64{0, 1, 1_000_000}).Draw(t, "modified"))
	drawLinks(t, rt, &r)
	return r
}

// drawLinks gives the row up to three links, and the resource the elements that show them.
func drawLinks(t *rapid.T, rt *schema.ResourceType, r *filterRow) {
	elements, kind := []any{}, "User"
	if rt.Linked().LinksTo == "Group" {
		kind = "direct"
	}
	for _, id := range []string{"l1", "l2", "l3"}[:rapid.IntRange(0, 3).Draw(t, "links")] {
		l := linkDraw{display: filterText.Draw(t, "name"), folded: "{}"}
		l.nameKey = schema.Fold(l.display)
		if name := filterText.Draw(t, "displayName"); kind == "User" && rapid.Bool().Draw(t, "has displayName") {
			l.folded = encodeJSON(t, map[string]any{"displayName": schema.Fold(name)})
			if name != "" {
				l.display = name
			}
		}
		l.id = fmt.Sprintf("%x-%s", r.id, id) // nobody else's, and without capitals, as ids are
		r.links = append(r.links, l)
		elements = append(elements, map[string]any{"value": l.id, "display": l.display, "type": kind})
	}
	r.resource[rt.Linked().Name] = elements
}

func newRow(t rapid.TB, rt *schema.ResourceType, id string, attrs map[string]any, created, modified int64) filterRow {
	r := filterRow{id: id, created: created, modified: modified}
	name, user := attrs["userName"].(string)
	if !user {
		name, _ = attrs["displayName"].(string)
	}
	r.nameKey = schema.Fold(name)
	r.active, _ = attrs["active"].(bool)
	if external, ok := attrs["externalId"].(string); ok {
		r.externalID = &external
	}
	r.doc, r.folded = encodeJSON(t, attrs), encodeJSON(t, rt.Folded(attrs))
	r.resource = decodeJSON(t, r.doc)
	r.resource["id"] = id
	r.resource["meta"] = map[string]any{"resourceType": rt.Name, "created": rfc3339(created), "lastModified": rfc3339(modified)}
	return r
}

func rfc3339(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.RFC3339Nano) }

func encodeJSON(t rapid.TB, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func decodeJSON(t rapid.TB, s string) map[string]any {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

// texts gathers the strings in a resource by the name of their attribute.
func texts(name string, v any, into map[string][]string) {
	switch v := v.(type) {
	case string:
		into[name] = append(into[name], v)
	case []any:
		for _, item := range v {
			texts(name, item, into)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			texts(name, v[name], into)
		}
	}
}

func drawRows(t *rapid.T, rt *schema.ResourceType) []filterRow {
	var rows []filterRow
	for _, id := range []string{"A", "B", "a", "b", "c%_'\""}[:rapid.IntRange(1, 5).Draw(t, "rows")] {
		rows = append(rows, drawRow(t, rt, id))
	}
	return rows
}

// filterDraw draws filters over rows of a resource type.
type filterDraw struct {
	t     *rapid.T
	rt    *schema.ResourceType
	known map[string][]string // what stands in the rows, by attribute
}

func newFilterDraw(t *rapid.T, rt *schema.ResourceType, rows []filterRow) filterDraw {
	g := filterDraw{t: t, rt: rt, known: map[string][]string{}}
	for _, r := range rows {
		texts("", r.resource, g.known)
	}
	return g
}

// text is often a string that the attribute has in a row, or its end.
func (g filterDraw) text(a *schema.Attribute) string {
	known := g.known[a.Name]
	if len(known) == 0 || rapid.IntRange(0, 2).Draw(g.t, "any text") == 0 {
		return filterText.Draw(g.t, "literal")
	}
	s := []rune(rapid.SampledFrom(known).Draw(g.t, "known literal"))
	return string(s[rapid.IntRange(0, min(2, len(s))).Draw(g.t, "from"):])
}

// filter draws a filter that is allowed over the resource type, or over elements of inside.
func (g filterDraw) filter(inside *schema.Attribute, depth int) filter.Expr {
	kind := 0
	if depth > 0 {
		kind = rapid.IntRange(0, 5).Draw(g.t, "kind")
	}
	switch {
	case kind == 1:
		return &filter.Not{X: g.filter(inside, depth-1)}
	case kind == 2 || kind == 3:
		return &filter.Logical{Or: kind == 3, Left: g.filter(inside, depth-1), Right: g.filter(inside, depth-1)}
	case kind == 4 && inside == nil:
		p, a := g.attribute(func(a *schema.Attribute) bool { return a.Type == schema.Complex && a.Name != "meta" })
		x := &filter.ValuePath{Path: p, Inner: g.filter(a, depth-1)}
		if rapid.Bool().Draw(g.t, "tail") {
			x.Tail = g.filter(a, 0)
		}
		return x
	case inside != nil:
		sub := rapid.SampledFrom(asked(inside)).Draw(g.t, "sub")
		return g.comparison(filter.AttrPath{Name: sub.Name}, sub)
	}
	p, a := g.attribute(func(*schema.Attribute) bool { return true })
	if a.Type == schema.Complex && (a.Sub("value") == nil || rapid.Bool().Draw(g.t, "sub")) {
		if rapid.IntRange(0, 5).Draw(g.t, "whole") < 2 {
			return g.presence(p)
		}
		a = rapid.SampledFrom(asked(a)).Draw(g.t, "sub")
		p.Sub = a.Name
	} else if a.Type == schema.Complex {
		a = a.Sub("value")
	}
	return g.comparison(p, a)
}

// asked are the sub-attributes that can be filtered by: the $ref of a link depends on the URL of the service.
func asked(a *schema.Attribute) []*schema.Attribute {
	return slices.DeleteFunc(slices.Clone(a.SubAttributes), func(sub *schema.Attribute) bool { return a.LinksTo != "" && sub.Name == "$ref" })
}

// attribute leaves out what no filter may name or no row holds.
func (g filterDraw) attribute(fits func(*schema.Attribute) bool) (filter.AttrPath, *schema.Attribute) {
	type named struct {
		path filter.AttrPath
		attr *schema.Attribute
	}
	var all []named
	add := func(urn string, attrs ...*schema.Attribute) {
		for _, a := range attrs {
			if a.Name != "password" && fits(a) {
				if linked(filter.Target{URN: urn, Attr: a}) { // twice as often
					all = append(all, named{filter.AttrPath{URN: urn, Name: a.Name}, a})
				}
				all = append(all, named{filter.AttrPath{URN: urn, Name: a.Name}, a})
			}
		}
	}
	meta := *g.rt.Attribute("", "meta")
	meta.SubAttributes = []*schema.Attribute{meta.Sub("created"), meta.Sub("lastModified"), meta.Sub("resourceType")}
	add("", g.rt.Attribute("", "id"), g.rt.Attribute("", "externalId"), g.rt.Attribute("", "schemas"), &meta, &meta)
	add("", g.rt.Schema.Attributes...)
	for _, x := range g.rt.Extensions {
		add(x.ID, x.Attributes...)
	}
	n := rapid.SampledFrom(all).Draw(g.t, "attribute")
	return n.path, n.attr
}

func (g filterDraw) presence(p filter.AttrPath) filter.Expr {
	return rapid.SampledFrom([]filter.Expr{
		&filter.Present{Path: p}, &filter.Compare{Path: p, Op: filter.Eq}, &filter.Compare{Path: p, Op: filter.Ne},
	}).Draw(g.t, "presence")
}

func (g filterDraw) comparison(p filter.AttrPath, a *schema.Attribute) filter.Expr {
	inMeta := p.Name == "meta"
	if rapid.IntRange(0, 5).Draw(g.t, "presence or") == 0 || a.Type == schema.DateTime && !inMeta {
		return g.presence(p)
	}
	ops := []filter.Op{filter.Eq, filter.Ne, filter.Co, filter.Sw, filter.Ew, filter.Gt, filter.Ge, filter.Lt, filter.Le}
	x := &filter.Compare{Path: p}
	switch a.Type {
	case schema.Boolean:
		ops = ops[:2]
		x.Value = rapid.SampledFrom([]any{true, false, "True", "false"}).Draw(g.t, "literal")
	case schema.Integer, schema.Decimal:
		ops = append(ops[:2], ops[5:]...)
		x.Value = filterNum.Draw(g.t, "literal")
	case schema.DateTime:
		ops = append(ops[:2], ops[5:]...)
		at := time.UnixMicro(filterMicros.Draw(g.t, "literal")).Add(rapid.SampledFrom([]time.Duration{0, 0, 1, 999, time.Microsecond}).Draw(g.t, "offset"))
		x.Value = at.In(time.FixedZone("", 3600)).Format(time.RFC3339Nano)
	case schema.Binary:
		ops = ops[:5]
		x.Value = g.text(a)
	default:
		x.Value = g.text(a)
	}
	x.Op = rapid.SampledFrom(ops).Draw(g.t, "op")
	return x
}
