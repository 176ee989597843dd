package store

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCompileFilterServesMinutes: a comparison with the last change looks up the minute first, on each store in the way that its planner
// understands.
func TestCompileFilterServesMinutes(t *testing.T) {
	type condition struct {
		Where string
		Args  []any
	}
	const first, last = int64(math.MinInt64), int64(math.MaxInt64)
	gt, le, eq := `meta.lastModified gt "1970-01-01T00:00:01Z"`, `meta.lastModified le "1970-01-01T00:05:00Z"`, `meta.lastModified eq "1970-01-01T00:05:00Z"`
	want := map[dialect]map[string]condition{
		sqlite: {
			gt: {`(u.modified_minute >= ? AND u.modified_at > ?)`, []any{int64(0), int64(1_000_000)}},
			le: {`(u.modified_minute <= ? AND u.modified_at <= ?)`, []any{int64(5), int64(300_000_000)}},
			eq: {`(u.modified_minute BETWEEN ? AND ? AND u.modified_at = ?)`, []any{int64(5), int64(5), int64(300_000_000)}},
		},
		postgres: {
			gt: {`(u.modified_minute BETWEEN ? AND ? AND u.modified_at > ?)`, []any{int64(0), last, int64(1_000_000)}},
			le: {`(u.modified_minute BETWEEN ? AND ? AND u.modified_at <= ?)`, []any{first, int64(5), int64(300_000_000)}},
			eq: {`(u.modified_minute BETWEEN ? AND ? AND u.modified_at = ?)`, []any{int64(5), int64(5), int64(300_000_000)}},
		},
	}
	for d, conditions := range want {
		for text, want := range conditions {
			where, args, err := compile(t, d, text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, condition{where, args}); diff != "" {
				t.Errorf("%s, %s (-want +got)\n%s", d, text, diff)
			}
		}
	}
}
