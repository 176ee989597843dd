package oktatest

import (
	"strings"
	"time"
)

type eventJSON struct {
	UUID      string         `json:"uuid"`
	Published string         `json:"published"`
	EventType string         `json:"eventType"`
	Severity  string         `json:"severity"`
	Actor     actorJSON      `json:"actor"`
	Outcome   map[string]any `json:"outcome"`
	Target    []actorJSON    `json:"target"`
}

type actorJSON struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	AlternateID string `json:"alternateId"`
	DisplayName string `json:"displayName"`
}

// eventType is the system log's name for what an entry did, "" if the org writes no event for it.
func (e *Entry) eventType() string {
	switch e.Op {
	case "create", "add_user":
		return "user.lifecycle.create"
	case "activate", "reactivate", "suspend", "unsuspend", "deactivate":
		return "user.lifecycle." + e.Op
	case "delete":
		if e.After != nil {
			return "user.lifecycle.deactivate"
		}
		return "user.lifecycle.delete.initiated"
	case "update", "replace", "set_profile":
		return "user.account.update_profile"
	case "unlock":
		return "user.account.unlock"
	case "reset_password":
		return "user.account.reset_password"
	case "end_sessions":
		return "user.session.clear"
	case "add_member":
		return "group.user_membership.add"
	case "remove_member":
		return "group.user_membership.remove"
	case "assign_role", "add_role":
		return "user.account.privilege.grant"
	case "sso":
		return "user.authentication.auth_via_IDP"
	case "set_status":
		return handEvent(e.After.Status)
	}
	return ""
}

func handEvent(status string) string {
	switch status {
	case StatusSuspended:
		return "user.lifecycle.suspend"
	case StatusDeprovisioned:
		return "user.lifecycle.deactivate"
	case StatusActive:
		return "user.lifecycle.activate"
	}
	return ""
}

// listEvents answers GET /logs: what was done in the org since a time, oldest first. filter is an expression over
// eventType, outcome.result, actor.id and target.id.
func (o *Org) listEvents(c *call) (answer, error) {
	since, until, err := c.span()
	if err != nil {
		return answer{}, err
	}
	match := func(func(string) any) bool { return true }
	if filter := c.query.Get("filter"); filter != "" {
		match, err = parseExpr(filter, searchOperators, func(path string) bool {
			return path == "eventType" || path == "outcome.result" || path == "actor.id" || path == "target.id"
		})
		if err != nil {
			return answer{}, errSearch()
		}
	}
	out := []eventJSON{}
	for _, e := range o.log {
		kind := e.eventType()
		if kind == "" || !e.Applied && e.Op != "sso" || e.At.Before(since) || e.At.After(until) {
			continue
		}
		field := func(path string) any {
			switch path {
			case "eventType":
				return kind
			case "outcome.result":
				return e.result()
			case "actor.id":
				return o.owners[e.Token]
			}
			return []any{e.UserID, e.IdPID}
		}
		if match(field) {
			out = append(out, o.event(e, kind))
		}
	}
	if strings.EqualFold(c.query.Get("sortOrder"), "DESCENDING") {
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	}
	page, err := pageOf(c, out, 100, 1000)
	if err != nil {
		return answer{}, err
	}
	return ok(page), nil
}

func (o *Org) event(e *Entry, kind string) eventJSON {
	target := actorJSON{ID: e.UserID, Type: "User"}
	if s := e.After; s != nil {
		target.AlternateID = s.Login
	}
	targets := []actorJSON{target}
	if p := o.idps[e.IdPID]; p != nil {
		targets = []actorJSON{{ID: p.id, Type: "AppInstance", DisplayName: p.name()}, target}
	}
	return eventJSON{
		UUID: o.newID("evt"), Published: e.At.UTC().Format("2006-01-02T15:04:05.000Z"), EventType: kind, Severity: "INFO",
		Actor:   actorJSON{ID: o.owners[e.Token], Type: "User", DisplayName: e.Token},
		Outcome: map[string]any{"result": e.result()}, Target: targets,
	}
}

// result is the outcome of an event: of what failed, only sign-ins are events.
func (e *Entry) result() string {
	if e.Applied {
		return "SUCCESS"
	}
	return "FAILURE"
}

// span reads since and until; without since, seven days back.
func (c *call) span() (since, until time.Time, err error) {
	since, until = c.now.Add(-7*24*time.Hour), c.now
	for name, at := range map[string]*time.Time{"since": &since, "until": &until} {
		raw := c.query.Get(name)
		if raw == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339, raw)
		if err != nil {
			return since, until, errInvalid(name, name+": must be a time as in RFC 3339")
		}
		*at = t
	}
	return since, until, nil
}

func hasPrefixFold(s, prefix string) bool {
	return strings.HasPrefix(strings.ToLower(s), strings.ToLower(prefix))
}
