package store

import (
	"drawbridge/scim/filter"
	"drawbridge/scim/schema"
)

// place is where attribute names are looked up: in a row of users or groups, in a row that a linked attribute has, or in one
// element of a list.
type place struct {
	scope   filter.Scope
	json    jsonRef
	columns func(filter.Target) (column, bool, error) // nil: there are none
}

// column is what answers for an attribute: a column of the row, or a constant.
type column struct {
	expr     string
	nullable bool
	minute   string // column with an index, of the minute in which a moment lies; empty: none
}

// column finds the column for an attribute; false when it is read from JSON. It fails for what clients see and no row holds.
func (p place) column(t filter.Target) (column, bool, error) {
	if p.columns == nil || t.URN != "" {
		return column{}, false, nil
	}
	return p.columns(t)
}

// rowPlace is a row of the type's table.
func rowPlace(d dialect, rt *schema.ResourceType) place {
	own := userColumn
	if rt.ID == schema.Group().ID {
		own = groupColumn
	}
	columns := func(t filter.Target) (column, bool, error) {
		switch t.Attr.Name {
		case "id":
			return column{expr: "u.id"}, true, nil
		case "externalId":
			return column{expr: "u.external_id", nullable: true}, true, nil
		case "meta":
			return metaColumn(t.Sub, rt)
		}
		col, ok := own(t.Attr.Name)
		return col, ok, nil
	}
	return place{scope: filter.ResourceScope(rt), json: document(d), columns: columns}
}

func userColumn(name string) (column, bool) {
	switch name {
	case "userName":
		return column{expr: "u.user_name_key"}, true
	case "active":
		return column{expr: "u.active"}, true
	}
	return column{}, false
}

func groupColumn(name string) (column, bool) {
	return column{expr: "u.name_key"}, name == "displayName"
}

func metaColumn(sub *schema.Attribute, rt *schema.ResourceType) (column, bool, error) {
	if sub == nil {
		return column{}, true, nil // present in every resource
	}
	switch sub.Name {
	case "created":
		return column{expr: "u.created_at"}, true, nil
	case "lastModified":
		if rt.ID == schema.User().ID {
			return column{expr: "u.modified_at", minute: "u.modified_minute"}, true, nil
		}
		return column{expr: "u.modified_at"}, true, nil
	case "resourceType":
		return column{expr: sqlString(rt.Name)}, true, nil
	}
	return column{}, false, unsupported("meta.%s cannot be filtered by", sub.Name)
}
