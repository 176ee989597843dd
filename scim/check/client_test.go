package check_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"drawbridge/scim/check"
)

// TestRun_KeepsToItsPace: 25 requests a second unless told otherwise, and none before the server wants one.
func TestRun_KeepsToItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		began := time.Now()
		if _, err := check.Run(t.Context(), with(options(s), func(o *check.Options) { o.Rate = 0; o.Only = "okta" })); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < time.Duration(s.requests-1)*time.Second/25 {
			t.Errorf("%d requests in %s", s.requests, took)
		}
	})
}

func TestRun_WaitsWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		refused := time.Time{}
		s.instead = func(r *http.Request) *http.Response {
			if r.Method != http.MethodPost || len(s.kept) > 0 {
				return nil
			}
			if refused.IsZero() {
				refused = time.Now()
				resp := response(http.StatusTooManyRequests, object{})
				resp.Header.Set("Retry-After", "7")
				return resp
			}
			if waited := time.Since(refused); waited < 7*time.Second {
				t.Errorf("asked again after %s, want 7 s", waited)
			}
			return nil
		}
		report, err := check.Run(t.Context(), with(options(s), func(o *check.Options) { o.Only = "okta" }))
		if err != nil || refused.IsZero() || report.Passed == 0 {
			t.Errorf("Run: %d passed, %v", report.Passed, err)
		}
	})
}
