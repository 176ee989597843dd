package scim

import (
	"bytes"
	"errors"
	"math"
	"mime"
	"net/http"
	"strings"
)

// readObject reads a request's body as one JSON object under the limits. Numbers are json.Number.
func (s *Server) readObject(c *call) (map[string]any, error) {
	if !isJSON(c.r.Header) {
		return nil, UnsupportedMediaType()
	}
	if c.r.ContentLength > MaxBody {
		return nil, PayloadTooLarge(MaxBody)
	}
	buf := s.buffer()
	defer s.release(buf)
	if c.r.ContentLength > 0 {
		buf.Grow(int(c.r.ContentLength) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(http.MaxBytesReader(c.w, c.r.Body, MaxBody)); err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return nil, PayloadTooLarge(MaxBody)
		}
		return nil, InvalidSyntax("the body ended early; send it again")
	}
	return parseObject(buf.String(), limits{depth: MaxDepth, values: MaxValues})
}

func isJSON(h http.Header) bool {
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return false
	}
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || media != "application/scim+json" && media != "application/json" {
		return false
	}
	charset := params["charset"]
	return charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

// decodeDoc decodes a stored document, which was within the limits when it was stored.
func decodeDoc(doc []byte) (map[string]any, error) {
	return parseObject(string(doc), limits{depth: math.MaxInt, values: math.MaxInt})
}
