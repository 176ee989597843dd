package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// race makes n requests at once and returns how many were answered with each status.
func (f *front) race(n int, request func(i int) *http.Request) map[int]int {
	f.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	got := map[int]int{}
	for i := range n {
		r := request(i)
		all.Go(func() {
			a := f.serve(r)
			mu.Lock()
			defer mu.Unlock()
			got[a.Status]++
		})
	}
	all.Wait()
	return got
}

// patches makes the i-th PATCH of a resource from its operation.
func (f *front) patches(target string, operation func(i int) string, ifMatch ...string) func(i int) *http.Request {
	return func(i int) *http.Request {
		r, _ := f.request("PATCH", v2+target, patchOf(operation(i)))
		for _, tag := range ifMatch {
			r.Header.Set("If-Match", tag)
		}
		return r
	}
}

const racers = 8

// TestFace_RacingPatchesLoseNothing: of writes that race each is applied to what the one before left, in a user, in a group and in
// its members.
func TestFace_RacingPatchesLoseNothing(t *testing.T) {
	atFront(t, func(f *front) {
		var people []string
		for i := range racers {
			people = append(people, f.add(fmt.Sprintf("r%d@acme.example", i)))
		}
		events := f.estate().Events
		phone := func(i int) string {
			return fmt.Sprintf(`{"op":"add","path":"phoneNumbers","value":[{"value":"+1-555-%04d","type":"t%d"}]}`, i, i)
		}
		member := func(i int) string { return `{"op":"add","path":"members","value":[{"value":"` + people[i] + `"}]}` }
		if got := f.race(racers, f.patches("/Users/{U}", phone)); got[200] != racers {
			f.Errorf("PATCHes of a user: %v", got)
		}
		if got := f.race(racers, f.patches("/Groups/{G}", member)); got[200] != racers {
			f.Errorf("PATCHes of a group: %v", got)
		}
		var doc struct{ PhoneNumbers []any }
		u := f.record("acme", f.user)
		if err := json.Unmarshal(u.Doc, &doc); err != nil || len(doc.PhoneNumbers) != racers || u.Version != racers+1 {
			f.Errorf("after %d PATCHes version %d, %s (%v)", racers, u.Version, u.Doc, err)
		}
		group := f.must(http.StatusOK, "GET", v2+"/Groups/{G}", "")
		members, _ := group["members"].([]any)
		if version := group["meta"].(map[string]any)["version"]; len(members) != racers+1 || version != fmt.Sprintf(`W/"%d"`, racers+1) {
			f.Errorf("after %d additions version %v, %d members", racers, version, len(members))
		}
		if got := f.estate().Events - events; got != 2*racers {
			f.Errorf("%d events of %d writes", got, 2*racers)
		}
	})
}

// TestFace_OldETagsAreRefused: of writes that race with the same If-Match one wins, and whoever comes later with it writes nothing.
func TestFace_OldETagsAreRefused(t *testing.T) {
	atFront(t, func(f *front) {
		ben := f.add("ben@acme.example")
		for target, operation := range map[string]func(int) string{
			"/Users/{U}": func(i int) string { return fmt.Sprintf(`{"op":"add","path":"title","value":"t%d"}`, i) },
			"/Groups/{G}": func(i int) string {
				return fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]},{"op":"replace","path":"displayName","value":"n%d"}`, ben, i)
			},
		} {
			if got := f.race(racers, f.patches(target, operation, `W/"1"`)); got[200] != 1 || got[412] != racers-1 {
				f.Errorf("PATCHes of %s with the same ETag: %v", target, got)
			}
			before := f.estate()
			for method, body := range map[string]string{
				"PATCH": patchOf(operation(99)), "PUT": `{"schemas":["` + groupSchema + `"],"displayName":"x","userName":"x@acme.example"}`, "DELETE": "",
			} {
				r, _ := f.request(method, v2+target, body)
				r.Header.Set("If-Match", `W/"1"`)
				if a := f.serve(r); a.Status != http.StatusPreconditionFailed {
					f.Errorf("%s of %s with an old ETag: %d %s", method, target, a.Status, a.Body)
				}
			}
			f.unchanged(before, "requests with an old ETag")
		}
	})
}
