package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"drawbridge/bridge/store/storetest"
)

// TestDemo_InvitationWorks does what a reader does: every line that the demo prints in the end is carried out.
func TestDemo_InvitationWorks(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &hookedBuffer{text: " doctor --database"} // the last line
	out.hook = func() {
		defer stop()
		followInvitation(t, out.String())
	}
	c := demoCmd{SyncSchedule: "@every 30s", Listen: "127.0.0.1:0", Database: "sqlite:" + filepath.Join(storetest.Dir(t), "demo.db")}
	err := c.stage(ctx, streams{out, io.Discard}, smallWorld())
	if err != nil || !strings.Contains(out.String(), "stop it with Ctrl-C") {
		t.Errorf("stage = %v after\n%s", err, out)
	}
}

func followInvitation(t *testing.T, text string) {
	t.Helper()
	commands := 0
	for line := range strings.SplitSeq(text, "\n") {
		words := shellWords(strings.TrimSpace(line))
		switch {
		case words[0] == "curl":
			commands++
			followCurl(t, words[1:])
		case strings.HasPrefix(line, "    "+program()+" "):
			commands++
			args := shellWords(strings.TrimPrefix(line, "    "+program()))
			var stdout, stderr strings.Builder
			want := map[string]int{"doctor": exitFailed, "disconnect undo": exitPerson}[strings.TrimSuffix(strings.Join(args[:2], " "), " --database")]
			if code := run(t.Context(), args, noEnv, &stdout, &stderr); code != want || stdout.Len() == 0 {
				t.Errorf("%q: exit %d, stdout %q, stderr %q; want exit %d", args, code, stdout.String(), stderr.String(), want)
			}
		}
	}
	if commands != 15 {
		t.Errorf("%d commands were found, want 15:\n%s", commands, text)
	}
}

// followCurl makes the request that curl would. What reads is repeated until it is answered: Okta follows in its time.
func followCurl(t *testing.T, args []string) {
	t.Helper()
	var last string
	eventually(t, "a good answer to curl "+strings.Join(args, " "), func() bool {
		req := curlRequest(t, args)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return true
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		last = resp.Status + " " + string(body)
		ok := resp.StatusCode < 300 && !strings.Contains(string(body), `"totalResults":0`)
		if !ok && req.Method != http.MethodGet {
			t.Errorf("%s is answered with %s", req.Method, last)
		}
		return ok || req.Method != http.MethodGet
	})
}

// curlRequest understands the options that the invitation uses, and no others.
func curlRequest(t *testing.T, args []string) *http.Request {
	t.Helper()
	method, address, body, query := http.MethodGet, "", "", ""
	header := http.Header{}
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "-sS", "-G":
			continue
		case "-X":
			method = args[i+1]
		case "-H":
			name, value, _ := strings.Cut(args[i+1], ": ")
			header.Set(name, value)
		case "-d":
			body = args[i+1]
		case "--data-urlencode":
			name, value, _ := strings.Cut(args[i+1], "=")
			query = "?" + url.Values{name: {value}}.Encode()
		default:
			if strings.HasPrefix(args[i], "-") || address != "" {
				t.Fatalf("curl: what is %q?", args[i])
			}
			address = args[i]
			continue
		}
		i++
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	return req
}

// shellWords splits a line as a shell does where only single quotes are used. The result is never empty.
func shellWords(line string) []string {
	words, quoted, begun := []string{""}, false, false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted, begun = !quoted, true
		case r == ' ' && !quoted:
			if begun {
				words, begun = append(words, ""), false
			}
		default:
			words[len(words)-1] += string(r)
			begun = true
		}
	}
	return words
}
