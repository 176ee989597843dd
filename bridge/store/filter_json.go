package store

import (
	"strconv"
	"strings"

	"drawbridge/scim/schema"
)

// jsonRef is a place in a JSON document as SQL writes it. Whatever the document holds there, reading it fails in
// neither dialect; what is missing or of another type reads as NULL or as a condition that is not true.
type jsonRef struct {
	dialect dialect
	doc     string // PostgreSQL: the value, jsonb; SQLite: the document, JSON text or NULL
	path    string // SQLite: the path of the value in doc
	row     string // SQLite: the row of json_each that is the value, if it is one; doc is NULL then unless it is an object
}

// document is the folded form of a row's attributes.
func document(d dialect) jsonRef {
	if d == postgres {
		return jsonRef{dialect: d, doc: "u.folded::jsonb"}
	}
	return jsonRef{dialect: d, doc: "u.folded", path: "$"}
}

// member is the member of an object, inside the object urn unless that is empty. Both names come from the schema.
func (r jsonRef) member(urn, name string) jsonRef {
	if urn != "" {
		r = r.member("", urn)
	}
	if r.dialect == postgres {
		r.doc += " -> " + sqlString(name)
		return r
	}
	r.path += `."` + name + `"`
	r.row = ""
	return r
}

func sqlString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (r jsonRef) arguments() string { return r.doc + ", " + sqlString(r.path) }

// kind is the type of the value, in the dialect's own word, or NULL.
func (r jsonRef) kind() string {
	switch {
	case r.dialect == postgres:
		return "jsonb_typeof(" + r.doc + ")"
	case r.row != "":
		return r.row + ".type"
	}
	return "json_type(" + r.arguments() + ")"
}

// text is the value as text if it is a string.
func (r jsonRef) text() string {
	switch {
	case r.dialect == postgres:
		return "(" + r.doc + " #>> '{}')"
	case r.row != "":
		return r.row + ".value"
	}
	return "json_extract(" + r.arguments() + ")"
}

func (r jsonRef) isString() string {
	if r.dialect == postgres {
		return r.kind() + " = 'string'"
	}
	return r.kind() + " = 'text'"
}

func (r jsonRef) isObject() string { return r.kind() + " = 'object'" }

func (r jsonRef) isScalar() string {
	if r.dialect == postgres {
		return r.kind() + " IN ('string', 'number', 'boolean')"
	}
	return r.kind() + " IN ('text', 'integer', 'real', 'true', 'false')"
}

func (r jsonRef) isBool(v bool) string {
	word := strconv.FormatBool(v)
	if r.dialect == postgres {
		return r.doc + " = '" + word + "'::jsonb"
	}
	return r.kind() + " = '" + word + "'"
}

// number is the value in double precision, or NULL if it is no number or too large. PostgreSQL would refuse to
// convert what is too large, and what is too small for anything but zero.
func (r jsonRef) number() string {
	const largest, zero = "1.7976931348623157e308", "2.4703282292062327e-324"
	if r.dialect == postgres {
		n := "(" + r.doc + ")::numeric"
		return "CASE WHEN " + r.kind() + " = 'number' THEN CASE WHEN abs(" + n + ") <= " + zero + " THEN 0" +
			" WHEN abs(" + n + ") <= " + largest + " THEN (" + n + ")::float8 END END"
	}
	n := "CAST(" + r.text() + " AS REAL)"
	return "CASE WHEN " + r.kind() + " IN ('integer', 'real') AND abs(" + n + ") <= " + largest + " THEN " + n + " END"
}

func (c *filterCompiler) alias() string {
	c.elements++
	return "e" + strconv.Itoa(c.elements)
}

// exists is true if the condition holds of an element of the list, which is the value of a. Elements that are null
// do not count, nor do those of a complex attribute that are no objects.
func (c *filterCompiler) exists(list jsonRef, a *schema.Attribute, condition func(jsonRef) string) string {
	e := c.alias()
	var from string
	var element jsonRef
	if c.dialect == postgres {
		from = "jsonb_array_elements(CASE WHEN " + list.kind() + " = 'array' THEN " + list.doc + " ELSE '[]' END) AS " + e + "(v) WHERE "
		element = jsonRef{dialect: c.dialect, doc: e + ".v"}
	} else {
		from = "json_each(" + list.arguments() + ") AS " + e + " WHERE " + list.kind() + " = 'array' AND "
		element = jsonRef{dialect: c.dialect, doc: "CASE WHEN " + e + ".type = 'object' THEN " + e + ".value END", path: "$", row: e}
	}
	counts := element.kind() + " <> 'null'"
	if a.Type == schema.Complex {
		counts = element.isObject()
	}
	return "EXISTS (SELECT 1 FROM " + from + counts + " AND " + condition(element) + ")"
}

// hasPart is true if ref is an object with a member that is assigned.
func (c *filterCompiler) hasPart(ref jsonRef) string {
	e := c.alias()
	if c.dialect == postgres {
		part := jsonRef{dialect: c.dialect, doc: e + ".value"}
		return "EXISTS (SELECT 1 FROM jsonb_each(CASE WHEN " + ref.isObject() + " THEN " + ref.doc + " ELSE '{}' END) AS " + e +
			" WHERE " + part.isScalar() + ")"
	}
	part := jsonRef{dialect: c.dialect, row: e}
	return "EXISTS (SELECT 1 FROM json_each(" + ref.arguments() + ") AS " + e + " WHERE " + ref.isObject() + " AND " + part.isScalar() + ")"
}
