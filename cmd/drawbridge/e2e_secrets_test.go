package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge/bridge"
	"drawbridge/oktasync/oktatest"
)

// TestI29_SecretsStayOut runs a service through everything that makes it complain, with its log as talkative as it gets:
// no token and nothing personal may stand in what it writes, nor in an answer that refuses something.
func TestI29_SecretsStayOut(t *testing.T) {
	onBothStores(t, func(r *rig) {
		token := r.customer("acme")
		service := r.serve("--verbose")
		idp := service.pusher("acme", token)
		refusals := r.annoy(service, idp)
		for _, step := range []func(pusher){r.breakOkta, r.storm} {
			step(idp)
		}
		service.terminate()
		foreign := r.refusedByCLI(token)

		text := service.out.String() + service.errs.String() + refusals + foreign
		if found := leaks(text, token); len(found) > 0 {
			r.t.Errorf("written: %q in\n%s", found, text)
		}
		for _, want := range []string{"level=WARN", "level=ERROR", `"status":"401"`, `"status":"409"`} {
			if !strings.Contains(text, want) {
				r.t.Errorf("nothing was provoked that writes %s:\n%s", want, text)
			}
		}
		// The mutant: a line that gives one of them away.
		for _, secret := range secrets(token) {
			if found := leaks(text+"\nlevel=INFO msg=\""+strings.ToUpper(secret)+"\"", token); len(found) == 0 {
				r.t.Errorf("%q in the log is not noticed", secret)
			}
		}
	})
}

// secrets are what must not be written: the tokens, and all that the IdP says of its people.
func secrets(token string) []string {
	return []string{token, rigOktaToken, "zebulon", "quagmire", "xanthippe", "hushhush", "topaz"}
}

// leaks returns the secrets that a text holds, in any case.
func leaks(text, token string) (found []string) {
	folded := strings.ToLower(text)
	for _, secret := range secrets(token) {
		if strings.Contains(folded, strings.ToLower(secret)) {
			found = append(found, secret)
		}
	}
	return found
}

// zebulon is a person whose every value is a secret of this test; number tells several of them apart.
func zebulon(number string) string {
	return `{"schemas":["` + userSchema + `"],"userName":"zebulon` + number + `@acme.example","externalId":"topaz-` + number +
		`","name":{"givenName":"Quagmire","familyName":"Xanthippe"},"emails":[{"value":"zebulon` + number +
		`@acme.example","type":"work","primary":true}],"password":"hushhush","active":true}`
}

// annoy sends what is refused, and returns all the refusals.
func (r *rig) annoy(service *process, idp pusher) string {
	var refusals strings.Builder
	send := func(p pusher, method, path, body string) {
		a, err := p.push(method, path, "application/scim+json", strings.NewReader(body))
		if err != nil || a.status < 400 {
			r.t.Errorf("%s %s: %d %v, want a refusal", method, path, a.status, err)
		}
		refusals.WriteString(a.raw + "\n")
		for name, values := range a.header {
			refusals.WriteString(name + ": " + strings.Join(values, ", ") + "\n")
		}
	}
	idp.must(http.StatusCreated, "POST", "/Users", zebulon("0"))
	send(idp, "POST", "/Users", zebulon("0"))
	send(idp, "POST", "/Users", strings.TrimSuffix(zebulon("1"), "}"))
	send(idp, "POST", "/Users", `{"userName":{"zebulon":1}}`)
	send(idp, "PATCH", "/Users/zebulon@acme.example", `{"Operations":[{"op":"hushhush"}]}`)
	send(idp, "GET", "/Users?filter=userName+eq+%22zebulon", "")
	send(idp, "GET", "/Users?filter=hushhush%28", "")
	send(idp, "GET", "/zebulon/x", "")
	for _, wrong := range []string{"hushhush", bridge.NewSecret(bridge.SCIMToken), idp.token[:len(idp.token)-1]} {
		p := service.pusher("acme", wrong)
		send(p, "POST", "/Users", zebulon("2"))
		if slices.Contains(strings.Split(refusals.String(), "\n"), wrong) {
			r.t.Error("a refusal repeats the token that it refuses")
		}
	}
	send(service.pusher("zebulon", idp.token), "GET", "/Users", "")
	return refusals.String()
}

