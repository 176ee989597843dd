package policy

import "testing"

func TestGateLogins(t *testing.T) {
	tests := []struct {
		name  string
		in    Logins
		limit int // 0: it may change
	}{
		{"the first", Logins{Peak: 1}, 0},
		{"the last within the limit", Logins{Changed: 4, Peak: 59}, 0},
		{"one too many", Logins{Changed: 5, Peak: 59}, 5},
		{"the last of a tenth", Logins{Changed: 99, Peak: 1_000}, 0},
		{"more than a tenth", Logins{Changed: 100, Peak: 1_000}, 100},
		{"others wait", Logins{Held: 1, Peak: 1_000}, 100},
		{"corrected", Logins{Changed: 500, Held: 400, Again: true, Peak: 1_000}, 0},
		{"nobody was ever active", Logins{Changed: 5}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := GateLogins(tt.in)
			if v.Hold != (tt.limit > 0) || v.Limit != tt.limit || v.Hold == (v.Sentence == "") {
				t.Errorf("%+v gives %+v, want the limit %d", tt.in, v, tt.limit)
			}
		})
	}
}
