package bridge_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
)

func TestParseRenames(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want []bridge.Rename
		err  string // what it says; empty: there is none
	}{
		"empty":             {in: ""},
		"heading alone":     {in: "old,new\n"},
		"normalized":        {in: "\ufeffOld, New\r\nAnna@OLD.example, anna@New.example\r\n", want: []bridge.Rename{{Old: "anna@old.example", New: "anna@new.example"}}},
		"no heading":        {in: "a@old.example,b@new.example", want: []bridge.Rename{{Old: "a@old.example", New: "b@new.example"}}},
		"empty lines":       {in: "\n\na1@old.example,b1@new.example\n\nb1@old.example,no\n", err: "line 5: the new address is not one"},
		"old is no address": {in: "old.example,b@new.example\n", err: "line 1: the old address is not one"},
		"one value":         {in: "a1@old.example\n", err: "line 1: there are 1 values"},
		"old twice":         {in: "a1@old.example,b1@new.example\nA1@old.example,b2@new.example\n", err: "line 2: the old address stands in line 1 already"},
		"new twice":         {in: "a1@old.example,b1@new.example\na2@old.example,B1@new.example\n", err: "line 2: the new address stands in line 1 already"},
		"swapped":           {in: "a1@x.example,b1@x.example\nb1@x.example,a1@x.example\n", want: []bridge.Rename{{Old: "a1@x.example", New: "b1@x.example"}, {Old: "b1@x.example", New: "a1@x.example"}}},
		"broken quotes":     {in: "\"a1@old.example,b1@new.example\n", err: "cannot be read"},
	} {
		got, err := bridge.ParseRenames(strings.NewReader(tt.in))
		switch {
		case tt.err == "" && err != nil, tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err) || bridge.CodeOf(err) != bridge.Invalid):
			t.Errorf("%s: %v, want %q", name, err, tt.err)
		case err == nil:
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
}

func TestParseDomainRename(t *testing.T) {
	got, err := bridge.ParseDomainRename("Old.example= new.EXAMPLE")
	if want := (bridge.Rename{Old: "old.example", New: "new.example", Domain: true}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, rule := range []string{"", "old.example", "=new.example", "old.example=", "a@old.example=b@new.example"} {
		if got, err := bridge.ParseDomainRename(rule); bridge.CodeOf(err) != bridge.Invalid {
			t.Errorf("%q is %+v, %v", rule, got, err)
		}
	}
}

func FuzzParseRenames(f *testing.F) {
	f.Add("old,new\nanna@old.example,anna@new.example\n")
	f.Fuzz(func(t *testing.T, in string) {
		renames, err := bridge.ParseRenames(strings.NewReader(in))
		if err != nil {
			return
		}
		for _, r := range renames {
			for _, side := range []string{r.Old, r.New} {
				if key, _, ok := bridge.NormalizeAddress(side); !ok || key != side {
					t.Errorf("%q is no normalized address", side)
				}
			}
		}
	})
}
