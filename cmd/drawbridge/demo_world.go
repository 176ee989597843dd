package main

import (
	"sync/atomic"
	"time"

	"drawbridge/oktasync/oktatest"
)

// world is what surrounds the story. Tests break it.
type world struct {
	clock    *storyClock     // of the face that IdPs push to
	org      *oktatest.Org   // the vendor's
	plainOrg *oktatest.Org   // that of a vendor with a plain bridge
	crowd    names           // who else works at Acme
	patience time.Duration   // how long an effect may take
	hopeless <-chan struct{} // closed when an effect that is not there yet never will be; nil: never
}

// newWorld is a world in which nothing is broken. Its orgs have no rate limit: the story is about something else, and short.
func newWorld() world {
	clock := &storyClock{}
	clock.behind.Store(int64(lenaGone))
	options := oktatest.Options{Now: now, RateLimit: -1}
	return world{clock: clock, org: oktatest.New(options), plainOrg: oktatest.New(options), crowd: acmeCrowd(), patience: 2 * time.Minute}
}

// lenaGone is how long before the others Lena loses access.
const lenaGone = 3 * 24 * time.Hour

// storyClock is the time as of which the service takes what IdPs send: when somebody was removed, above all. It begins in the
// past and catches up once; all else goes by the clock on the wall, which no story can move for a database and a network.
type storyClock struct{ behind atomic.Int64 } // ns

func (c *storyClock) now() time.Time { return now().Add(-time.Duration(c.behind.Load())) }

func (c *storyClock) catchUp() { c.behind.Store(0) }

// names are first and family names; each pair occurs once.
type names [][2]string

func acmePeople() names {
	return names{
		{"Anna", "Adler"}, {"Ben", "Bauer"}, {"Clara", "Conrad"}, {"David", "Dorn"},
		{"Emma", "Ernst"}, {"Felix", "Frei"}, {"Greta", "Gross"}, {"Hugo", "Horn"},
	}
}

func globexPeople() names {
	return names{{"Ines", "Iversen"}, {"Jonas", "Jensen"}, {"Klara", "Kolb"}, {"Linus", "Lang"}}
}

// acmeCrowd makes Acme a company of 412 people, Lena among them.
func acmeCrowd() names {
	crowd := names{{"Lena", "Lindt"}}
	for _, last := range []string{"Abel", "Beck", "Casper", "Dietz", "Engel", "Falk", "Grimm", "Hauser", "Imhof", "Jost", "Kern", "Lorenz", "Moser"} {
		for _, first := range []string{
			"Ada", "Bela", "Cleo", "Dina", "Edda", "Finn", "Gina", "Hanna", "Ida", "Jan", "Kai", "Lea", "Mia", "Nils", "Olga", "Paul",
			"Quinn", "Rosa", "Sven", "Timo", "Ulla", "Vera", "Willi", "Xenia", "Yara", "Zoe", "Aron", "Britt", "Carlo", "Dora", "Ernst",
		} {
			crowd = append(crowd, [2]string{first, last})
		}
	}
	return crowd
}
