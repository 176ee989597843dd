package scim

import (
	"net/http"
	"strings"
)

// negotiated returns the writer that suits the request: for HEAD one without a body. Every answer is JSON, whatever Accept
// says, since an answer of another type than asked for helps more than none (RFC 9110 section 12.5.1). A client that takes
// application/json alone gets that name for it (RFC 7644 section 3.8).
func negotiated(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	if accept := r.Header["Accept"]; accept != nil && wantsPlainJSON(accept) {
		w.Header().Set("Content-Type", "application/json")
	}
	if r.Method == http.MethodHead {
		return bodiless{w}
	}
	return w
}

func wantsPlainJSON(accept []string) bool {
	plain := false
	for _, line := range accept {
		for item := range strings.SplitSeq(line, ",") {
			media, _, _ := strings.Cut(item, ";")
			switch strings.ToLower(strings.TrimSpace(media)) {
			case contentType, "application/*", "*/*":
				return false
			case "application/json":
				plain = true
			}
		}
	}
	return plain
}

// bodiless answers HEAD: the headers of GET and nothing else.
type bodiless struct{ http.ResponseWriter }

func (bodiless) Write(p []byte) (int, error) { return len(p), nil }

// Unwrap lets http.ResponseController reach the writer beneath.
func (b bodiless) Unwrap() http.ResponseWriter { return b.ResponseWriter }
