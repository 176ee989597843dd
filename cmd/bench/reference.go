package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// reference is what the service is measured against: a SCIM handler that leaves out everything that can be left out
// (credentials, validation, events, versions, customers) and does the rest in the way that is fastest here. It answers no
// client but this bench.
type reference struct {
	rows *rows

	mu      sync.Mutex
	total   int
	counted time.Time
}

// serveReference is the program as the bench starts it for itself: reference postgres|sqlite URL.
func serveReference(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("reference", flag.ContinueOnError)
	f.SetOutput(stderr)
	if err := f.Parse(args); err != nil || f.NArg() != 2 {
		return fmt.Errorf("usage: bench reference postgres|sqlite URL")
	}
	r, err := openRows(ctx, kind(f.Arg(0)), f.Arg(1))
	if err != nil {
		return err
	}
	defer r.close()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: route((&reference{rows: r}).handlers()), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	fmt.Fprintf(stdout, "the reference listens on http://%s\n", l.Addr())
	if err := server.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}

type document = map[string]any

// handler returns an answer. Whatever goes wrong becomes a 500, which ends the run.
type handler func(*http.Request) (status int, answer document, err error)

func (s *reference) handlers() map[string]handler {
	return map[string]handler{
		"POST /Users":       s.post,
		"GET /Users":        s.search,
		"GET /Users/{id}":   s.get,
		"PUT /Users/{id}":   s.put,
		"PATCH /Users/{id}": s.patch,
	}
}

func route(handlers map[string]handler) http.Handler {
	r := chi.NewRouter()
	for pattern, h := range handlers {
		method, path, _ := strings.Cut(pattern, " ")
		r.Method(method, path, h)
	}
	return r
}

// ServeHTTP implements http.Handler.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, answer, err := h(r)
	if err != nil {
		status, answer = http.StatusInternalServerError, document{"status": "500", "detail": err.Error()}
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}

func shown(id string, doc document) document {
	doc["id"] = id
	doc["meta"] = document{"resourceType": "User", "location": "/Users/" + id}
	return doc
}

func (s *reference) post(r *http.Request) (int, document, error) {
	doc, raw, err := decode(r.Body)
	if err != nil {
		return 0, nil, err
	}
	id := uuid.Must(uuid.NewV7()).String()
	name, _ := doc["userName"].(string)
	return http.StatusCreated, shown(id, doc), s.rows.insert(r.Context(), id, name, raw)
}

// decode reads a document and encodes it again for keeping.
func decode(body io.Reader) (doc document, raw []byte, err error) {
	if err := json.NewDecoder(body).Decode(&doc); err != nil {
		return nil, nil, err
	}
	raw, err = json.Marshal(doc)
	return doc, raw, err
}

func (s *reference) get(r *http.Request) (int, document, error) {
	id, doc, err := s.load(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, shown(id, doc), nil
}

func (s *reference) load(r *http.Request) (string, document, error) {
	id := chi.URLParam(r, "id")
	u, found, err := one(s.rows.byID.QueryRowContext(r.Context(), id, theCustomer))
	if err != nil {
		return "", nil, err
	}
	if !found {
		return "", nil, fmt.Errorf("no user %s", id)
	}
	var doc document
	return id, doc, json.Unmarshal(u.doc, &doc)
}

func (s *reference) put(r *http.Request) (int, document, error) {
	doc, raw, err := decode(r.Body)
	if err != nil {
		return 0, nil, err
	}
	return s.save(r, chi.URLParam(r, "id"), doc, raw)
}

func (s *reference) save(r *http.Request, id string, doc document, raw []byte) (int, document, error) {
	found, err := s.rows.update(r.Context(), id, raw)
	if err == nil && !found {
		err = fmt.Errorf("no user %s", id)
	}
	return http.StatusOK, shown(id, doc), err
}

func (s *reference) patch(r *http.Request) (int, document, error) {
	var request struct {
		Operations []struct {
			Path  string `json:"path"`
			Value any    `json:"value"`
		} `json:"Operations"`
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		return 0, nil, err
	}
	id, doc, err := s.load(r)
	if err != nil {
		return 0, nil, err
	}
	for _, op := range request.Operations {
		if op.Path != "" {
			doc[op.Path] = op.Value
			continue
		}
		members, _ := op.Value.(document)
		for name, value := range members {
			doc[name] = value
		}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return 0, nil, err
	}
	return s.save(r, id, doc, raw)
}

// search lists, or finds by userName.
func (s *reference) search(r *http.Request) (int, document, error) {
	q := r.URL.Query()
	var found []stored
	var total int
	if filter := q.Get("filter"); filter != "" {
		_, rest, _ := strings.Cut(filter, `"`)
		name, _, _ := strings.Cut(rest, `"`)
		u, ok, err := one(s.rows.byName.QueryRowContext(r.Context(), theCustomer, name))
		if err != nil {
			return 0, nil, err
		}
		if ok {
			found, total = append(found, u), 1
		}
	} else {
		start, _ := strconv.Atoi(q.Get("startIndex"))
		count, _ := strconv.Atoi(q.Get("count"))
		var err error
		if found, err = s.rows.page(r.Context(), count, max(start-1, 0)); err != nil {
			return 0, nil, err
		}
		if total, err = s.totalNow(r.Context()); err != nil {
			return 0, nil, err
		}
	}
	resources := make([]document, len(found))
	for i, u := range found {
		var doc document
		if err := json.Unmarshal(u.doc, &doc); err != nil {
			return 0, nil, err
		}
		resources[i] = shown(u.id, doc)
	}
	return http.StatusOK, document{
		"schemas":      []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		"totalResults": total, "startIndex": 1, "itemsPerPage": len(found), "Resources": resources,
	}, nil
}

// totalNow counts exactly, at most once a second.
func (s *reference) totalNow(ctx context.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.counted) < time.Second {
		return s.total, nil
	}
	if err := s.rows.count.QueryRowContext(ctx, theCustomer).Scan(&s.total); err != nil {
		return 0, err
	}
	s.counted = time.Now()
	return s.total, nil
}
