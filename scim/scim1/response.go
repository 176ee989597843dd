package scim1

import (
	"strings"

	"drawbridge/scim/schema"
)

// resourceOut translates a resource.
func resourceOut(rt *schema.ResourceType, body string) (string, error) {
	return rewrite(body, func(name, key, value string) (string, string, error) {
		var err error
		switch name {
		case "schemas":
			value, err = schemasOut(rt, value)
		case "meta":
			value, err = metaOut(value)
		case schema.EnterpriseUserURN:
			key = quote(enterpriseURN)
			value, err = enterprise(value, "value", "managerId")
		}
		return key, value, err
	})
}

func schemasOut(rt *schema.ResourceType, value string) (string, error) {
	var list builder
	err := eachElement(value, func(element string) error {
		urn, _ := text(element)
		list.element(quote(oldURN(rt, urn)))
		return nil
	})
	return "[" + list.String() + "]", err
}

// metaOut leaves out the resource type, which SCIM 1.1 does not have.
func metaOut(value string) (string, error) {
	return rewrite(value, func(name, key, value string) (string, string, error) {
		if name == "resourceType" {
			return "", "", nil
		}
		return key, value, nil
	})
}

// listOut translates a list (draft-scim-api-01 section 3.2.2).
func listOut(rt *schema.ResourceType, body string) (string, error) {
	return rewrite(body, func(name, key, value string) (string, string, error) {
		switch name {
		case "schemas":
			return key, `["` + coreURN + `"]`, nil
		case "Resources":
			value, err := resourcesOut(rt, value)
			return key, value, err
		}
		return key, value, nil
	})
}

func resourcesOut(rt *schema.ResourceType, list string) (string, error) {
	var b strings.Builder
	b.Grow(len(list))
	b.WriteByte('[')
	err := eachElement(list, func(element string) error {
		out, err := resourceOut(rt, element)
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(out)
		return err
	})
	b.WriteByte(']')
	return b.String(), err
}
