package scim

import (
	"fmt"
	"maps"
	"net/http"

	"github.com/go-chi/chi/v5"

	"drawbridge/scim/patch"
	"drawbridge/scim/schema"
)

// get is GET on a resource (section 3.4.1).
func (s *Server) get(rt *schema.ResourceType) handler {
	return func(c *call) error {
		v, err := s.view(c, rt)
		if err != nil {
			return err
		}
		res, err := c.tenant.Backend.Get(c.ctx(), rt, c.id(), v.references(All))
		if err != nil {
			return settled{err}
		}
		if err := c.ifMatch(res); err != nil {
			return err
		}
		if c.unchanged(res) {
			return nil
		}
		return s.writeResource(c, http.StatusOK, v, res)
	}
}

// create is POST (section 3.3).
func (s *Server) create(rt *schema.ResourceType) handler {
	return func(c *call) error {
		v, err := s.view(c, rt)
		if err != nil {
			return err
		}
		draft, err := s.readDraft(c, rt)
		if err != nil {
			return err
		}
		rt.Keep(draft.Attributes, nil)
		res, err := c.tenant.Backend.Create(c.ctx(), rt, draft, v.references(MaxWriteReferences))
		if err != nil {
			return settled{err}
		}
		return s.writeResource(c, http.StatusCreated, v, res)
	}
}

// replace is PUT (section 3.5.1).
func (s *Server) replace(rt *schema.ResourceType) handler {
	return func(c *call) error {
		v, err := s.view(c, rt)
		if err != nil {
			return err
		}
		draft, err := s.readDraft(c, rt)
		if err != nil {
			return err
		}
		return s.update(c, v, draft.Links, func(current map[string]any) (map[string]any, error) {
			next := maps.Clone(draft.Attributes)
			rt.Keep(next, current)
			return next, nil
		})
	}
}

// patch is PATCH (section 3.5.2). It always answers 200 with the resource, which every client takes.
func (s *Server) patch(rt *schema.ResourceType) handler {
	return func(c *call) error {
		v, err := s.view(c, rt)
		if err != nil {
			return err
		}
		body, err := s.readObject(c, limitsOf(rt))
		if err != nil {
			return err
		}
		ops, err := operations(body)
		if err != nil {
			return err
		}
		rest, links, err := patch.Split(rt, ops)
		if err != nil {
			return err
		}
		var dropped []string
		err = s.update(c, v, links, func(current map[string]any) (next map[string]any, err error) {
			next, dropped, err = patch.Apply(rt, current, rest)
			return next, err
		})
		s.count(c, rt, dropped)
		return err
	}
}

// update runs a change against the current attributes, with the id among them, and answers with the result.
func (s *Server) update(c *call, v view, links []patch.LinkChange, change func(current map[string]any) (map[string]any, error)) error {
	var refused error // by this server, not by the backend
	res, err := c.tenant.Backend.Update(c.ctx(), v.rt, c.id(), func(current Resource) (next Draft, err error) {
		defer func() { refused = err }()
		if err := c.precondition(current); err != nil {
			return Draft{}, err
		}
		attrs, err := decodeDoc(current.Doc)
		if err != nil {
			return Draft{}, fmt.Errorf("scim: reading the document of %s %s: %w", v.rt.ID, current.ID, err)
		}
		attrs["id"] = current.ID
		if attrs, err = change(attrs); err != nil {
			return Draft{}, err
		}
		return Draft{Attributes: attrs, Links: links}, checkSize(attrs)
	}, v.references(MaxWriteReferences))
	if err != nil && refused != nil {
		return err
	}
	if err != nil {
		return settled{err}
	}
	return s.writeResource(c, http.StatusOK, v, res)
}

// delete is DELETE (section 3.6).
func (s *Server) delete(rt *schema.ResourceType) handler {
	return func(c *call) error {
		var refused error
		check := func(current Resource) error {
			refused = c.precondition(current)
			return refused
		}
		if !c.conditional() {
			check = nil
		}
		err := c.tenant.Backend.Delete(c.ctx(), rt, c.id(), check)
		if err != nil && refused != nil {
			return err
		}
		if err != nil {
			return settled{err}
		}
		c.w.Header().Del("Content-Type")
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// me is the alias of section 3.11: a bearer token is a client's, not a user's.
func (s *Server) me(*call) error {
	return NotImplemented("/Me is not supported: the token belongs to a client, not to a user")
}

func (c *call) id() string { return chi.URLParam(c.r, "id") }

// view reads how the client wants the answer, before anything is done that could be answered.
func (s *Server) view(c *call, rt *schema.ResourceType) (view, error) {
	p, err := parseParams(c.r.URL.RawQuery)
	if err != nil {
		return view{}, err
	}
	return s.viewOf(c, rt, p), nil
}

// readDraft reads the body as a whole resource.
func (s *Server) readDraft(c *call, rt *schema.ResourceType) (Draft, error) {
	body, err := s.readObject(c, limitsOf(rt))
	if err != nil {
		return Draft{}, err
	}
	links, err := takeLinks(rt, body)
	if err != nil {
		return Draft{}, err
	}
	attrs, dropped, err := rt.Validate(body)
	if err != nil {
		return Draft{}, err
	}
	s.count(c, rt, dropped)
	return Draft{Attributes: attrs, Links: links}, nil
}

func (s *Server) count(c *call, rt *schema.ResourceType, dropped []string) {
	if s.dropped != nil && len(dropped) > 0 {
		s.dropped(c.ctx(), rt, dropped)
	}
}

// checkSize holds a resource that grew by many small requests to the limits of one that comes in a single body.
func checkSize(attrs Attributes) error {
	bytes, values := size(map[string]any(attrs))
	if bytes > MaxBody || values > MaxValues {
		return PayloadTooLarge(MaxBody)
	}
	return nil
}

// size is about the length of v in JSON, and the number of its values.
func size(v any) (bytes, values int) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			b, n := size(member)
			bytes, values = bytes+b+len(key)+4, values+n
		}
	case []any:
		for _, element := range v {
			b, n := size(element)
			bytes, values = bytes+b+1, values+n
		}
	case string:
		bytes = len(v) + 2
	default:
		bytes = 5
	}
	return bytes, values + 1
}
