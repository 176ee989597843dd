package traffic

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"drawbridge/bridge"
	"drawbridge/scim"
	"drawbridge/scim/schema"
)

const benchUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"anna.adler@acme.example","externalId":"00u1","active":true,` +
	`"name":{"givenName":"Anna","familyName":"Adler"},"emails":[{"primary":true,"type":"work","value":"anna.adler@acme.example"}],` +
	`"title":"Head of Bridges","groups":[],"password":"1mz050nq","locale":"en-US","displayName":"Anna Adler"}`

// echo answers every write with the resource.
type echo struct{ page }

func (echo) Create(_ context.Context, _ *schema.ResourceType, d scim.Draft, _ int) (scim.Resource, error) {
	return scim.Resource{ID: "0198c0de-0000-7000-8000-000000000001", Doc: []byte(benchUser), Version: 1}, nil
}

// sink counts what it is given.
type sink struct {
	memory
	n atomic.Int64
}

func (s *sink) AddRequests(_ context.Context, requests []bridge.Request) error {
	s.n.Add(int64(len(requests)))
	return nil
}

// BenchmarkRequest measures a POST of a user: without a watch, with the part of it that the request waits for, and with all
// of it, the recorder behind the queue included: when its bodies are kept, and when they are not.
func BenchmarkRequest(b *testing.B) {
	for _, mode := range []string{"unwatched", "path", "whole", "busy"} {
		b.Run(mode, func(b *testing.B) {
			kept := &sink{}
			w := New(Options{Store: kept, Now: time.Now, NewID: func() string { return "id" }})
			w.budget.bodies = map[bool]*rate.Limiter{true: rate.NewLimiter(rate.Inf, 0), false: rate.NewLimiter(0, 0)}[mode == "whole"]
			authenticate := func(context.Context, string, string) (scim.Tenant, error) {
				return scim.Tenant{Backend: echo{page{caller: bridge.Caller{CustomerID: "acme", Rate: 1e9}}}}, nil
			}
			options := scim.Options{Authenticate: authenticate, Types: []*schema.ResourceType{schema.User()}, Logger: slog.New(slog.DiscardHandler)}
			var handler http.Handler = scim.NewServer(options)
			if mode != "unwatched" {
				options.Authenticate, options.Dropped = w.Authenticate(authenticate), w.Dropped
				handler = w.Handler(scim.NewServer(options))
			}
			body := bytes.NewReader([]byte(benchUser))
			r := httptest.NewRequest("POST", "/acme/Users", nil)
			r.Header.Set("Authorization", "Bearer drawbridge_scim_0000000000000000000000000000000000000000000000000")
			r.Header.Set("Content-Type", "application/scim+json")
			r.Header.Set("User-Agent", "Okta SCIM Client 1.0.0")
			r.ContentLength = int64(len(benchUser))
			b.ReportAllocs()
			for b.Loop() {
				body.Seek(0, io.SeekStart)
				r.Body = io.NopCloser(body)
				handler.ServeHTTP(discard{}, r)
				switch mode {
				case "path": // what the recorder would do is left out
					x := <-w.recorder.queue
					x.reset()
					w.exchanges.Put(x)
				case "whole", "busy":
					w.recorder.take(b.Context(), <-w.recorder.queue)
				}
			}
			if w.recorder.flush(b.Context()); (mode == "whole" || mode == "busy") && kept.n.Load() != int64(b.N) {
				b.Errorf("%d of %d requests were kept", kept.n.Load(), b.N)
			}
		})
	}
}
