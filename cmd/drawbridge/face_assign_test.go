package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"drawbridge/bridge"
)

// assignments are members that a client may not set, by name; in each value stands the canary. Those whose name begins with "twice"
// make the object ambiguous.
func assignments() map[string]string {
	return map[string]string{
		"id":                      `"id":"` + canary + `"`,
		"meta":                    `"meta":{"version":"W/\"` + canary + `\"","created":"1999-01-01T00:00:00Z","resourceType":"` + canary + `"}`,
		"flags":                   `"isSCIMConnected":false,"isSCIMActive":false,"is_scim_connected":"` + canary + `"`,
		"flags of a custom kind":  `"urn:ietf:params:scim:schemas:extension:drawbridge:2.0:User":{"isSCIMConnected":false,"x":"` + canary + `"}`,
		"Okta ids":                `"oktaId":"` + canary + `","okta":{"id":"00u` + canary + `"}`,
		"columns":                 `"customer_id":"` + canary + `","version":77,"ordinal":1,"removed_at":1`,
		"unknown URN":             `"urn:vendor:internal:` + canary + `":{"admin":"` + canary + `"}`,
		"a prototype":             `"__proto__":{"admin":"` + canary + `"},"constructor":"` + canary + `"`,
		"schemas":                 `"entitled":"` + canary + `","admin":true`,
		"password":                `"password":"` + canary + `-Hunter2"`,
		"groups":                  `"groups":[{"value":"{G}","display":"` + canary + `"}]`,
		"twice":                   `"nickName":"` + canary + `","nickName":"b"`,
		"twice, in another case":  `"nickName":"` + canary + `","NICKNAME":"b"`,
		"twice, escaped":          `"nickName":"` + canary + `","nick\u004eame":"b"`,
		"twice, id":               `"id":"{U}","ID":"` + canary + `"`,
		"twice, active":           `"Active":true,"ACTIVE":false,"x":"` + canary + `"`,
		"twice, within an object": `"name":{"givenName":"` + canary + `","GIVENNAME":"b"}`,
	}
}

// TestFace_MassAssignmentIsIgnoredOrRefused: what a client has no business to set is dropped or a 400 without a write, by every
// method, and is kept nowhere; a password is taken and not kept.
func TestFace_MassAssignmentIsIgnoredOrRefused(t *testing.T) {
	atFront(t, func(f *front) {
		n := 0
		for name, extra := range assignments() {
			n++
			core := fmt.Sprintf(`"schemas":["%s"],"displayName":"D%d"`, userSchema, n)
			post, put := fmt.Sprintf(`{%s,"userName":"m%d@acme.example",%s}`, core, n, extra), fmt.Sprintf(`{%s,"userName":"anna@acme.example",%s}`, core, extra)
			for how, r := range map[string][3]string{
				"POST": {"POST", v2 + "/Users", post}, "PUT": {"PUT", v2 + "/Users/{U}", put},
				"PATCH": {"PATCH", v2 + "/Users/{U}", patchOf(`{"op":"add","value":{` + extra + `}}`)},
				"Bulk":  {"POST", v2 + "/Bulk", bulkOf("PUT", "/Users/{U}", put)}, "SCIM 1.1": {"PUT", v1 + "/Users/{U}", put},
			} {
				before := f.estate()
				a := f.do(r[0], r[1], r[2])
				refused := a.Status == 400 || a.bulkStatus() == "400"
				switch {
				case refused:
					f.unchanged(before, name+", "+how)
				case a.Status != 200 && a.Status != 201 || strings.HasPrefix(name, "twice"):
					f.Errorf("%s, %s: %d %s", name, how, a.Status, a.Body)
				}
				if how != "Bulk" && strings.Contains(a.Body, canary) || strings.Contains(a.Body, canary+"-Hunter2") {
					f.Errorf("%s, %s: the answer repeats what it was given: %s", name, how, a.Body)
				}
				if name == "password" && refused {
					f.Errorf("%s: a password is refused: %d %s", how, a.Status, a.Body)
				}
			}
		}
		f.noneKept()
	})
}

