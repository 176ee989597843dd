package store

import (
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// sortKey is what resources are ordered by, NULL where one has no value: the column, or the value in u.folded if it is of
// the attribute's type. Of a multi-valued attribute it is the primary one's or else the first one's. What is no single value,
// and what no row holds, is NULL for all, which leaves the order of creation.
func sortKey(d dialect, rt *schema.ResourceType, by filter.Target) string {
	const none = "CAST(NULL AS BIGINT)"
	if linked(by) {
		return none
	}
	if by.Leaf().Type == schema.Complex {
		if by.Sub = by.Attr.Sub("value"); by.Sub == nil {
			return none
		}
	}
	at := rowPlace(d, rt)
	col, ok, err := at.column(by)
	switch {
	case err != nil:
		return none
	case ok && by.Leaf().Type == schema.String:
		return byBytes(d, col.expr)
	case ok:
		return col.expr
	}
	ref := at.json.member(by.URN, by.Attr.Name)
	if !by.Attr.MultiValued {
		return sortValue(d, by, ref)
	}
	return preferred(d, by, ref)
}

// byBytes makes PostgreSQL order text as SQLite and Go do.
func byBytes(d dialect, expr string) string {
	if d == postgres {
		return "(" + expr + `) COLLATE "C"`
	}
	return expr
}

// sortValue is the key in the value of the attribute, or in one element of it.
func sortValue(d dialect, by filter.Target, ref jsonRef) string {
	if by.Sub != nil {
		ref = ref.member("", by.Sub.Name)
	}
	switch by.Leaf().Type {
	case schema.Boolean:
		return "CASE WHEN " + ref.isBool(true) + " THEN 1 WHEN " + ref.isBool(false) + " THEN 0 END"
	case schema.Integer, schema.Decimal:
		return ref.number()
	}
	return byBytes(d, "CASE WHEN "+ref.isString()+" THEN "+ref.text()+" END")
}

// preferred is the key of the element that is primary, or else of the first that counts, as in filterCompiler.exists.
func preferred(d dialect, by filter.Target, list jsonRef) string {
	var from, place string
	var element jsonRef
	if d == postgres {
		from = "jsonb_array_elements(CASE WHEN " + list.kind() + " = 'array' THEN " + list.doc + " ELSE '[]' END) WITH ORDINALITY AS s (v, n) WHERE "
		element, place = jsonRef{dialect: d, doc: "s.v"}, "s.n"
	} else {
		from = "json_each(" + list.arguments() + ") AS s WHERE " + list.kind() + " = 'array' AND "
		element = jsonRef{dialect: d, doc: "CASE WHEN s.type = 'object' THEN s.value END", path: "$", row: "s"}
		place = "s.key"
	}
	counts, primary := element.kind()+" <> 'null'", ""
	if by.Attr.Type == schema.Complex {
		counts = element.isObject()
		primary = "CASE WHEN " + element.member("", "primary").isBool(true) + " THEN 0 ELSE 1 END, "
	}
	return "(SELECT " + sortValue(d, by, element) + " FROM " + from + counts + " ORDER BY " + primary + place + " LIMIT 1)"
}
