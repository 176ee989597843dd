package okta

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"drawbridge/bridge"
	"drawbridge/oktasync"
	"drawbridge/oktasync/oktatest"
)

const record1 = "00gAAAAAAAAAAAAAAAAA"

// TestRecords takes a record through its life in an org.
func TestRecords(t *testing.T) {
	org, client := startOrg(t, oktatest.Options{})
	ctx := t.Context()
	if r, err := client.FindRecord(ctx, bridge.RecordName); r != nil || err != nil {
		t.Errorf("before there is one: %+v, %v", r, err)
	}
	made, err := client.CreateRecord(ctx, bridge.RecordName, `{"counter":1}`)
	if err != nil || made.Name != bridge.RecordName || made.Text != `{"counter":1}` {
		t.Fatalf("created %+v, %v", made, err)
	}
	if _, err := client.CreateRecord(ctx, bridge.RecordName+"-1", "one that begins alike"); err != nil {
		t.Fatal(err)
	}
	if got := orgError(t, second(client.CreateRecord(ctx, bridge.RecordName, "x"))); got.Cause != oktasync.CauseTaken {
		t.Errorf("created twice: %v", got)
	}
	longest := strings.Repeat("é", bridge.MaxRecord)
	made.Text = longest
	if err := client.WriteRecord(ctx, made); err != nil {
		t.Errorf("the longest text: %v", err)
	}
	if r, err := client.ReadRecord(ctx, made.ID); err != nil || r != made {
		t.Errorf("read %+v, %v", r, err)
	}
	if r, err := client.FindRecord(ctx, bridge.RecordName); err != nil || r == nil || *r != made {
		t.Errorf("found %+v, %v", r, err)
	}
	if got := orgError(t, second(client.ReadRecord(ctx, record1))); got.Cause != oktasync.CauseGone {
		t.Errorf("read one that is not there: %v", got)
	}
	if got := orgError(t, client.WriteRecord(ctx, oktasync.Record{ID: record1, Name: bridge.RecordName, Text: "x"})); got.Cause != oktasync.CauseGone {
		t.Errorf("wrote one that is not there: %v", got)
	}
	oktatest.Audit(t, org, oktatest.AuditOptions{})
}

func second[T any](_ T, err error) error { return err }

// TestRecordsSendNothing that is none of ours.
func TestRecordsSendNothing(t *testing.T) {
	client, fake := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, map[string]any{}) })
	ctx := t.Context()
	for what, err := range map[string]error{
		"a name in the place of an id": second(client.ReadRecord(ctx, "Everyone")),
		"a user's id":                  second(client.ReadRecord(ctx, anna)),
		"another group's name":         second(client.FindRecord(ctx, "Sales")),
		"a group of another name":      second(client.CreateRecord(ctx, "drawbridge-records", "x")),
		"too long a text":              second(client.CreateRecord(ctx, bridge.RecordName, strings.Repeat("x", bridge.MaxRecord+1))),
		"a path":                       client.WriteRecord(ctx, oktasync.Record{ID: record1 + "/users", Name: bridge.RecordName}),
		"a write of another name":      client.WriteRecord(ctx, oktasync.Record{ID: record1, Name: "Everyone"}),
	} {
		if got := orgError(t, err); got.Cause != oktasync.CauseRefused || got.Status != 0 {
			t.Errorf("%s: %v", what, got)
		}
	}
	if n := len(fake.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestRecordAnswers: what Okta did not answer so is an error, and for writes one whose effect is not known.
func TestRecordAnswers(t *testing.T) {
	group := func(id, name, text string) map[string]any {
		return map[string]any{"id": id, "type": "OKTA_GROUP", "profile": map[string]any{"name": name, "description": text}}
	}
	answer := func(body any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, body) }
	}
	const read, found, wrote = "read", "find", "write"
	tests := []struct {
		name, op string
		handler  http.HandlerFunc
		want     oktasync.Cause
	}{
		{"another group", read, answer(group("00gBBBBBBBBBBBBBBBBB", bridge.RecordName, "x")), oktasync.CauseUnknown},
		{"no group", read, answer(map[string]any{}), oktasync.CauseOrg},
		{"HTML", read, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, oktasync.CauseOrg},
		{"no right", read, func(w http.ResponseWriter, _ *http.Request) { refuse(w, 403, "E0000006") }, oktasync.CauseOrg},
		{"no route", read, http.NotFound, oktasync.CauseOrg},
		{"cut off", read, func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, oktasync.CauseOrg},
		{"any groups", found, answer([]any{group(record1, "Everyone", "")}), oktasync.CauseUnknown},
		{"no groups", found, answer([]any{map[string]any{}}), oktasync.CauseOrg},
		{"no list", found, answer(map[string]any{}), oktasync.CauseOrg},
		{"another text", wrote, answer(group(record1, bridge.RecordName, "y")), oktasync.CauseUnknown},
		{"another group", wrote, answer(group("00gBBBBBBBBBBBBBBBBB", bridge.RecordName, "x")), oktasync.CauseUnknown},
		{"cut off", wrote, func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, oktasync.CauseUnknown},
		{"5xx", wrote, func(w http.ResponseWriter, _ *http.Request) { refuse(w, 500, "E0000009") }, oktasync.CauseUnknown},
		{"too many", wrote, func(w http.ResponseWriter, _ *http.Request) { refuse(w, 429, "E0000047") }, oktasync.CauseRate},
		{"no right", wrote, func(w http.ResponseWriter, _ *http.Request) { refuse(w, 403, "E0000006") }, oktasync.CauseOrg},
	}
	for _, tt := range tests {
		t.Run(tt.op+"/"+tt.name, func(t *testing.T) {
			client, _ := serve(t, tt.handler)
			var err error
			switch tt.op {
			case read:
				err = second(client.ReadRecord(t.Context(), record1))
			case found:
				err = second(client.FindRecord(t.Context(), bridge.RecordName))
			default:
				err = client.WriteRecord(t.Context(), oktasync.Record{ID: record1, Name: bridge.RecordName, Text: "x"})
			}
			if got := orgError(t, err); got.Cause != tt.want {
				t.Errorf("%v, want %s", got, tt.want)
			}
		})
	}
}

// TestFindRecordTakesItsOwn: Okta compares without regard to case, and finds groups of that name which are not ours.
func TestFindRecordTakesItsOwn(t *testing.T) {
	client, fake := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, []any{map[string]any{"id": record1, "type": "OKTA_GROUP", "profile": map[string]any{"name": "Drawbridge-Record"}}})
	})
	if r, err := client.FindRecord(t.Context(), bridge.RecordName); r != nil || err != nil {
		t.Errorf("found %+v, %v", r, err)
	}
	if uri := fake.requests()[0].URI; !strings.Contains(uri, "OKTA_GROUP") || strings.Contains(uri, "q=") {
		t.Errorf("asked %s", uri)
	}
}

// TestCustomerRecordFits: the longest record of a customer is one that Okta keeps.
func TestCustomerRecordFits(t *testing.T) {
	id := "01900000-0000-7000-8000-000000000000"
	text, err := json.Marshal(bridge.CustomerRecord{
		Slug: strings.Repeat("a", 63), Epoch: 1 << 62, State: bridge.Disconnecting, Tokens: []string{id, id, id, id, id, id},
	})
	if err != nil || len(text) > bridge.MaxRecord {
		t.Errorf("%d characters, %v", len(text), err)
	}
}