// noneKept checks what the store has of acme's users.
func (f *front) noneKept() {
	f.Helper()
	acme, err := f.store.Customer(f.Context(), "acme")
	if err != nil {
		f.Fatal(err)
	}
	seen := map[string]bridge.User{}
	for _, e := range f.events(acme.ID) {
		if strings.Contains(fmt.Sprintf("%+v", e), canary) {
			f.Errorf("an event holds what was sent: %+v", e)
		}
		if e.UserID != "" {
			seen[e.UserID] = f.record("acme", e.UserID)
		}
	}
	known := []string{"active", "displayName", "emails", "name", "nickName", "schemas", "userName"}
	for id, u := range seen {
		var doc map[string]any
		if err := json.Unmarshal(u.Doc, &doc); err != nil {
			f.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(doc)) {
			if !slices.Contains(known, name) {
				f.Errorf("%s is kept: %s", name, u.Doc)
			}
		}
		if strings.Contains(string(u.Doc)+string(u.Folded)+u.ID, canary) {
			f.Errorf("kept of what was sent: %s, %s, %s", u.ID, u.Doc, u.Folded)
		}
		if !u.Active || !u.Connected || !u.Removed.IsZero() || u.CustomerID != acme.ID || u.Created.Year() < 2020 {
			f.Errorf("%s was changed by what a client has no say in: %+v", id, u)
		}
	}
	if len(seen) < 8 {
		f.Errorf("%d users: the check proves little", len(seen))
	}
}

// TestFace_ExplicitPathsToReadOnlyAreRefused: a PATCH that names what it may not set is told so.
func TestFace_ExplicitPathsToReadOnlyAreRefused(t *testing.T) {
	atFront(t, func(f *front) {
		before := f.estate()
		for _, c := range []struct{ target, path, value, want string }{
			{"/Users/{U}", "id", `"x"`, "400 mutability"}, {"/Users/{U}", "meta.version", `"x"`, "400 mutability"}, {"/Users/{U}", "groups", `[{"value":"{G}"}]`, "400 mutability"},
			{"/Users/{U}", "isSCIMActive", "false", "400 invalidPath"}, {"/Users/{U}", "isSCIMConnected", "false", "400 invalidPath"}, {"/Users/{U}", "oktaId", `"x"`, "400 invalidPath"},
			{"/Users/{U}", "urn:vendor:internal:admin", "true", "400 invalidPath"}, {"/Groups/{G}", "id", `"x"`, "400 mutability"}, {"/Groups/{G}", "meta", `{}`, "400 mutability"},
			{"/Groups/{G}", "customer_id", `"x"`, "400 invalidPath"},
		} {
			for _, op := range []string{"add", "replace"} {
				a := f.do("PATCH", v2+c.target, patchOf(`{"op":"`+op+`","path":"`+c.path+`","value":`+f.put(c.value)+`}`))
				if a.refusal() != c.want {
					f.Errorf("%s %s of %s: %s, want %s", op, c.path, c.target, a.refusal(), c.want)
				}
			}
		}
		f.unchanged(before, "read-only paths")
	})
}

// TestFace_GroupsTakeNoMoreThanTheirOwn: the same for groups.
func TestFace_GroupsTakeNoMoreThanTheirOwn(t *testing.T) {
	atFront(t, func(f *front) {
		n := 0
		for name, extra := range assignments() {
			n++
			if strings.HasPrefix(name, "twice") {
				extra = strings.NewReplacer("nickName", "displayName", "NICKNAME", "DISPLAYNAME", "nick", "display", `"active"`, `"members"`).Replace(extra)
			}
			body := fmt.Sprintf(`{"schemas":["%s"],"externalId":"g%d","displayName":"G%d",%s}`, groupSchema, n, n, extra)
			for how, r := range map[string][3]string{
				"POST": {"POST", v2 + "/Groups", body}, "PUT": {"PUT", v2 + "/Groups/{G}", body},
				"PATCH": {"PATCH", v2 + "/Groups/{G}", patchOf(`{"op":"add","value":{` + extra + `}}`)},
			} {
				before := f.estate()
				a := f.do(r[0], r[1], r[2])
				switch {
				case a.Status == 400 || a.Status == 409:
					f.unchanged(before, name+", "+how)
				case a.Status != 200 && a.Status != 201:
					f.Errorf("%s, %s: %d %s", name, how, a.Status, a.Body)
				}
				if strings.Contains(a.Body, canary) {
					f.Errorf("%s, %s: the answer repeats what it was given: %s", name, how, a.Body)
				}
			}
		}
		for id, text := range f.estate().Groups {
			if strings.Contains(id+text, canary) || id == f.group && !strings.Contains(text, f.user) {
				f.Errorf("kept: %s", text)
			}
		}
	})
}
