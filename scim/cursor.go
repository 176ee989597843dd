package scim

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"drawbridge/scim/schema"
)

// position is where a page of cursor paging begins (RFC 9865): in a part of the query, behind a resource or, with an empty
// id, at the first one.
type position struct {
	part  int
	after string
}

// Sizes in bytes of what a cursor consists of.
const (
	cursorSum = 6
	cursorMax = 512 // no id is nearly as long
)

// encode makes the cursor of a position: a checksum over the query and the position, and the position. It holds an id, which
// is ours, and nothing of the filter that could be read; the alphabet is that of URLs (RFC 9865 section 2).
func (at position) encode(query string) string {
	place := append([]byte{byte(at.part)}, at.after...)
	return base64.RawURLEncoding.EncodeToString(append(checksum(query, place), place...))
}

// decodePosition reads a cursor; one of another query, or of none, is refused. The empty cursor is that of the first page. A
// client could make one up; it would name a place in its own tenant.
func decodePosition(cursor, query string, parts int) (position, error) {
	if cursor == "" {
		return position{}, nil
	}
	invalid := refusal(http.StatusBadRequest, schema.InvalidCursor,
		"the cursor does not belong to this query; begin again with an empty one, and leave filter and order as they are between pages")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || strings.ContainsAny(cursor, "\r\n") { // the decoder skips them
		return position{}, invalid
	}
	if len(raw) <= cursorSum || len(raw) > cursorMax {
		return position{}, invalid
	}
	sum, place := raw[:cursorSum], raw[cursorSum:]
	at := position{part: int(place[0]), after: string(place[1:])}
	if !bytes.Equal(sum, checksum(query, place)) || at.part >= parts || !isPlain(at.after) {
		return position{}, invalid
	}
	return at, nil
}

func checksum(query string, place []byte) []byte {
	h := sha256.New()
	h.Write([]byte(strconv.Itoa(len(query)) + ":" + query))
	h.Write(place)
	return h.Sum(nil)[:cursorSum]
}

// isPlain holds for what can stand in a path as an id.
func isPlain(id string) bool {
	for i := 0; i < len(id); i++ {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

// signature is what a cursor is bound to: the types, the filter and the order, but not the size of the pages.
func (q search) signature() string {
	text := ""
	for _, p := range q.parts {
		text += p.view.rt.ID + "\x00"
	}
	if q.filter != nil {
		text += q.filter.String()
	}
	if q.sort == nil {
		return text
	}
	text += "\x00" + q.sort.By.URN + "\x00" + q.sort.By.Attr.Name
	if q.sort.By.Sub != nil {
		text += "\x00" + q.sort.By.Sub.Name
	}
	return text + "\x00" + strconv.FormatBool(q.sort.Descending)
}

// cursorCount reads count for cursor paging, where zero is no page (RFC 9865 section 2: a positive integer).
func cursorCount(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || n < 1 {
		return 0, refusal(http.StatusBadRequest, schema.InvalidCount, "count: expected an integer from 1 to %d", MaxPage)
	}
	return int(min(n, MaxPage)), nil
}
