package scim

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"drawbridge/scim/schema"
)

// bulkPrefix begins a reference to a resource that another operation of the same request creates (RFC 7644 section 3.7.2).
const bulkPrefix = "bulkId:"

// bulkPlan is the order of the operations: the client's own, except that what an operation refers to is created before it.
type bulkPlan struct {
	ops     []bulkOperation
	order   []int
	makers  map[string]int    // by bulkId: the POST that creates the resource
	refs    [][]string        // by operation: the bulkIds that it refers to
	circles map[int]bool      // operations that wait, in the end, for themselves
	ids     map[string]string // by bulkId: the id of the resource, once it is created
}

func planBulk(ops []bulkOperation) (*bulkPlan, error) {
	p := &bulkPlan{
		ops: ops, order: make([]int, 0, len(ops)), refs: make([][]string, len(ops)),
		makers: map[string]int{}, circles: map[int]bool{}, ids: map[string]string{},
	}
	for i, op := range ops {
		if op.method == http.MethodPost && op.bulkID != "" {
			if _, twice := p.makers[op.bulkID]; twice {
				return nil, InvalidValue("bulkId: expected a different one for each POST")
			}
			p.makers[op.bulkID] = i
		}
		p.refs[i] = bulkRefs(bulkRefs(nil, op.data), op.path[strings.LastIndexByte(op.path, '/')+1:])
	}
	state := make([]visit, len(ops))
	for i := range ops {
		p.place(i, state)
	}
	return p, nil
}

// visit is how far an operation has been placed.
type visit int

const (
	unseen visit = iota
	entered
	placed
)

// place puts what operation i refers to into the order, and then itself.
func (p *bulkPlan) place(i int, state []visit) {
	if state[i] == placed {
		return
	}
	state[i] = entered
	for _, ref := range p.refs[i] {
		maker, known := p.makers[ref]
		switch {
		case !known:
		case state[maker] == entered:
			p.circles[i] = true
		default:
			p.place(maker, state)
		}
	}
	state[i] = placed
	p.order = append(p.order, i)
}

// resolve puts ids in the place of the references of operation i.
func (p *bulkPlan) resolve(i int) error {
	if p.circles[i] {
		return refusal(http.StatusConflict, schema.InvalidValue, "the operation refers, directly or through others, to itself")
	}
	for _, ref := range p.refs[i] {
		if p.ids[ref] == "" {
			return refusal(http.StatusConflict, schema.InvalidValue, "the operation refers to a bulkId under which no resource was created")
		}
	}
	op := &p.ops[i]
	op.data = p.replaced(op.data)
	slash := strings.LastIndexByte(op.path, '/') + 1
	if id, ok := p.replaced(op.path[slash:]).(string); ok {
		op.path = op.path[:slash] + id
	}
	return nil
}

// replaced returns v, which it changes, with ids in the place of references.
func (p *bulkPlan) replaced(v any) any {
	switch v := v.(type) {
	case string:
		if ref, ok := strings.CutPrefix(v, bulkPrefix); ok {
			return p.ids[ref]
		}
	case []any:
		for i := range v {
			v[i] = p.replaced(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = p.replaced(v[name])
		}
	}
	return v
}

// created notes the id of the resource that operation i has created.
func (p *bulkPlan) created(i int, id string) {
	if bulkID := p.ops[i].bulkID; bulkID != "" {
		p.ids[bulkID] = id
	}
}

// bulkRefs appends the bulkIds that v refers to. Only strings that are nothing but a reference count.
func bulkRefs(refs []string, v any) []string {
	switch v := v.(type) {
	case string:
		if ref, ok := strings.CutPrefix(v, bulkPrefix); ok {
			return append(refs, ref)
		}
	case []any:
		for _, item := range v {
			refs = bulkRefs(refs, item)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) { // the same order each time
			refs = bulkRefs(refs, v[name])
		}
	}
	return refs
}