// breakOkta has Okta refuse, fail and be silent, each about somebody.
func (r *rig) breakOkta(idp pusher) {
	taken := map[string]any{"login": "zebulon3@acme.example", "email": "zebulon3@acme.example", "firstName": "Quagmire", "lastName": "Xanthippe"}
	r.org.AddUser(taken, oktatest.StatusActive)
	idp.must(http.StatusCreated, "POST", "/Users", zebulon("3"))
	idp.must(http.StatusCreated, "POST", "/Users", strings.ReplaceAll(zebulon("4"), "acme.example", "zebulon.example"))
	for number, fault := range map[string]oktatest.Fault{
		"5": {Kind: oktatest.StatusCode, Status: 500},
		"6": {Kind: oktatest.StatusCode, Status: 400},
		"7": {Kind: oktatest.ResetAfter},
		"8": {Kind: oktatest.GarbageHTML},
	} {
		struck := make(chan struct{})
		fault.Op, fault.Times, fault.Match = "create", 1, after(0, func() { close(struck) })
		r.org.Inject(fault)
		idp.must(http.StatusCreated, "POST", "/Users", zebulon(number))
		select {
		case <-struck:
		case <-time.After(patience):
			r.t.Errorf("nobody was created in Okta within %s", patience)
		}
	}
	eventually(r.t, "somebody is stuck", func() bool { return strings.Contains(r.cli("sync", "status"), "stuck") && r.stuck() >= 2 })
	up := r.org.Inject(oktatest.Fault{Kind: oktatest.Unauthorized401})
	idp.must(http.StatusCreated, "POST", "/Users", zebulon("9"))
	eventually(r.t, "the alarm", func() bool { return strings.Contains(r.cli("sync", "status"), "OKTA DOES NOT ANSWER") })
	up()
	eventually(r.t, "Okta answers again", func() bool { return !strings.Contains(r.cli("sync", "status"), "OKTA DOES NOT ANSWER") })
}

// storm removes more people than the limit, so that a hold is opened.
func (r *rig) storm(idp pusher) {
	var ids []string
	for _, number := range []string{"10", "11", "12", "13"} {
		id, _ := idp.must(http.StatusCreated, "POST", "/Users", zebulon(number))["id"].(string)
		r.awaitStatus(id, oktatest.StatusActive)
		ids = append(ids, id)
	}
	for _, id := range ids {
		idp.setActive(id, false)
	}
	eventually(r.t, "a hold", func() bool { return strings.Contains(r.cli("sync", "status"), "waiting for your answer") })
}

// refusedByCLI collects what commands say that fail, one of them on a database whose URL holds a password.
func (r *rig) refusedByCLI(token string) string {
	var all strings.Builder
	for _, args := range [][]string{
		{"user", "show", "acme", "zebulon-nobody@acme.example", "--database", r.database},
		{"token", "revoke", "acme", token, "--database", r.database},
		{"customer", "list", "--database", "postgres://drawbridge:hushhush@127.0.0.1:1/x?sslmode=disable"},
		{"customer", "list", "--database", "postgres://drawbridge:hush%hush@127.0.0.1:1/x"},
		{"okta", "check", "--okta-org-url", "http://127.0.0.1:1", "--okta-token", rigOktaToken},
		{"serve", "--database", r.database, "--okta-org-url", "https://x.invalid/" + rigOktaToken, "--okta-token", rigOktaToken},
	} {
		var stdout, stderr strings.Builder
		if code := run(r.t.Context(), args, noEnv, &stdout, &stderr); code == exitDone {
			r.t.Errorf("%q is done, want it to fail", args[:2])
		}
		all.WriteString(stdout.String() + stderr.String())
	}
	return all.String()
}

// stuck is how many are.
func (r *rig) stuck() (n int) {
	r.t.Helper()
	for _, line := range strings.Split(r.cli("sync", "status"), "\n") {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "stuck" {
			for _, digit := range fields[1] {
				n = 10*n + int(digit-'0')
			}
		}
	}
	return n
}
