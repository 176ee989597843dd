package scim1

import (
	"io"
	"net/http/httptest"
	"strings"

	"drawbridge/scim/schema"
)

// Translated returns the body that the SCIM 2.0 server reads of a request with the given body and Content-Length.
func Translated(method string, rt *schema.ResourceType, content string, length int64) io.Reader {
	r := httptest.NewRequest(method, "/", strings.NewReader(content))
	r.ContentLength = length
	x := &exchange{w: httptest.NewRecorder(), rt: rt}
	x.translateBody(r)
	return r.Body
}
