package oktatest

import (
	"slices"
	"time"
)

// noDamage is I4: nobody is erased, and nobody is deactivated who was not suspended for the grace period first.
func (au *auditor) noDamage() {
	for _, e := range au.own {
		if user, _ := pathIDs(e.Path); e.Method == "DELETE" && user != "" && e.Op != "end_sessions" && e.Op != "remove_member" {
			au.report("I4", e, "a user, or what it has, was deleted")
		}
		if e.Op != "deactivate" || !e.Applied || e.Before == nil || au.Approved(e.UserID) || !suspendable(e.Before.Status) {
			continue
		}
		if e.Before.Status != StatusSuspended {
			au.report("I4", e, "deactivated from %s without a suspension", e.Before.Status)
			continue
		}
		if held := e.At.Sub(e.Before.StatusChanged); held < au.Grace {
			au.report("I4", e, "deactivated after %v of suspension, before the %v of grace", held, au.Grace)
		}
	}
}

// suspendable reports whether Okta suspends users of the status, so that a deactivation has to wait for it. PROVISIONED
// counts as one that it refuses: what its links offer is not what its text says.
func suspendable(status string) bool { return status == StatusActive || status == StatusSuspended }

// recordedIDs is I5: a write names an id, in Okta's form, that this token was given for a user of ours. For the write that
// sets the marker it is enough that the user was shown.
func (au *auditor) recordedIDs() {
	ours, shown := map[string]time.Time{}, map[string]time.Time{} // since when the client has known the id
	for _, e := range au.own {
		if e.Write() {
			au.recordedID(e, ours, shown)
		}
		if e.End.IsZero() {
			continue
		}
		for _, s := range e.Seen {
			learn(shown, s.ID, e.End)
			if e.Op == "create" || au.Ours(s.ScimKey, s.ScimCustomer) {
				learn(ours, s.ID, e.End)
			}
		}
	}
}

func learn(since map[string]time.Time, id string, at time.Time) {
	if t, known := since[id]; !known || at.Before(t) {
		since[id] = at
	}
}

func (au *auditor) recordedID(e Entry, ours, shown map[string]time.Time) {
	user, group := pathIDs(e.Path)
	if group != "" && !groupID.MatchString(group) {
		au.report("I5", e, "%q is no group id", group)
	}
	if user == "" {
		return
	}
	if !userID.MatchString(user) {
		au.report("I5", e, "%q is no user id", user)
		return
	}
	if e.marksOnly() {
		ours = shown
	}
	if since, known := ours[user]; !known || since.After(e.Start) {
		au.report("I5", e, "the id was not given to this token for a user with our marker")
	}
}

// maxReadAge is how old the read before a revocation may be.
const maxReadAge = 60 * time.Second

// readAround is I6: a revocation follows a fresh read by id that showed our marker, and is itself read back.
func (au *auditor) readAround() {
	for _, story := range au.byUser() {
		for i, e := range story {
			if e.Token != au.Token || !e.revokes() {
				continue
			}
			id, _ := pathIDs(e.Path)
			au.readBefore(story[:i], e, id)
			if e.Applied {
				au.readAfter(story[i+1:], e, id)
			}
		}
	}
}

// byUser splits the log into what happened to each user, whoever did it.
func (au *auditor) byUser() [][]Entry {
	index := map[string]int{}
	var stories [][]Entry
	for _, e := range au.all {
		if e.UserID == "" {
			continue
		}
		i, known := index[e.UserID]
		if !known {
			i = len(stories)
			index[e.UserID] = i
			stories = append(stories, nil)
		}
		stories[i] = append(stories[i], e)
	}
	return stories
}

func (au *auditor) readBefore(earlier []Entry, e Entry, id string) {
	for i, r := range slices.Backward(earlier) {
		if r.Token != au.Token || !r.readsByID(id) || !r.over(e) {
			continue
		}
		if age := e.Start.Sub(r.End); age > maxReadAge {
			au.report("I6", e, "the last read by id was %v before", age)
		}
		if s := r.Seen[0]; !au.Ours(s.ScimKey, s.ScimCustomer) {
			au.report("I6", e, "the read before it (entry %d) did not show our marker", r.Seq)
		}
		if n := slices.IndexFunc(earlier[i+1:], au.otherWrite); n >= 0 && au.Undisturbed {
			other := earlier[i+1+n]
			au.report("I6", e, "entry %d by %q changed the user after it was read", other.Seq, other.Token)
		}
		return
	}
	au.report("I6", e, "no read by id came before it")
}

// otherWrite reports whether the entry is a change by somebody else.
func (au *auditor) otherWrite(e Entry) bool {
	return e.Token != au.Token && e.Applied && (e.Write() || e.Token == Hand)
}

func (au *auditor) readAfter(later []Entry, e Entry, id string) {
	for _, r := range later {
		if au.otherWrite(r) {
			return // what a read shows from here on is not our doing
		}
		if r.Token != au.Token {
			continue
		}
		if r.lifecycle() {
			au.report("I6", e, "entry %d changed the status again before the effect was read", r.Seq)
			return
		}
		if !r.readsByID(id) || r.Start.Before(e.At) {
			continue
		}
		shown := r.Seen[0].Status
		if shown != StatusDeprovisioned && (e.Op == "deactivate" || shown != StatusSuspended) {
			au.report("I6", e, "the read after it (entry %d) shows %s", r.Seq, shown)
		}
		return
	}
	if !au.TailOpen {
		au.report("I6", e, "the effect was never read")
	}
}

// noProtected is I10: nothing is written to administrators and protected accounts.
func (au *auditor) noProtected() {
	for _, e := range au.own {
		if !e.Write() || e.UserID == "" || e.Before == nil {
			continue
		}
		if slices.Contains(au.Protected, e.UserID) || slices.Contains(au.Protected, e.Before.Login) {
			au.report("I10", e, "the account is protected")
		}
		if e.Before.Admin && e.At.Sub(e.Before.AdminSince) > au.AdminLag {
			au.report("I10", e, "the account is an administrator's")
		}
	}
}

// firstContact is I17: the first write to an account that this token did not create sets the owner marker, nothing else.
func (au *auditor) firstContact() {
	known := map[string]bool{}
	for _, e := range au.own {
		if e.Op == "create" && e.Applied {
			known[e.UserID] = true
		}
		if !e.Write() || e.UserID == "" || e.Before == nil || known[e.UserID] {
			continue
		}
		marked := au.Ours(e.Before.ScimKey, e.Before.ScimCustomer)
		if !marked && !e.marksOnly() {
			au.report("I17", e, "the first contact with an existing account wrote more than the marker")
		}
		if marked || e.Applied {
			known[e.UserID] = true
		}
	}
}
