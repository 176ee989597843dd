package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
)

// MaxBulkOperations is how many operations one bulk request may hold.
const MaxBulkOperations = 1000

// bulkOperation is one operation as a client sent it.
type bulkOperation struct {
	method, path    string
	bulkID, version string
	data            any
}

// bulkResult is what became of an operation (RFC 7644 section 3.7.3).
type bulkResult struct {
	Location string          `json:"location,omitempty"`
	Method   string          `json:"method"`
	BulkID   string          `json:"bulkId,omitempty"`
	Version  string          `json:"version,omitempty"`
	Status   string          `json:"status"`
	Response json.RawMessage `json:"response,omitempty"` // of a refusal
}

// bulk is POST on /Bulk (section 3.7). Each operation is a request of its own and passes through the server as one, the
// check of its token and the limits of the client included.
func (s *Server) bulk(c *call) error {
	body, err := s.readObject(c, bulkBody())
	if err != nil {
		return err
	}
	ops, failOnErrors, err := bulkRequest(body)
	if err != nil {
		return err
	}
	plan, err := planBulk(ops)
	if err != nil {
		return err
	}
	if err := c.tenant.Live(c.ctx()); err != nil {
		return settled{err}
	}
	results := make([]*bulkResult, len(ops))
	failures := 0
	for _, i := range plan.order {
		if failOnErrors > 0 && failures >= failOnErrors || c.ctx().Err() != nil {
			break
		}
		r := s.runBulk(c, plan, i)
		if r.Response != nil {
			failures++
		}
		results[i] = &r
	}
	return s.writeBulk(c, results)
}

// runBulk runs one operation.
func (s *Server) runBulk(c *call, plan *bulkPlan, i int) bulkResult {
	op := &plan.ops[i]
	result := bulkResult{Method: op.method, BulkID: op.bulkID}
	err := plan.resolve(i)
	if err == nil {
		err = s.checkBulk(op)
	}
	if err != nil {
		result.refuse(asError(err))
		return result
	}
	if op.method != http.MethodPost {
		result.Location = c.base + op.path
	}
	reply := s.single(c, op)
	result.Status = strconv.Itoa(reply.status)
	result.Version = reply.header.Get("ETag")
	if reply.status >= http.StatusBadRequest {
		result.Response = reply.body.Bytes()
		return result
	}
	if location := reply.header.Get("Location"); location != "" {
		result.Location = location
		plan.created(i, location[strings.LastIndexByte(location, '/')+1:])
	}
	return result
}

func (r *bulkResult) refuse(e *Error) {
	r.Status, r.Response = strconv.Itoa(e.Status), errorJSON(e)
}

// checkBulk lets through writes to resources of the served types, and so no bulk request in another one.
func (s *Server) checkBulk(op *bulkOperation) error {
	_, isObject := op.data.(map[string]any)
	switch op.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		if !isObject {
			return InvalidSyntax("data: expected an object")
		}
	case http.MethodDelete:
	default:
		return InvalidSyntax("method: expected POST, PUT, PATCH or DELETE")
	}
	if op.method == http.MethodPost && op.bulkID == "" {
		return InvalidSyntax("bulkId: a POST needs one")
	}
	for _, rt := range s.types {
		id, below := strings.CutPrefix(op.path, rt.Endpoint+"/")
		if op.method == http.MethodPost && op.path == rt.Endpoint {
			return nil
		}
		if op.method != http.MethodPost && below && id != "" && !strings.HasPrefix(id, ".") && isPlain(id) && !strings.ContainsAny(id, "/?#%") {
			return nil
		}
	}
	return InvalidSyntax("path: expected the endpoint of a type for POST, and that of a resource otherwise, as in /Users and /Users/ID")
}

// reply is a ResponseWriter that keeps what is written.
type reply struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (r *reply) Header() http.Header         { return r.header }
func (r *reply) WriteHeader(status int)      { r.status = status }
func (r *reply) Write(p []byte) (int, error) { return r.body.Write(p) }

// single sends an operation through the server as the request that it stands for. Of its answer only the headers are shown,
// so the body is kept short.
func (s *Server) single(c *call, op *bulkOperation) *reply {
	w := &reply{header: http.Header{}}
	var content []byte
	if op.data != nil && op.method != http.MethodDelete {
		var err error
		if content, err = json.Marshal(op.data); err != nil {
			s.fail(w, c.r, nil, fmt.Errorf("scim: encoding a bulk operation: %w", err))
			return w
		}
	}
	path := "/" + c.name + op.path
	prefix, _ := strings.CutSuffix(strings.SplitN(c.r.RequestURI, "?", 2)[0], c.r.URL.Path)
	// Without this the router would take the request for one that it is routing already.
	r := c.r.Clone(context.WithValue(c.ctx(), chi.RouteCtxKey, (*chi.Context)(nil)))
	r.Method, r.URL, r.RequestURI = op.method, &url.URL{Path: path, RawQuery: "attributes=id"}, prefix+path
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	for _, name := range []string{"Accept", "Content-Encoding", "Content-Length", "If-Match", "If-None-Match"} {
		r.Header.Del(name)
	}
	r.Header.Set("Content-Type", contentType)
	if op.version != "" {
		r.Header.Set("If-Match", op.version)
	}
	s.ServeHTTP(w, r)
	return w
}

func (s *Server) writeBulk(c *call, results []*bulkResult) error {
	done := make([]*bulkResult, 0, len(results))
	for _, r := range results {
		if r != nil {
			done = append(done, r)
		}
	}
	return s.writeDocument(c, object{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"},
		"Operations": done,
	})
}

// bulkRequest reads the body. What is wrong with a single operation is for its own result to say.
func bulkRequest(body map[string]any) (ops []bulkOperation, failOnErrors int, err error) {
	members, bad := lowerKeys(body)
	if bad != nil {
		return nil, 0, bad
	}
	items, ok := members["operations"].([]any)
	if !ok {
		return nil, 0, InvalidSyntax("Operations: expected a list")
	}
	if len(items) > MaxBulkOperations {
		return nil, 0, refusal(http.StatusRequestEntityTooLarge, "", "at most %d operations in one bulk request; send less at once", MaxBulkOperations)
	}
	if v := members["failonerrors"]; v != nil {
		n, _ := v.(json.Number)
		if failOnErrors, err = strconv.Atoi(n.String()); err != nil || failOnErrors < 1 {
			return nil, 0, InvalidValue("failOnErrors: expected an integer of at least 1")
		}
	}
	ops = make([]bulkOperation, len(items))
	for i, item := range items {
		if ops[i], bad = readBulkOperation(item); bad != nil {
			return nil, 0, InvalidSyntax(fmt.Sprintf("operation %d: %s", i+1, bad.Detail))
		}
	}
	return ops, failOnErrors, nil
}

func readBulkOperation(item any) (bulkOperation, *Error) {
	given, ok := item.(map[string]any)
	if !ok {
		return bulkOperation{}, InvalidSyntax("expected an object")
	}
	members, bad := lowerKeys(given)
	if bad != nil {
		return bulkOperation{}, bad
	}
	op := bulkOperation{data: members["data"]}
	for name, place := range map[string]*string{"method": &op.method, "path": &op.path, "bulkid": &op.bulkID, "version": &op.version} {
		if *place, ok = members[name].(string); !ok && members[name] != nil {
			return bulkOperation{}, InvalidSyntax(name + ": expected a string")
		}
	}
	op.method = strings.ToUpper(op.method)
	return op, nil
}
