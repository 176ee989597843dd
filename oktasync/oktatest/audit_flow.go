package oktatest

import (
	"cmp"
	"slices"
	"time"
)

// oneUserPerKey is I19: no two users ever have the same scimKey, whoever wrote it.
func (au *auditor) oneUserPerKey() {
	holders, keys := map[string]string{}, map[string]string{}
	for _, e := range au.all {
		if e.UserID == "" {
			continue
		}
		key := ""
		if e.After != nil {
			key = e.After.ScimKey
		}
		if was := keys[e.UserID]; was != key && holders[was] == e.UserID {
			delete(holders, was)
		}
		keys[e.UserID] = key
		if key == "" {
			continue
		}
		if other, held := holders[key]; held && other != e.UserID {
			au.report("I19", e, "users %s and %s have the same scimKey", other, e.UserID)
			continue
		}
		holders[key] = e.UserID
	}
}

// noBlindRepeat is I22: a create or a password reset of which the client cannot know whether it took effect is looked up
// before it is sent again.
func (au *auditor) noBlindRepeat() {
	for i, e := range au.own {
		if !e.ambiguous() || e.Op != "create" && e.Op != "reset_password" {
			continue
		}
		key, login := e.sent("scimKey"), e.sent("login")
		id, _ := pathIDs(e.Path)
		for _, f := range au.own[i+1:] {
			if e.Op == "create" && f.looksUp(key, login) || e.Op == "reset_password" && f.readsByID(id) {
				break
			}
			if repeats(e, f) {
				au.report("I22", f, "sent again after entry %d, whose answer was lost, without a look at what became of it", e.Seq)
				break
			}
		}
	}
}

func repeats(e, f Entry) bool {
	if e.Op != f.Op {
		return false
	}
	if e.Op == "reset_password" {
		return e.Path == f.Path
	}
	key, login := e.sent("scimKey"), e.sent("login")
	return key != "" && key == f.sent("scimKey") || login != "" && login == f.sent("login")
}

// oneWriteAtOnce is I23: the writes to one user never overlap. Until it exists, a user is known by its scimKey.
func (au *auditor) oneWriteAtOnce() {
	bySubject := map[string][]Entry{}
	for _, e := range au.own {
		if !e.Write() {
			continue
		}
		if user, _ := pathIDs(e.Path); user != "" {
			bySubject[user] = append(bySubject[user], e)
		}
		if key := e.sent("scimKey"); e.Op == "create" && key != "" {
			bySubject["scimKey "+key] = append(bySubject["scimKey "+key], e)
		}
	}
	for _, writes := range bySubject {
		slices.SortFunc(writes, func(a, b Entry) int {
			return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Seq, b.Seq))
		})
		for i := 1; i < len(writes); i++ {
			if !writes[i-1].over(writes[i]) {
				au.report("I23", writes[i], "it began while entry %d was in flight for the same user", writes[i-1].Seq)
			}
		}
	}
}

// withinLimits is I33: silence between a 429 and its reset, few calls at once, and a share of each limit.
func (au *auditor) withinLimits() {
	byStart := slices.Clone(au.own)
	slices.SortFunc(byStart, func(a, b Entry) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Seq, b.Seq)) })
	au.silence(byStart)
	au.fewAtOnce(byStart)
	au.share(byStart)
}

func (au *auditor) silence(byStart []Entry) {
	blocked := map[string]Entry{} // by bucket: the 429 whose reset is last
	for _, e := range byStart {
		if r, is := blocked[e.Bucket]; is && r.over(e) && e.Start.Before(r.Reset) {
			au.report("I33", e, "entry %d was refused with 429 until %s", r.Seq, r.Reset.UTC().Format(time.TimeOnly))
		}
		// The 429 of the concurrency limit has a limit of 0, and its reset means nothing.
		if e.Status == 429 && e.Limit > 0 && e.Reset.After(blocked[e.Bucket].Reset) {
			blocked[e.Bucket] = e
		}
	}
}

func (au *auditor) fewAtOnce(byStart []Entry) {
	var open []Entry
	for _, e := range byStart {
		open = slices.DeleteFunc(open, func(f Entry) bool { return f.over(e) })
		open = append(open, e)
		if len(open) > au.MaxInFlight {
			au.report("I33", e, "%d requests were in flight at once", len(open))
		}
	}
}

// share counts the calls of each window of a bucket, which its reset identifies.
func (au *auditor) share(byStart []Entry) {
	if au.Share == 0 {
		return
	}
	type window struct {
		bucket string
		reset  int64
	}
	count, limit := map[window]int{}, map[window]int{}
	for _, e := range byStart {
		if e.Limit == 0 {
			continue
		}
		w := window{e.Bucket, e.Reset.Unix()}
		count[w]++
		limit[w] = max(limit[w], e.Limit)
		if allowed := max(1, int(au.Share*float64(limit[w]))); count[w] == allowed+1 {
			au.report("I33", e, "more than %d of %d calls of the bucket %s in one window", allowed, limit[w], e.Bucket)
		}
	}
}
