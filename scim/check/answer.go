package check

import (
	"bytes"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// URNs of messages.
const (
	listURN   = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	errorURN  = "urn:ietf:params:scim:api:messages:2.0:Error"
	patchURN  = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// answer is what a server said. Its methods end the check at the first thing that is not as it must be.
type answer struct {
	t       *trial
	request request
	status  int
	header  http.Header
	raw     []byte
	body    any // nil if it is no JSON
	took    time.Duration
}

func (a *answer) fail(format string, args ...any) {
	a.t.fail("%s: "+format, append([]any{a.request}, args...)...)
}

// is demands one of the statuses.
func (a *answer) is(want ...int) *answer {
	if slices.Contains(want, a.status) {
		return a
	}
	texts := make([]string, len(want))
	for i, w := range want {
		texts[i] = strconv.Itoa(w)
	}
	detail, _ := lookUp(a.body, "/detail").(string)
	if detail != "" {
		detail = ": " + shorten(detail)
	}
	a.fail("status %d%s, want %s", a.status, detail, strings.Join(texts, " or "))
	return a
}

// created demands 201 with an id, which it returns.
func (a *answer) created() string { return a.is(http.StatusCreated).text("/id") }

// refused demands an error of the status in the form of RFC 7644 section 3.12, with one of the scimTypes, if any are given.
func (a *answer) refused(status int, scimTypes ...string) *answer {
	a.is(status)
	a.json().includes("/schemas", errorURN).has("/status", strconv.Itoa(status))
	got, _ := a.at("/scimType").(string)
	if len(scimTypes) > 0 && !slices.Contains(scimTypes, got) {
		a.fail("/scimType: %s, want %s", show(a.at("/scimType")), strings.Join(scimTypes, " or "))
	}
	return a
}

// json demands a JSON object of SCIM's content type, or plain JSON's.
func (a *answer) json() *answer {
	media, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil || media != scimJSON && media != "application/json" {
		a.fail("Content-Type %q, want %s", a.header.Get("Content-Type"), scimJSON)
	}
	if _, ok := a.body.(object); !ok {
		a.fail("the body is no JSON object")
	}
	return a
}

func (a *answer) at(pointer string) any { return lookUp(a.body, pointer) }

// text returns the string at a pointer, which must be there and not be empty.
func (a *answer) text(pointer string) string {
	s, _ := a.at(pointer).(string)
	if s == "" {
		a.fail("%s: %s, want a text", pointer, show(a.at(pointer)))
	}
	return s
}

// number returns the number at a pointer, which must be there.
func (a *answer) number(pointer string) int {
	n, ok := a.at(pointer).(float64)
	if !ok {
		a.fail("%s: %s, want a number", pointer, show(a.at(pointer)))
	}
	return int(n)
}

// list returns the list at a pointer; nil if there is nothing.
func (a *answer) list(pointer string) []any {
	v := a.at(pointer)
	list, ok := v.([]any)
	if !ok && v != nil {
		a.fail("%s: %s, want a list", pointer, show(v))
	}
	return list
}

// has demands a value like want at a pointer, as differs compares.
func (a *answer) has(pointer string, want any) *answer {
	if at := differs(a.at(pointer), plain(want), pointer); at != "" {
		a.fail("%s: %s, want %s", at, show(lookUp(a.body, at)), show(want))
	}
	return a
}

// includes demands that the list at a pointer has an element like want.
func (a *answer) includes(pointer string, want any) *answer {
	if !a.listed(pointer, want) {
		a.fail("%s: %s, want an element like %s", pointer, show(a.at(pointer)), show(want))
	}
	return a
}

// excludes demands that the list at a pointer, if any, has no element like unwanted.
func (a *answer) excludes(pointer string, unwanted any) *answer {
	if a.listed(pointer, unwanted) {
		a.fail("%s: has an element like %s", pointer, show(unwanted))
	}
	return a
}

func (a *answer) listed(pointer string, like any) bool {
	return slices.ContainsFunc(a.list(pointer), func(v any) bool { return differs(v, plain(like), "x") == "" })
}

// present demands that there is something other than null at each pointer.
func (a *answer) present(pointers ...string) *answer {
	for _, p := range pointers {
		if a.at(p) == nil {
			a.fail("%s: nothing, want a value", p)
		}
	}
	return a
}

// absent demands that there is nothing at each pointer: no value, null or an empty list, which are the same (RFC 7643 section 2.5).
func (a *answer) absent(pointers ...string) *answer {
	for _, p := range pointers {
		v := a.at(p)
		if list, ok := v.([]any); ok && len(list) == 0 {
			continue
		}
		if v != nil {
			a.fail("%s: %s, want nothing", p, show(v))
		}
	}
	return a
}

// empty demands that there is no body.
func (a *answer) empty() *answer {
	if len(bytes.TrimSpace(a.raw)) > 0 {
		a.fail("%d bytes of body, want none", len(a.raw))
	}
	return a
}

// instant returns the time at a pointer, which must be one as in RFC 7643 section 2.3.5.
func (a *answer) instant(pointer string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, a.text(pointer))
	if err != nil {
		a.fail("%s: no dateTime", pointer)
	}
	return at
}

// page demands a ListResponse whose numbers agree with what it holds, and returns the ids of its resources.
func (a *answer) page() []string {
	a.is(http.StatusOK).json().includes("/schemas", listURN)
	list := a.list("/Resources")
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = a.text("/Resources/" + strconv.Itoa(i) + "/id")
	}
	if total := a.number("/totalResults"); total < len(list) {
		a.fail("/totalResults: %d, but there are %d resources", total, len(list))
	}
	if a.at("/itemsPerPage") != nil && a.number("/itemsPerPage") != len(list) {
		a.fail("/itemsPerPage: %d, but there are %d resources", a.number("/itemsPerPage"), len(list))
	}
	return ids
}

// finds demands a ListResponse of exactly these resources, in any order.
func (a *answer) finds(want ...string) *answer {
	got := a.page()
	if total := a.number("/totalResults"); total != len(want) {
		a.fail("/totalResults: %d, want %d", total, len(want))
	}
	for _, id := range want {
		if !slices.Contains(got, id) {
			a.fail("one of the %d resources that should be found is not", len(want))
		}
	}
	return a
}

// inOrder demands a ListResponse of exactly these resources, in this order.
func (a *answer) inOrder(want ...string) *answer {
	if got := a.page(); !slices.Equal(got, want) {
		a.fail("the resources come in the order %s, want %s", places(got, want), places(want, want))
	}
	return a
}

// places tells an order by where each id stands in another; 0 is for one that does not.
func places(ids, in []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.Itoa(slices.Index(in, id) + 1)
	}
	return strings.Join(out, " ")
}
