package oktatest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const schemaPath = "/api/v1/meta/schemas/user/default"

func custom(properties string) string {
	return `{"definitions":{"custom":{"properties":{` + properties + `}}}}`
}

func customOf(t *testing.T, r reply) map[string]any {
	t.Helper()
	return r.object(t)["definitions"].(map[string]any)["custom"].(map[string]any)["properties"].(map[string]any)
}

func TestSchema_partialMerge(t *testing.T) {
	c := serve(t, Options{})
	for range 2 { // writing the same again changes nothing
		c.setup()
	}
	c.must(200, c.post(schemaPath, custom(`"plan":{"title":"Plan","type":"string","maxLength":3}`)))
	got := customOf(t, c.must(200, c.get(schemaPath)))
	for _, name := range []string{"isSCIMConnected", "isSCIMActive", "scimCustomer", "scimKey", "plan"} {
		if got[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if key := got["scimKey"].(map[string]any); key["unique"] != "UNIQUE_VALIDATED" || key["master"].(map[string]any)["type"] != "OKTA" {
		t.Errorf("scimKey is %v", key)
	}
	c.must(400, c.post("/api/v1/users?provider=true", federatedUser("a@x.example", `,"plan":"long"`)))
	c.must(200, c.post(schemaPath, custom(`"plan":null`)))
	if customOf(t, c.must(200, c.get(schemaPath)))["plan"] != nil {
		t.Error("null did not remove the attribute")
	}
}

func TestSchema_refusals(t *testing.T) {
	var six []string
	for i := range 6 {
		six = append(six, fmt.Sprintf(`"u%d":{"title":"U","type":"string","unique":"UNIQUE_VALIDATED"}`, i))
	}
	for name, body := range map[string]string{
		"no title":               custom(`"x":{"type":"string"}`),
		"no type":                custom(`"x":{"title":"X"}`),
		"unknown type":           custom(`"x":{"title":"X","type":"date"}`),
		"name with a dash":       custom(`"x-y":{"title":"X","type":"string"}`),
		"another type":           custom(`"scimKey":{"type":"number"}`),
		"six unique ones":        custom(strings.Join(six, ",")),
		"unique boolean":         custom(`"x":{"title":"X","type":"boolean","unique":"UNIQUE_VALIDATED"}`),
		"base attribute":         `{"definitions":{"base":{"properties":{"shoeSize":{"title":"X","type":"string"}}}}}`,
		"values not unique":      custom(`"scimCustomer":{"unique":"UNIQUE_VALIDATED"}`),
		"property is no object":  custom(`"x":7`),
		"definitions is a array": `{"definitions":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, Options{})
			c.setup()
			for _, login := range []string{"a@x.example", "b@x.example"} {
				p := person(login)
				p["scimCustomer"] = "acme"
				c.org.AddUser(p, StatusActive)
			}
			before := c.must(200, c.get(schemaPath)).text
			c.must(400, c.post(schemaPath, body))
			if after := c.must(200, c.get(schemaPath)).text; after != before {
				t.Errorf("a refused change left %s", after)
			}
		})
	}
}

func TestSchema_lag(t *testing.T) {
	k := newClock()
	c := serve(t, Options{Now: k.now, SchemaLag: 1200 * time.Millisecond})
	c.setup()
	body := federatedUser("a@x.example", `,"scimKey":"k1"`)
	c.must(400, c.post("/api/v1/users?provider=true", body))
	k.move(1200 * time.Millisecond)
	c.must(200, c.post("/api/v1/users?provider=true", body))
}
