package scim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"strings"

	"drawbridge/scim/schema"
)

// bodyLimits bound a request's body.
type bodyLimits struct {
	bytes int64
	limits
}

func plainBody() bodyLimits {
	return bodyLimits{MaxBody, limits{depth: MaxDepth, values: MaxValues, items: MaxValues}}
}

// bulkBody lets in a thousand users of average size; each of them meets the limits of its own request too.
func bulkBody() bodyLimits {
	return bodyLimits{MaxBody, limits{depth: MaxDepth, values: 5 * MaxValues, items: 2 * MaxValues}}
}

// limitsOf are the limits of a resource of the type, which may come with a hundred thousand members.
func limitsOf(rt *schema.ResourceType) bodyLimits {
	if a := rt.Linked(); a != nil && a.Mutability != schema.ReadOnly {
		return bodyLimits{MaxLinkedBody, limits{depth: MaxDepth, values: MaxLinkedValues, items: MaxLinkedItems}}
	}
	return plainBody()
}

// readObject reads a request's body as one JSON object under the limits. Numbers are json.Number.
func (s *Server) readObject(c *call, most bodyLimits) (map[string]any, error) {
	if !isJSON(c.r.Header) {
		return nil, UnsupportedMediaType()
	}
	if c.r.ContentLength > most.bytes {
		return nil, PayloadTooLarge(most.bytes)
	}
	text, err := s.readBody(c, most.bytes)
	if errors.As(err, new(*http.MaxBytesError)) {
		return nil, PayloadTooLarge(most.bytes)
	}
	if err != nil {
		return nil, err
	}
	return parseObject(text, most.limits)
}

// readBody reads a body of up to MaxBody bytes into a buffer that is used again. A larger one waits for the tenant's turn
// before it is read any further.
func (s *Server) readBody(c *call, most int64) (string, error) {
	body := http.MaxBytesReader(c.w, c.r.Body, most)
	if c.r.ContentLength > MaxBody {
		return s.readLarge(c, nil, body, c.r.ContentLength)
	}
	buf := s.buffer()
	defer s.release(buf)
	if c.r.ContentLength > 0 {
		buf.Grow(int(c.r.ContentLength) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(body, MaxBody+1)); err != nil {
		return "", brokenOff(err)
	}
	if buf.Len() <= MaxBody {
		return buf.String(), nil
	}
	if most == MaxBody {
		return "", PayloadTooLarge(most)
	}
	return s.readLarge(c, buf.Bytes(), body, most)
}

// readLarge reads the rest of a large body behind head; one at a time per tenant, until the request is answered.
func (s *Server) readLarge(c *call, head []byte, rest io.Reader, length int64) (string, error) {
	lane, _ := s.lanes.LoadOrStore(c.name, make(chan struct{}, 1))
	turn := lane.(chan struct{})
	select {
	case turn <- struct{}{}:
		c.leave = func() { <-turn }
	case <-c.ctx().Done():
		return "", fmt.Errorf("scim: waiting for another large request of the tenant: %w", c.ctx().Err())
	}
	var b strings.Builder
	b.Grow(int(length))
	b.Write(head)
	if _, err := io.Copy(&b, rest); err != nil {
		return "", brokenOff(err)
	}
	return b.String(), nil
}

func brokenOff(err error) error {
	if errors.As(err, new(*http.MaxBytesError)) {
		return err
	}
	return InvalidSyntax("the body ended early; send it again")
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
	return parseObject(string(doc), limits{depth: math.MaxInt, values: math.MaxInt, items: math.MaxInt})
}
