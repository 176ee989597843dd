package traffic_test

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"drawbridge/bridge"
	"drawbridge/bridge/store/storetest"
	"drawbridge/bridge/traffic"
	"drawbridge/scim"
	"drawbridge/scim/schema"
)

// TestIdP tells each maker's IdP from what it sends.
func TestIdP(t *testing.T) {
	tests := []struct {
		fixtures string
		idp      string
		certain  bool
		quirks   []string // among others
	}{
		{"okta/*.txtar", "okta", true, []string{"password_sent", "read_only_sent"}},
		{"entra/provisioning.txtar", "entra", true, []string{"boolean_as_string", "capital_op", "manager_as_string", "manager_as_list", "dotted_urn", "null_for_absent", "no_operations", "dotted_filter"}},
		{"entra/flagged.txtar", "entra", true, []string{"vendor_query_parameter", "dotted_key", "urn_key"}},
		{"onelogin/*.txtar", "onelogin", true, []string{"scim_1_schema", "object_for_list"}},
		{"google/*.txtar", "google", true, []string{"plain_json"}},
		{"jumpcloud/*.txtar", "jumpcloud", false, []string{"null_for_absent"}},
		{"authentik/*.txtar", "authentik", true, []string{"null_for_absent"}},
		{"pocketid/*.txtar", "pocketid", false, []string{"count_beyond_page"}},
		{"wso2/*.txtar", "", false, []string{"string_for_object", "remove_without_path"}},
	}
	for _, tt := range tests {
		t.Run(tt.fixtures, func(t *testing.T) {
			got := play(t, tt.fixtures, bridge.MaskedRequests).traffic
			if got.IdP != tt.idp || got.Certain != tt.certain {
				t.Errorf("told %q, certain %t; want %q, %t", got.IdP, got.Certain, tt.idp, tt.certain)
			}
			for _, quirk := range tt.quirks {
				if got.Quirks[quirk] == 0 {
					t.Errorf("%s is not noticed; noticed are %v", quirk, slices.Sorted(maps.Keys(got.Quirks)))
				}
			}
		})
	}
}

// TestTraffic_Add: an IdP that names itself stands against habits, for a day.
func TestTraffic_Add(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	seen := func(idp string, certain bool, after time.Duration) bridge.Traffic {
		return bridge.Traffic{IdP: idp, Certain: certain, IdPAt: at.Add(after), LastRequest: at.Add(after)}
	}
	tests := []struct {
		name string
		seen []bridge.Traffic
		want string
	}{
		{"the first", []bridge.Traffic{seen("onelogin", false, 0)}, "onelogin"},
		{"a name beats a habit", []bridge.Traffic{seen("onelogin", false, 0), seen("okta", true, 0)}, "okta"},
		{"a habit beats no name", []bridge.Traffic{seen("okta", true, 0), seen("onelogin", false, time.Hour)}, "okta"},
		{"but that of yesterday", []bridge.Traffic{seen("okta", true, 0), seen("onelogin", false, 25*time.Hour)}, "onelogin"},
		{"the next name", []bridge.Traffic{seen("okta", true, 0), seen("entra", true, time.Hour)}, "entra"},
		{"not one from before", []bridge.Traffic{seen("okta", true, time.Hour), seen("entra", true, 0)}, "okta"},
		{"nothing tells nothing", []bridge.Traffic{seen("okta", true, 0), {LastRequest: at.Add(time.Hour)}}, "okta"},
	}
	for _, tt := range tests {
		var got bridge.Traffic
		for _, s := range tt.seen {
			got.Add(s)
		}
		if got.IdP != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got.IdP, tt.want)
		}
	}
	var full bridge.Traffic
	for i := range 500 {
		full.Add(bridge.Traffic{Dropped: map[string]int64{fmt.Sprint("x", i): 1, "x0": 1}})
	}
	if len(full.Dropped) != 100 || full.Dropped["x0"] != 500 {
		t.Errorf("%d names are counted, the first one %d times; want 100 and 500", len(full.Dropped), full.Dropped["x0"])
	}
}

// TestDropped counts the attributes that no schema knows by their names, and what is no name as such.
func TestDropped(t *testing.T) {
	s := storetest.SQLite(t)
	now, newID := func() time.Time { return time.Now().UTC() }, func() string { return uuid.Must(uuid.NewV7()).String() }
	svc, support := bridge.NewService(s, now, newID), bridge.Actor{Name: "support:test", Role: bridge.Operator}
	if _, err := svc.AddCustomer(t.Context(), support, bridge.NewCustomer{Slug: "acme"}); err != nil {
		t.Fatal(err)
	}
	_, secret, err := svc.CreateToken(t.Context(), support, "acme", "idp", 0)
	if err != nil {
		t.Fatal(err)
	}
	watch := traffic.New(traffic.Options{Store: s, Now: now, NewID: newID})
	server := watch.Handler(scim.NewServer(scim.Options{
		Authenticate: watch.Authenticate(bridge.NewFace(s, now, newID, slog.New(slog.DiscardHandler)).Authenticate), Dropped: watch.Dropped,
		Types: []*schema.ResourceType{schema.User()},
	}))
	long := strings.Repeat("n", 60)
	for _, name := range []string{"shoeSize", "shoeSize", "anna@acme.example", long} {
		r := httptest.NewRequest("POST", "/acme/Users", strings.NewReader(`{"userName":"`+uuid.NewString()+`","`+name+`":1}`))
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Content-Type", "application/scim+json")
		w := httptest.NewRecorder()
		if server.ServeHTTP(w, r); w.Code != http.StatusCreated {
			body, _ := io.ReadAll(w.Body)
			t.Fatalf("%d %s", w.Code, body)
		}
	}
	got := replay{}.read(t, s, watch, svc, support).traffic.Dropped
	if diff := cmp.Diff(map[string]int64{"shoeSize": 2, "(no name)": 1, long[:40]: 1}, got); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}
