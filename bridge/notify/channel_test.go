package notify

import (
	"strings"
	"testing"
)

const secret = "hushhush"

func TestOpen(t *testing.T) {
	good := []string{
		"smtp://user:" + secret + "@mail.example/?from=a@vendor.example&to=b@vendor.example,c@vendor.example&to=d@vendor.example",
		"smtp://mail.example:25?from=a@vendor.example&to=b@vendor.example&tls=none",
		"smtps://user:" + secret + "@mail.example?from=a@vendor.example&to=b@vendor.example",
		"slack://hooks.slack.com/services/T/B/" + secret,
		"teams://prod.logic.azure.example/workflows/1/triggers/manual/paths/invoke?sig=" + secret,
		"pagerduty://events.eu.pagerduty.com/" + secret,
		"generic+https://user:" + secret + "@hooks.example/x",
	}
	channels, err := Open(good, false)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range channels {
		names = append(names, c.Name())
	}
	want := "#1 (smtp) #2 (smtp) #3 (smtp) #4 (slack) #5 (teams) #6 (pagerduty) #7 (generic)"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("names %q, want %q", got, want)
	}
	if m := channels[0].mail; len(m.to) != 3 {
		t.Errorf("mail goes to %q", m.to)
	}
}

func TestI29_BadChannelsAreNamedWithoutTheirSecret(t *testing.T) {
	tests := []struct{ name, url, says string }{
		{"nothing", "", "#2: it must begin"},
		{"no URL", "slack://h:" + secret + "%zz@x/y", "#2: this is no URL"},
		{"a password that was not encoded", "smtp://user:" + secret + "/#@mail.example/?from=a@b.example&to=c@d.example", "#2: this is no URL"},
		{"the webhook's own URL", "https://hooks.slack.com/services/" + secret, "slack://"},
		{"a scheme that is a secret", secret + "://x", "#2: it must begin"},
		{"no host", "slack:" + secret, "#2: it must begin"},
		{"Slack without its path", "slack://" + secret, "#2 (slack): the path is missing"},
		{"Teams without its path", "teams://" + secret + "/", "#2 (teams): the path is missing"},
		{"PagerDuty without its key", "pagerduty://" + secret, "#2 (pagerduty): it must look like"},
		{"PagerDuty with more", "pagerduty://h/a/" + secret, "#2 (pagerduty): it must look like"},
		{"an open webhook", "generic+http://h/" + secret, "#2 (generic): a webhook on the open network needs https"},
		{"nobody to mail to", "smtp://u:" + secret + "@h?from=a@b.example", "#2 (smtp): say from whom and to whom"},
		{"no address", "smtp://u:" + secret + "@h?from=a@b.example&to=" + secret, "#2 (smtp): an address"},
		{"a parameter of another program", "smtp://u@h?password=" + secret, "#2 (smtp): after the host only"},
		{"a user alone", "smtp://" + secret + "@h?from=a@b.example&to=c@d.example", "#2 (smtp): give both user and password"},
		{"an open password", "smtp://u:" + secret + "@h?from=a@b.example&to=c@d.example&tls=none", "#2 (smtp): with tls=none the password"},
		{"another tls", "smtp://u:" + secret + "@h?from=a@b.example&to=c@d.example&tls=maybe", "#2 (smtp): tls is none"},
		{"a port of nowhere", "smtp://u:" + secret + "@h:99999?from=a@b.example&to=c@d.example", "#2 (smtp): the host or the port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open([]string{"slack://h/x", tt.url}, false)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error %v, want one that says %q", err, tt.says)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}
