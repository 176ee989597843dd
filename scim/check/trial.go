package check

import (
	"fmt"
	"net/http"
)

// trial is one check being run. Its methods, and those of the answers it gets, end the check at the first thing that is
// not as it must be.
type trial struct {
	s *session
}

// verdict ends a check; it is what the methods panic with, and attempt recovers.
type verdict struct {
	status Status
	detail string
}

// attempt runs f, and returns the verdict that ended it; nil if nothing did.
func (t *trial) attempt(f func()) (v *verdict) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *verdict:
			v = p
		default:
			panic(p)
		}
	}()
	f()
	return nil
}

func (t *trial) fail(format string, args ...any) {
	panic(&verdict{Failed, fmt.Sprintf(format, args...)})
}

func (t *trial) skip(format string, args ...any) {
	panic(&verdict{Skipped, fmt.Sprintf(format, args...)})
}

// want fails the check, with what should have been, unless it is so.
func (t *trial) want(so bool, format string, args ...any) {
	if !so {
		t.fail(format, args...)
	}
}

// once makes a value for the first check that asks for it. Where that fails, it fails for all of them alike.
func once[T any](f func(*trial) T) func(*trial) T {
	var made bool
	var value T
	var failed *verdict
	return func(t *trial) T {
		if !made {
			made = true
			failed = t.attempt(func() { value = f(t) })
		}
		if failed != nil {
			panic(failed)
		}
		return value
	}
}

// The features that a server may declare to lack. The first ones are members of ServiceProviderConfig.
const (
	anyServer  = ""
	patching   = "patch"
	filtering  = "filter"
	sorting    = "sort"
	tagging    = "etag"
	bulk       = "bulk"
	cursors    = "pagination"
	grouping   = "Group"
	patchGroup = "patch+Group"
)

// need skips the check if the server declares that it has no such feature.
func (t *trial) need(feature string) {
	switch feature {
	case anyServer:
	case grouping:
		if t.s.types != nil && !t.s.types["Group"] {
			t.skip("ResourceTypes lists no Group")
		}
	case patchGroup:
		t.need(patching)
		t.need(grouping)
	case cursors:
		if on, _ := lookUp(t.s.config, "/pagination/cursor").(bool); !on {
			t.skip("ServiceProviderConfig does not say that pagination.cursor is true")
		}
	default:
		if on, told := lookUp(t.s.config, "/"+feature+"/supported").(bool); told && !on {
			t.skip("ServiceProviderConfig says that %s.supported is false", feature)
		}
	}
}

// send makes a request and returns the answer, whatever it says.
func (t *trial) send(r request) *answer {
	a, err := t.s.client.send(t.s.ctx, r)
	if err != nil {
		t.fail("%s: no answer: %v", r, err)
	}
	a.t = t
	return &a
}

func (t *trial) get(path string, query ...string) *answer {
	return t.send(request{method: http.MethodGet, path: path, query: query})
}

func (t *trial) post(path string, body any, query ...string) *answer {
	return t.send(request{method: http.MethodPost, path: path, query: query, body: body})
}

func (t *trial) put(path string, body any, query ...string) *answer {
	return t.send(request{method: http.MethodPut, path: path, query: query, body: body})
}

func (t *trial) delete(path string) *answer {
	return t.send(request{method: http.MethodDelete, path: path})
}

// patch makes a PATCH of operations, as op makes them.
func (t *trial) patch(path string, ops ...object) *answer {
	return t.send(request{method: http.MethodPatch, path: path, body: patchBody(ops...)})
}

// patched makes a PATCH that must succeed, and returns what the resource is afterwards.
func (t *trial) patched(path string, ops ...object) *answer {
	t.patch(path, ops...).is(http.StatusOK, http.StatusNoContent)
	return t.get(path).is(http.StatusOK)
}
