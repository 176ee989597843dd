package notify

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/bridge"
)

// aMessage is of a hold, whose text has what the channels must escape.
func aMessage(over bool) Message {
	n := bridge.Notice{
		CustomerID: "c1", Subject: "hold:1", Kind: bridge.NoticeHold, Severity: bridge.Critical, Text: []string{"acme: <removals> wait", "a & b"},
	}
	if over {
		n.Closed = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	}
	return messageOf(n)
}

// channelTo opens a channel of a URL that begins with kind, to a server whose certificate it trusts.
func channelTo(t *testing.T, server *httptest.Server, kind, path string) *Channel {
	t.Helper()
	_, c, err := open(kind+strings.TrimPrefix(server.URL, "https")+path, server.Client(), true)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWebhooks(t *testing.T) {
	var path, body string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		path, body = r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Content-Type"), string(b)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	const ack = "To end these messages: drawbridge notices ack hold:1"
	tests := []struct{ kind, path, want, body string }{
		{"slack", "/services/T/B/X", "POST /services/T/B/X application/json", `{"text": "*acme: &lt;removals&gt; wait*\na &amp; b\n` + ack + `"}`},
		{"teams", "/w?sig=s", "POST /w?sig=s application/json", `{"type": "message", "attachments": [{
			"contentType": "application/vnd.microsoft.card.adaptive", "content": {
				"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": [
					{"type": "TextBlock", "text": "acme: <removals> wait", "weight": "Bolder", "size": "Medium", "wrap": true},
					{"type": "TextBlock", "text": "a & b", "wrap": true}, {"type": "TextBlock", "text": "` + ack + `", "wrap": true}]}}]}`},
		{"pagerduty", "/KEY", "POST /v2/enqueue application/json", `{"routing_key": "KEY", "event_action": "trigger", "dedup_key": "drawbridge:hold:1", "payload": {
			"summary": "acme: <removals> wait", "source": "drawbridge", "severity": "critical", "class": "hold", "custom_details": {"text": "a & b\n` + ack + `"}}}`},
		{"generic+https", "/x?y=z", "POST /x?y=z application/json", `{"subject": "hold:1", "kind": "hold", "severity": "critical", "customer_id": "c1", "over": false,
			"title": "acme: <removals> wait", "lines": ["a & b", "` + ack + `"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			if err := channelTo(t, server, tt.kind, tt.path).Send(t.Context(), aMessage(false)); err != nil {
				t.Fatal(err)
			}
			if path != tt.want {
				t.Errorf("request %q, want %q", path, tt.want)
			}
			var got, want any
			if err := errors.Join(json.Unmarshal([]byte(body), &got), json.Unmarshal([]byte(tt.body), &want)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("the last word resolves PagerDuty's alert", func(t *testing.T) {
		if err := channelTo(t, server, "pagerduty", "/KEY").Send(t.Context(), aMessage(true)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(body, `"resolve"`) || !strings.Contains(body, `"drawbridge:hold:1"`) {
			t.Error(body)
		}
	})
}

// TestI29_FailuresHoldNoSecret has every way of failing told, by servers that repeat what they were sent.
func TestI29_FailuresHoldNoSecret(t *testing.T) {
	refusing := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.String())
		w.WriteHeader(map[string]int{"/404": 404, "/302": 302}[r.URL.Path])
		_, _ = io.WriteString(w, r.URL.String())
	}))
	defer refusing.Close()
	gone := httptest.NewTLSServer(http.NotFoundHandler())
	gone.Close()
	open := func(url string) *Channel {
		channels, err := Open([]string{url}, true)
		if err != nil {
			t.Fatal(err)
		}
		return channels[0]
	}
	redirected := channelTo(t, refusing, "slack", "/302?x="+secret)
	redirected.to.(*webhook).client.CheckRedirect = newClient(true).CheckRedirect
	for says, c := range map[string]*Channel{
		"HTTP 404":                       channelTo(t, refusing, "slack", "/404?x="+secret),
		"HTTP 302":                       redirected,
		"the connection failed":          channelTo(t, gone, "slack", "/"+secret),
		"the certificate is not trusted": open("slack" + strings.TrimPrefix(refusing.URL, "https") + "/" + secret),
		"the host name is not known":     open("slack://" + secret + ".invalid/x"),
	} {
		err := c.Send(t.Context(), aMessage(false))
		var f *Failure
		if !errors.As(err, &f) || err.Error() != says || errors.Unwrap(err) != nil {
			t.Errorf("error %v, want %q and nothing in it", err, says)
		}
	}
}

// TestPrivateAddressesAreRefused: by address, by name and by redirect, and nothing arrives.
func TestPrivateAddressesAreRefused(t *testing.T) {
	var arrived atomic.Int32
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived.Add(1) }))
	defer inside.Close()
	byAddress := "generic+" + inside.URL + "/x"
	byName := strings.Replace(byAddress, "127.0.0.1", "localhost", 1)
	channels, err := Open([]string{byAddress, byName, "slack" + strings.TrimPrefix(byAddress, "generic+https")}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range channels {
		err := c.Send(t.Context(), aMessage(false))
		if err == nil || !strings.Contains(err.Error(), "--notify-private") {
			t.Errorf("channel %s to a local address: %v", c.Name(), err)
		}
	}
	outside := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusTemporaryRedirect))
	defer outside.Close()
	channels, err = Open([]string{"generic+" + outside.URL + "/x"}, true)
	if err != nil {
		t.Fatal(err)
	}
	channels[0].to.(*webhook).client.Transport.(*http.Transport).TLSClientConfig = inside.Client().Transport.(*http.Transport).TLSClientConfig
	if err := channels[0].Send(t.Context(), aMessage(false)); err == nil || err.Error() != "HTTP 307" {
		t.Errorf("a redirect: %v", err)
	}
	if n := arrived.Load(); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "93.184.215.14": true, "2606:4700:4700::1111": true, "::ffff:8.8.8.8": true, "100.63.255.255": true, "172.32.0.1": true,
		"127.0.0.1": false, "127.8.9.10": false, "::1": false, "::ffff:127.0.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "::": false,
		"10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false, "fd00:ec2::254": false, "fc00::1": false,
		"169.254.169.254": false, "::ffff:169.254.169.254": false, "fe80::1%eth0": false, "100.100.100.200": false, "192.0.0.192": false,
		"64:ff9b::a9fe:a9fe": false, "2002:7f00:1::": false, "::127.0.0.1": false, "224.0.0.1": false, "ff02::1": false,
		"255.255.255.255": false, "240.0.0.1": false, "198.18.0.1": false, "203.0.113.9": false, "2001:db8::1": false, "2001::1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %t, want %t", address, got, want)
		}
	}
}
