package bridge

import (
	"context"
	"iter"
	"time"
)

// feedEvery is how often a Feed looks.
const feedEvery = time.Second

// Feed is the progress of something long, look by look: the first at once, then one a second, the last when it is at rest. It
// ends with an error if a look fails, or ctx ends.
type Feed iter.Seq2[Disconnection, error]

// Follow is the progress of the customer's plan with this number; 0: the latest.
func (s *Service) Follow(ctx context.Context, a Actor, slug string, number int64) Feed {
	return func(yield func(Disconnection, error) bool) {
		for {
			d, err := s.Disconnection(ctx, a, slug, number)
			if !yield(d, err) || err != nil || !d.Plan.AtWork() {
				return
			}
			number = d.Plan.Number
			select {
			case <-ctx.Done():
				yield(d, ctx.Err())
				return
			case <-time.After(feedEvery):
			}
		}
	}
}

// AtWork reports whether the plan is on its way to an end by itself.
func (p Plan) AtWork() bool {
	return p.State == PlanConfirmed || p.State == PlanRunning || p.State == PlanUndoing
}
