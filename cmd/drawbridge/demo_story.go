package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"drawbridge/bridge"
	"drawbridge/bridge/store"
	"drawbridge/oktasync/okta"
)

// story is what the demo shows: two customers, of whom one leaves.
type story struct {
	*page
	world
	okta  *okta.Client
	store *store.Store
	svc   *bridge.Service
	base  string // URL of the service

	acme, globex *demoIdP
	plain        *demoIdP    // Acme's IdP as it pushes to the plain bridge
	plan         bridge.Plan // of Acme's disconnect
}

func newStory(std streams, w world, client *okta.Client, s *store.Store, base, plainBase string) *story {
	return &story{
		page: newPage(std.out, os.Getenv), world: w, okta: client, store: s, svc: bridge.NewService(s, now, newID), base: base,
		plain: newDemoIdP("Acme", "acme", "acme.example", plainBase, "", oktaMake{}),
	}
}

// step is one thing that happens; play makes it happen, checks what follows, and returns what was seen.
type step struct {
	title string
	play  func(ctx context.Context) (seen string, err error)
}

func (st *story) steps() []step {
	return []step{
		{"Okta is prepared: four profile attributes", st.prepare},
		{"Two customers sign up: Acme uses Okta as its IdP, Globex uses Entra ID", st.signUp},
		{"CREATE: Acme's IdP pushes its eight people", st.createAcme},
		{"CREATE: Globex's IdP pushes its four people", st.createGlobex},
		{"RENAME: Anna of Acme marries; her IdP reads the user and puts it back changed", st.renameAnna},
		{"RENAME: Klara of Globex marries; her IdP patches attribute by attribute", st.renameKlara},
		{"CHANGE: Clara of Acme is promoted", st.promoteClara},
		{"CHANGE: Ines of Globex moves to another department", st.moveInes},
		{"DEACTIVATE: Acme's IdP removes Ben", st.removeBen},
		{"DEACTIVATE: Globex's IdP removes Jonas", st.removeJonas},
		{"REACTIVATE: Acme's IdP takes Ben back", st.takeBenBack},
		{"REACTIVATE: Globex's IdP takes Jonas back", st.takeJonasBack},
		{"DELETE: Globex's IdP removes Linus, then deletes him (Okta as an IdP never deletes)", st.deleteLinus},
		{"ATTACK: Globex's IdP claims a login in Acme's domain", st.intrude},
		{"GROWTH: Acme's IdP pushes everybody else, and the same people to a plain bridge with an Okta of its own", st.growAcme},
		{"TUESDAY: Acme lets Lena go", st.letLenaGo},
		{"FRIDAY, 17:30: Acme's admin deletes the SCIM app, and its IdP removes everybody", st.removeAll},
		{"HOLD: support looks, asks Acme, and answers that it is leaving", st.answerHold},
		{"PLAN: support reads what a disconnect would do to each person", st.planDisconnect},
		{"DISCONNECT: support confirms the plan", st.disconnect},
		{"SIGN-IN: everybody of Acme tries to sign in", st.signIn},
		{"AFTERWARDS: Acme's IdP keeps calling", st.keepCalling},
		{"AFTERWARDS: Globex goes on as before", st.goOn},
		{"AUDIT: every request that Okta received is checked against the safety rules", st.audit},
	}
}

// tell plays the steps in order. Each builds on those before it, so the first that goes wrong is the last that is played.
func (st *story) tell(ctx context.Context) error {
	began := time.Now()
	st.opening()
	steps := st.steps()
	for i, s := range steps {
		st.title(i+1, s.title)
		seen, err := s.play(ctx)
		if err == nil {
			st.ok(seen)
			continue
		}
		if errors.Is(err, context.Canceled) {
			return err
		}
		st.failed(err)
		for j, rest := range steps[i+1:] {
			st.notRun(i+j+2, rest.title)
		}
		return fmt.Errorf("step %d of %d of the story went wrong (%s): %w", i+1, len(steps), s.title, err)
	}
	st.closing(len(steps), time.Since(began))
	return nil
}

func (st *story) opening() {
	st.paragraph(
		"Drawbridge, on this machine alone: nothing leaves it, and Okta is simulated.",
		"",
		"An identity provider (IdP) is where a company keeps its people and lets them sign in: Okta, Entra ID and others.",
		"SCIM is the standard by which a company's IdP tells a supplier, over HTTP, whom to create, change and remove.",
		"Okta is also what you, the supplier, keep the accounts of all your customers' people in.",
		"Drawbridge takes SCIM from each customer's IdP and makes your Okta follow.",
		"isSCIMConnected is the first of two flags on every account: whether the customer's IdP manages the account.",
		"isSCIMActive is the second: what that IdP last said of the person, active or removed.",
		"When a customer leaves, the first flag goes off for all of its people, and nobody loses access because of it.",
		"",
		fmt.Sprintf("What IdPs send is taken as of %.0f days ago at first, which the story calls Tuesday; of what it calls Friday on, as of this moment.", lenaGone.Hours()/24),
	)
}

func (st *story) closing(steps int, took time.Duration) {
	st.paragraph(
		fmt.Sprintf("All %d steps are as they should be, in %.1f s. What was proven, against real HTTP on both sides:", steps, took.Seconds()),
		"- Two makes of IdP that say the same things differently have the same effect in Okta.",
		"- A removal suspends at once and ends the sessions; taking somebody back restores the same account.",
		"- No customer reaches into another one's domain.",
		"- A storm of removals stops after a few people and waits for a person.",
		fmt.Sprintf("- A customer that leaves loses nobody: of the %d people whom Acme's IdP removed %d sign in as before; behind the plain bridge %d do.",
			len(st.acme.people), len(st.canSignIn(st.acme)), st.plainSignIns()),
		"- Whoever had been let go before stays out.",
		"- The customer that stays notices nothing, and no request to Okta broke a safety rule.",
	)
}
