package bridge

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestNotice_Rounds tells a notice that nobody acknowledges for a day, everybody reached each time.
func TestNotice_Rounds(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	n := Notice{Created: start, Due: start}
	var got []time.Duration
	for now := start; now.Sub(start) <= 12*time.Hour; now = now.Add(time.Minute) {
		if !n.Begin(now, []string{"a"}) {
			continue
		}
		got = append(got, now.Sub(start))
		n.Finish(n, now, nil, time.Time{})
	}
	want := []time.Duration{0, 15 * time.Minute, time.Hour, 5 * time.Hour, 9 * time.Hour}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rounds after (-want +got):\n%s", diff)
	}
}

func TestNotice_Transitions(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	begun := Notice{Created: start, Due: start}
	if !begun.Begin(start, []string{"a", "b"}) || begun.Begin(start.Add(29*time.Second), nil) {
		t.Fatal("a notice is taken on once")
	}
	t.Run("who was not reached is told again, the others are not", func(t *testing.T) {
		n := begun
		n.Finish(begun, start.Add(time.Second), []string{"b"}, start.Add(9*time.Second))
		if n.Begin(start.Add(8*time.Second), nil) || !n.Begin(start.Add(9*time.Second), []string{"a", "b"}) {
			t.Error("it is not due at the time of the retry")
		}
		if n.Sends != 1 || !slices.Equal(n.Owed, []string{"b"}) {
			t.Errorf("round %d is owed to %v, want the first, b alone", n.Sends, n.Owed)
		}
	})
	t.Run("a round begins for all even if one is still owed the last", func(t *testing.T) {
		n := begun
		n.Finish(begun, start, []string{"b"}, start.Add(20*time.Minute))
		if !n.Begin(start.Add(15*time.Minute), []string{"a", "b"}) || n.Sends != 2 || len(n.Owed) != 2 {
			t.Errorf("round %d is owed to %v", n.Sends, n.Owed)
		}
	})
	t.Run("who dies in between is followed by another", func(t *testing.T) {
		n := begun
		if !n.Begin(start.Add(30*time.Second), []string{"a", "b"}) || n.Sends != 1 || len(n.Owed) != 2 {
			t.Errorf("round %d is owed to %v", n.Sends, n.Owed)
		}
		if n.Finish(begun, start.Add(31*time.Second), nil, time.Time{}) {
			t.Error("the one who is late changes what another one took on")
		}
	})
	t.Run("acknowledged is silent until it is over", func(t *testing.T) {
		n := begun
		if !n.acknowledge("support:anna", start) || n.acknowledge("support:bert", start) || n.AcknowledgedBy != "support:anna" {
			t.Errorf("acknowledged by %s", n.AcknowledgedBy)
		}
		if n.Finish(begun, start, []string{"a"}, start) || n.Begin(start.Add(24*time.Hour), []string{"a"}) {
			t.Error("it is told again")
		}
		n.Close(start.Add(25 * time.Hour))
		if !n.Begin(start.Add(25*time.Hour), []string{"a"}) {
			t.Error("nobody is told that it is over")
		}
	})
	t.Run("of what nobody was told nobody is told that it is over", func(t *testing.T) {
		n := Notice{Created: start, Due: start}
		n.Close(start)
		if n.Begin(start.Add(time.Hour), []string{"a"}) {
			t.Error("somebody is told")
		}
	})
}

// TestNotice_Life lets workers take on, die, reach some, while a person acknowledges or the cause goes away.
func TestNotice_Life(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		now, n := start, Notice{Created: start, Due: start}
		everyone := []string{"a", "b"}
		var begun []Notice
		reached, closed, acked := map[string]int{}, false, false
		t.Repeat(map[string]func(*rapid.T){
			"time passes": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 3*3600).Draw(t, "seconds")) * time.Second)
			},
			"begin": func(t *rapid.T) {
				if n.Begin(now, everyone) {
					begun = append(begun, n)
				}
			},
			"finish": func(t *rapid.T) {
				if len(begun) == 0 {
					t.Skip("nobody tells")
				}
				i := rapid.IntRange(0, len(begun)-1).Draw(t, "worker")
				b := begun[i]
				begun = slices.Delete(begun, i, i+1)
				var owed []string
				for _, name := range b.Owed {
					if rapid.Bool().Draw(t, "fails") {
						owed = append(owed, name)
					} else {
						reached[name] = b.Sends
					}
				}
				n.Finish(b, now, owed, now.Add(time.Minute))
			},
			"acknowledge": func(t *rapid.T) { acked = n.acknowledge("x", now) || acked },
			"close": func(t *rapid.T) {
				if !closed {
					n.Close(now)
					closed = true
				}
			},
			"": func(t *rapid.T) {
				switch {
				case acked && !closed && !n.Due.IsZero():
					t.Fatal("an acknowledged notice is due")
				case !acked && !closed && (n.Due.IsZero() || n.Due.After(now.Add(laterRounds))):
					t.Fatalf("an open notice is due at %s, and it is %s", n.Due, now)
				case closed && n.Sends == 0 && !n.Due.IsZero():
					t.Fatal("the end of what nobody knows is due")
				}
				if n.Owed == nil && !closed && !acked && n.Sends > 0 {
					for _, name := range everyone {
						if reached[name] < n.Sends {
							t.Fatalf("%s was not told in round %d, and is not owed it", name, n.Sends)
						}
					}
				}
			},
		})
	})
}
