package main

import (
	"fmt"
	"net/http"
	"testing"
)

// TestFace_PatchAppliesAllOrNothing: where one operation fails, those before it leave nothing, in a user, in a group and in its
// members.
func TestFace_PatchAppliesAllOrNothing(t *testing.T) {
	atFront(t, func(f *front) {
		ben := f.add("ben@acme.example")
		before := f.estate()
		deactivate, title := `{"op":"replace","path":"active","value":false},`, `{"op":"add","path":"title","value":"Captain"},`
		rename, join := `{"op":"replace","path":"displayName","value":"Renamed"},`, `{"op":"add","path":"members","value":[{"value":"`+ben+`"}]},`
		clear := `{"op":"remove","path":"members"},`
		for _, c := range []struct{ target, first, last string }{
			{"/Users/{U}", deactivate, `{"op":"add","path":"nothing","value":1}`},
			{"/Users/{U}", deactivate + title, `{"op":"replace","path":"id","value":"x"}`},
			{"/Users/{U}", title, `{"op":"replace","path":"active","value":"perhaps"}`},
			{"/Users/{U}", title, `{"op":"replace","path":"active","value":null}`},
			{"/Users/{U}", deactivate, `{"op":"remove","path":"userName"}`},
			{"/Users/{U}", deactivate, `{"op":"replace","path":"userName","value":"BEN@acme.example"}`},
			{"/Users/{U}", `{"op":"replace","path":"userName","value":"eve@acme.example"},`, `{"op":"jump"}`},
			{"/Groups/{G}", rename + join, `{"op":"add","path":"nothing","value":1}`},
			{"/Groups/{G}", rename + clear, `{"op":"add","path":"members","value":[{"value":"nobody"}]}`},
			{"/Groups/{G}", clear + join, `{"op":"add","path":"members","value":[{"value":"{FU}"}]}`},
			{"/Groups/{G}", join, `{"op":"add","path":"members","value":[{"value":"{G}"}]}`},
			{"/Groups/{G}", join, `{"op":"add","path":"members","value":[{"display":"ben"}]}`},
			{"/Groups/{G}", join, `{"op":"remove","path":"displayName"}`},
			{"/Groups/{G}", join + rename, `{"op":"remove","path":"members[password eq \"x\"]"}`},
			// Put in and taken out again: the id is still nobody's.
			{"/Groups/{G}", rename, `{"op":"add","path":"members","value":[{"value":"nobody"}]},{"op":"remove","path":"members","value":[{"value":"nobody"}]}`},
		} {
			body := patchOf(c.first + c.last)
			if a := f.do("PATCH", v2+c.target, body); a.Status < 400 || a.Status > 409 {
				f.Errorf("%s: %s: %d %s", c.target, c.last, a.Status, a.Body)
			}
			bulk := bulkOf("PATCH", f.put(c.target), body)
			if got := f.do("POST", v2+"/Bulk", bulk).bulkStatus(); got != "400" && got != "409" {
				f.Errorf("bulk, %s: %s: %s", c.target, c.last, got)
			}
		}
		f.unchanged(before, "PATCHes that fail")
	})
}

// TestFace_DeactivateAndRenameHitTheSamePerson: a PATCH that deactivates and renames is about whoever has the id, and never about
// whoever bears a name before or after it.
func TestFace_DeactivateAndRenameHitTheSamePerson(t *testing.T) {
	atFront(t, func(f *front) {
		deactivate, rename := `{"op":"replace","path":"active","value":false}`, `{"op":"replace","path":"userName","value":"former-%d@acme.example"}`
		for i, operations := range []string{
			deactivate + "," + rename, rename + "," + deactivate, `{"op":"replace","value":{"active":false,"userName":"former-%d@acme.example"}}`,
			`{"op":"Replace","path":"active","value":"False"},` + rename,
		} {
			name := fmt.Sprintf("leaver-%d@acme.example", i)
			leaver := f.add(name)
			f.must(http.StatusOK, "PATCH", v2+"/Users/"+leaver, patchOf(fmt.Sprintf(operations, i)))
			heir := f.add(name) // somebody else gets the free name
			u, h := f.record("acme", leaver), f.record("acme", heir)
			if want := fmt.Sprintf("former-%d@acme.example", i); u.Active || u.Removed.IsZero() || u.UserName() != want || u.Version != 2 {
				f.Errorf("%s: the leaver is %+v", operations, u)
			}
			if heir == leaver || !h.Active || h.Version != 1 || h.UserName() != name {
				f.Errorf("%s: the heir is %+v", operations, h)
			}
		}
		before := f.estate()
		taken := patchOf(deactivate + `,{"op":"replace","path":"userName","value":"leaver-0@acme.example"}`)
		if a := f.do("PATCH", v2+"/Users/{U}", taken); a.refusal() != "409 uniqueness" {
			f.Errorf("deactivated and renamed to a taken name: %s", a.refusal())
		}
		f.unchanged(before, "a rename to a taken name")
	})
}
