package main

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseUsage(t *testing.T) {
	tests := []struct {
		name, stat string
		want       usage
		ok         bool
	}{
		{"a backend", "77 (postgres: bench idle) S 70 77 77 0 -1 4194304 9 8 7 6 12 3 40 5 20 0 1 0 99 1 2\n",
			usage{program: "postgres: bench idle", parent: 70, own: 150 * time.Millisecond, ended: 450 * time.Millisecond}, true},
		{"a name with a parenthesis", "77 (a) b) S 70 77 77 0 -1 4194304 9 8 7 6 1 0 0 0 20 0 1 0 99 1 2",
			usage{program: "a) b", parent: 70, own: 10 * time.Millisecond}, true},
		{"cut off", "77 (a) S 70 77 77 0", usage{}, false},
		{"no program", "77 a S 70", usage{}, false},
		{"no number", "77 (a) S 70 77 77 0 -1 4194304 9 8 7 6 x 0 0 0 20 0", usage{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseUsage([]byte(tt.stat))
			if (err == nil) != tt.ok {
				t.Fatalf("error %v, want ok = %t", err, tt.ok)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(usage{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFamilyTime works until the clock of /proc has moved on, and sees it in the parent's family as well as in this process.
func TestFamilyTime(t *testing.T) {
	family, err := familyTime(os.Getppid())
	if err != nil {
		t.Fatal(err)
	}
	before, err := usageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	own := before
	for own.own < before.own+5*tick {
		if own, err = usageOf(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	later, err := familyTime(os.Getppid())
	if err != nil {
		t.Fatal(err)
	}
	if later-family < 5*tick {
		t.Errorf("the family used %s while this process alone used %s", later-family, own.own-before.own)
	}
}
