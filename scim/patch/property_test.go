package patch_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

func genUser() *rapid.Generator[map[string]any] {
	word := rapid.SampledFrom([]string{"a", "b", "Ä", "c@d.e"})
	mail := rapid.Custom(func(t *rapid.T) any {
		return map[string]any{"value": word.Draw(t, "value"), "type": rapid.SampledFrom([]string{"work", "home"}).Draw(t, "type")}
	})
	return rapid.Custom(func(t *rapid.T) map[string]any {
		in := map[string]any{"userName": word.Draw(t, "userName"), "active": rapid.Bool().Draw(t, "active"),
			"emails": rapid.SliceOfN(mail, 0, 3).Draw(t, "emails")}
		if rapid.Bool().Draw(t, "hasName") {
			in["name"] = map[string]any{"givenName": word.Draw(t, "givenName"), "familyName": word.Draw(t, "familyName")}
		}
		if rapid.Bool().Draw(t, "hasManager") {
			in[schema.EnterpriseUserURN] = map[string]any{"manager": map[string]any{"value": word.Draw(t, "manager"), "$ref": "r"}}
		}
		out, _, err := schema.User().Validate(in)
		if err != nil {
			t.Fatal(err)
		}
		return out
	})
}

func genReplace() *rapid.Generator[patch.Operation] {
	paths := []string{"title", "name", "name.givenName", "emails", `emails[type eq "work"]`, `emails[type eq "work"].value`,
		`emails[type eq "home" and primary eq true].value`, `emails[value eq "a"].display`, "emails.display", "manager",
		schema.EnterpriseUserURN + ":manager.value", schema.EnterpriseUserURN, "active", `emails[type eq "work"].primary`, ""}
	values := []any{"a", "", nil, true, map[string]any{"value": "a"}, map[string]any{"givenName": "x"}, map[string]any{"value": "b", "primary": true},
		[]any{map[string]any{"value": "a", "type": "home"}, "b"}, map[string]any{"title": "t", "name.familyName": "f", `emails[type eq "home"].value`: "z"}}
	return rapid.Custom(func(t *rapid.T) patch.Operation {
		return patch.Operation{Op: "replace", HasValue: true,
			Path: rapid.SampledFrom(paths).Draw(t, "path"), Value: rapid.SampledFrom(values).Draw(t, "value")}
	})
}

func TestReplaceTwiceIsReplaceOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		current, op := genUser().Draw(t, "user"), genReplace().Draw(t, "op")
		once, _, err := patch.Apply(schema.User(), current, []patch.Operation{op})
		if err != nil {
			return
		}
		for name, again := range map[string]func() (map[string]any, []string, error){
			"in two requests": func() (map[string]any, []string, error) {
				return patch.Apply(schema.User(), once, []patch.Operation{op})
			},
			"in one request": func() (map[string]any, []string, error) {
				return patch.Apply(schema.User(), current, []patch.Operation{op, op})
			},
		} {
			twice, _, err := again()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d := cmp.Diff(once, twice); d != "" {
				t.Fatalf("%s (-once +twice):\n%s", name, d)
			}
		}
	})
}

func TestAddTwiceIsAddOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		current, op := genUser().Draw(t, "user"), genReplace().Draw(t, "op")
		op.Op = "add"
		once, _, err := patch.Apply(schema.User(), current, []patch.Operation{op})
		if err != nil {
			return
		}
		twice, _, err := patch.Apply(schema.User(), once, []patch.Operation{op})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(once, twice); d != "" {
			t.Fatalf("(-once +twice):\n%s", d)
		}
	})
}

// FuzzApply: no panic, the input stays as it is, and what comes out is canonical.
func FuzzApply(f *testing.F) {
	for _, body := range sent(f) {
		f.Add(long.Replace(twoMails), body)
	}
	f.Add(long.Replace(managed), long.Replace(`[{"op":"Replace","path":"E:manager","value":""}]`))
	f.Add(long.Replace(twoMails), `[{"op":"add","path":"emails[type eq \"other\" and primary eq true].value","value":"x"}]`)
	f.Add(long.Replace(named), `[{"op":"replace","value":{"name.givenName":"Eva","active":"False"}},{"op":"remove","path":"name"}]`)
	f.Add(long.Replace(twoMails), `[{"op":"remove","path":"emails","value":[{"value":"h@a.b"}]},{"op":"remove","value":{"emails":[]}}]`)
	f.Add(`{}`, `[{"op":"replace","path":"name[givenName eq \"x\"].familyName","value":"y"}]`)
	f.Fuzz(func(t *testing.T, resource, request string) {
		var in map[string]any
		ops, ok := requested(request)
		if !unmarshal(resource, &in) || !ok || in == nil {
			return
		}
		in["userName"] = "anna"
		current, _, err := schema.User().Validate(in)
		if err != nil {
			return
		}
		before := encode(t, current)
		got, _, err := patch.Apply(schema.User(), current, ops)
		if after := encode(t, current); after != before {
			t.Fatalf("the input was modified:\n%s\n%s", before, after)
		}
		if err != nil {
			return
		}
		again, dropped, err := schema.User().Validate(got)
		if d := cmp.Diff(got, again); err != nil || d != "" || len(dropped) > 0 {
			t.Fatalf("the result is not canonical: %v, dropped %q, %s", err, dropped, d)
		}
	})
}

// requested reads the operations of a request's body, or of a list alone.
func requested(text string) (ops []patch.Operation, ok bool) {
	type operation struct {
		Op, Path string
		Value    json.RawMessage
	}
	var list []operation
	body := struct{ Operations *[]operation }{&list}
	if !unmarshal(text, &body) && !unmarshal(text, &list) {
		return nil, false
	}
	for _, r := range list {
		op := patch.Operation{Op: r.Op, Path: r.Path, HasValue: r.Value != nil}
		if op.HasValue && !unmarshal(string(r.Value), &op.Value) {
			return nil, false
		}
		ops = append(ops, op)
	}
	return ops, true
}

func unmarshal(text string, into any) bool {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return d.Decode(into) == nil
}

func BenchmarkApply(b *testing.B) {
	current := user(b, `{"active":true,"name":{"givenName":"Anna","familyName":"Muster"},"emails":[{"type":"work","value":"a@b.c","primary":true}],"E":{"department":"R"}}`)
	ops := operations(b, `[{"op":"Replace","path":"displayName","value":"Pvlo"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"a@b.c"},{"op":"Replace","path":"active","value":"False"}]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := patch.Apply(schema.User(), current, ops); err != nil {
			b.Fatal(err)
		}
	}
}
