package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"drawbridge/bridge"
)

// TestFace_RepeatedPostIsADuplicate: a POST that is sent again because its answer was lost is a 409 that writes nothing, and what
// the first one made can be found.
func TestFace_RepeatedPostIsADuplicate(t *testing.T) {
	atFront(t, func(f *front) {
		user := `{"schemas":["` + userSchema + `"],"userName":"Ben@acme.example","externalId":"e1","active":true}`
		group := `{"schemas":["` + groupSchema + `"],"displayName":"Crew","externalId":"g1","members":[{"value":"{U}"}]}`
		made := f.must(http.StatusCreated, "POST", v2+"/Users", user)["id"]
		crew := f.must(http.StatusCreated, "POST", v2+"/Groups", group)["id"]
		before := f.estate()
		for name, r := range map[string][2]string{
			"user": {"/Users", user}, "user, in another case": {"/Users", `{"schemas":["` + userSchema + `"],"userName":"bEN@ACME.example","externalId":"e1"}`},
			"group": {"/Groups", group}, "group, in another case": {"/Groups", `{"schemas":["` + groupSchema + `"],"displayName":"CREW"}`},
		} {
			if a := f.do("POST", v2+r[0], r[1]); a.refusal() != "409 uniqueness" {
				f.Errorf("%s: %s", name, a.refusal())
			}
			if got := f.do("POST", v2+"/Bulk", bulkOf("POST", r[0], f.put(r[1]))).bulkStatus(); got != "409" {
				f.Errorf("%s, in bulk: %s", name, got)
			}
			if a := f.do("POST", v1+r[0], r[1]); a.refusal() != "409" {
				f.Errorf("%s, SCIM 1.1: %s", name, a.refusal())
			}
		}
		f.unchanged(before, "repeated POSTs")
		for query, want := range map[string]any{
			"/Users?filter=userName+eq+%22ben%40acme.example%22": made, "/Users?filter=externalId+eq+%22e1%22": made,
			"/Groups?filter=displayName+eq+%22crew%22": crew, "/Groups?filter=externalId+eq+%22g1%22": crew,
		} {
			if _, _, ids, _ := f.list(v2 + query); !slices.Equal(ids, []string{want.(string)}) {
				f.Errorf("%s finds %v, want %v", query, ids, want)
			}
		}
	})
}

// revival is a POST for a name that is known.
type revival struct {
	name          string
	first, second string // external ids; empty: none
	gone          string // how the first went
	status        int
	same          bool // whether it is about the same person
}

// TestFace_ReviveRules: who a POST is about when its name is known is told by the external ids. Somebody of the same name with
// another external id gets an id of their own, and nothing of the old one's account.
func TestFace_ReviveRules(t *testing.T) {
	atFront(t, func(f *front) {
		for i, c := range []revival{
			{"there, the same", "1", "1", "", 409, false}, {"there, another", "1", "2", "", 409, false}, {"there, none", "", "", "", 409, false},
			{"inactive, the same", "1", "1", "deactivated", 201, true}, {"inactive, another", "1", "2", "deactivated", 409, false},
			{"inactive, the old one has none", "", "2", "deactivated", 409, false}, {"inactive, the new one has none", "1", "", "deactivated", 409, false},
			{"deleted, the same", "1", "1", "deleted", 201, true}, {"deleted, the old one has none", "", "2", "deleted", 201, true},
			{"deleted, the new one has none", "1", "", "deleted", 201, true}, {"deleted, none has one", "", "", "deleted", 201, true},
			{"deleted, another", "1", "2", "deleted", 201, false}, {"deactivated, then deleted", "1", "1", "deactivated, deleted", 201, true},
			{"deactivated, then deleted, another", "1", "2", "deactivated, deleted", 201, false},
		} {
			for version, base := range map[string]string{"urn:scim:schemas:core:1.0": v1, userSchema: v2} {
				f.revive(c, base+"/Users", func(external string) string {
					body := object{"schemas": []string{version}, "userName": fmt.Sprintf("p%d-%s@acme.example", i, base[6:8]), "active": true}
					if external != "" {
						body["externalId"] = external
					}
					text, _ := json.Marshal(body)
					return string(text)
				})
			}
		}
	})
}

// revive creates somebody with an account, lets them go, and posts them again.
func (f *front) revive(c revival, target string, post func(external string) string) {
	f.Helper()
	id, _ := f.must(http.StatusCreated, "POST", target, post(c.first))["id"].(string)
	old := f.record("acme", id)
	link := bridge.Link{UserID: id, CustomerID: old.CustomerID, LoginKey: old.NameKey, OktaID: "00u" + old.NameKey, Status: "ACTIVE"}
	if err := f.store.SaveLink(f.Context(), link, nil); err != nil {
		f.Fatal(err)
	}
	f.must(http.StatusOK, "PATCH", v2+"/Groups/{G}", patchOf(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`))
	if strings.Contains(c.gone, "deactivated") {
		f.must(http.StatusOK, "PATCH", v2+"/Users/"+id, patchOf(`{"op":"replace","path":"active","value":false}`))
	}
	if strings.Contains(c.gone, "deleted") {
		f.must(http.StatusNoContent, "DELETE", v2+"/Users/"+id, "")
	}
	before := f.estate()
	a := f.do("POST", target, post(c.second))
	if a.Status != c.status {
		f.Errorf("%s: POST %s: %d %s, want %d", c.name, target, a.Status, a.Body, c.status)
	}
	if c.status == http.StatusConflict {
		f.unchanged(before, c.name)
		return
	}
	if got := f.estate().Events; got != before.Events+1 {
		f.Errorf("%s: %d events of one write", c.name, got-before.Events)
	}
	got, _ := a.object()["id"].(string)
	f.revived(c, link, got)
}

// revived checks who the second POST was about.
func (f *front) revived(c revival, link bridge.Link, got string) {
	f.Helper()
	v := f.decision(got)
	if (got == link.UserID) != c.same || !v.User.Active || !v.User.Removed.IsZero() || !v.User.Deleted.IsZero() {
		f.Errorf("%s: was %s, is %+v; want the same: %t", c.name, link.UserID, v.User, c.same)
	}
	if c.same != (v.Link != nil && v.Link.OktaID == link.OktaID) {
		f.Errorf("%s: the account is %+v; want the old one: %t", c.name, v.Link, c.same)
	}
	if c.gone != "deactivated" { // who was deleted comes back to no group
		if groups := f.must(http.StatusOK, "GET", v2+"/Users/"+got, "")["groups"]; groups != nil {
			f.Errorf("%s: in the groups %v", c.name, groups)
		}
	}
	if old := f.record("acme", link.UserID); !c.same && (old.Deleted.IsZero() || old.Active) {
		f.Errorf("%s: the old one is back: %+v", c.name, old)
	}
}
