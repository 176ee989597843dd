package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// demoOktaToken is the API token of the simulated org, which accepts it by default.
const demoOktaToken = "test-token"

// invitation is what a reader needs to go on alone once the story is told.
type invitation struct {
	okta     string // URL of the simulated org
	database string
	kept     bool   // the database outlives the demo
	program  string // how to call this program
}

// program is how a reader calls this program: go run leaves it in a folder that is gone afterwards.
func program() string {
	path, err := os.Executable()
	switch {
	case err != nil:
		return "drawbridge"
	case strings.Contains(filepath.ToSlash(path), "/go-build"):
		return "go run ./cmd/drawbridge"
	}
	return path
}

// invite says what to try next. Every line below can be pasted into a shell as it is.
func (st *story) invite(v invitation) {
	g := st.globex
	ines := g.people["Ines"]
	auth := fmt.Sprintf(`-H 'Authorization: Bearer %s'`, g.token)
	body := auth + ` -H 'Content-Type: application/scim+json' -d `
	st.paragraph("Everything still runs; stop it with Ctrl-C." + map[bool]string{false: " The database is deleted then."}[v.kept])
	st.row("SCIM base URL", g.base+"  (Globex; Acme's is refused)")
	st.row("bearer token", g.token)
	st.row("Okta", v.okta+"/api/v1  (simulated; SSWS "+demoOktaToken+")")
	st.row("database", v.database)

	st.paragraph("Push as Globex's IdP: create Nora, find her, remove Ines, take her back.")
	st.command(`curl -sS -X POST '%s/Users' %s'{"schemas":["%s"],"userName":"nora@globex.example","name":{"givenName":"Nora","familyName":"Nagel"},"emails":[{"value":"nora@globex.example","type":"work","primary":true}],"active":true}'`,
		g.base, body, userSchema)
	st.command(`curl -sS -G '%s/Users' --data-urlencode 'filter=userName eq "nora@globex.example"' %s`, g.base, auth)
	for _, word := range []string{"False", "True"} {
		st.command(`curl -sS -X PATCH '%s/Users/%s' %s'{"schemas":["%s"],"Operations":[{"op":"Replace","path":"active","value":"%s"}]}'`,
			g.base, ines.id, body, patchSchema, word)
	}
	st.paragraph("See what Okta has of them. A third removal within the hour is held: that is the limit for so few people.")
	for _, login := range []string{"nora@globex.example", ines.userName} {
		st.command(`curl -sS '%s/api/v1/users/%s' -H 'Authorization: SSWS %s'`, v.okta, login, demoOktaToken)
	}
}

// lookNext says how to ask about what has happened, as support does. Mallory is stuck on purpose, and an undo has to be confirmed.
func (st *story) lookNext(v invitation) {
	st.paragraph("What to look at next. Mallory is stuck on purpose, so doctor finds one problem; undo only says what it would do.")
	for _, args := range []string{
		"customer list", "user list globex", "user show acme " + st.acme.people[lena].userName, "hold list", "disconnect status acme",
		"disconnect status acme --report", "disconnect undo acme", "sync status", "doctor",
	} {
		st.command("%s %s --database '%s'", v.program, args, v.database)
	}
}

// command prints a line for the shell.
func (st *story) command(format string, args ...any) {
	fmt.Fprintf(st.out, "    "+format+"\n", args...)
}
