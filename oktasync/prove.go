package oktasync

import "context"

// unproven reports whether the account has not been read since the moment from which a read proves what a disconnect left
// it as: until then, a call that was under way may still land. After a restore each account is read once, too.
func (j *job) unproven() bool {
	return j.Link != nil && j.Link.OktaID != "" && (j.Link.Read.Before(j.Customer.VerifyFrom) || j.Link.Read.Before(j.Customer.ReviewSince))
}

// prove reads the account, once that proves anything.
func (j *job) prove(ctx context.Context) (end, error) {
	if from := j.Customer.VerifyFrom; from.After(j.Now()) {
		return end{over: true, at: from}, nil
	}
	if j.waiting() {
		return end{}, j.compare(ctx)
	}
	return end{}, j.read(ctx, false)
}
