package notify

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// mailServer is a mail server that refuses recipients at no.example for good, and those at busy.example for some time.
type mailServer struct {
	net.Listener
	password string // in base64, as AUTH PLAIN has it; empty: it asks for none

	mu    sync.Mutex
	mails []string // recipients, then the text
}

func serveMail(t *testing.T, tlsConfig *tls.Config, password string) *mailServer {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if tlsConfig != nil {
		l = tls.NewListener(l, tlsConfig)
	}
	s := &mailServer{Listener: l, password: password}
	var work sync.WaitGroup
	t.Cleanup(func() { l.Close(); work.Wait() })
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() { defer c.Close(); s.talk(c) })
		}
	})
	return s
}

func (s *mailServer) talk(c net.Conn) {
	fmt.Fprint(c, "220 ready\r\n")
	var to []string
	for in := bufio.NewScanner(c); in.Scan(); {
		line := in.Text()
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		answer := "250 ok"
		switch {
		case verb == "EHLO":
			answer = "250-here\r\n250 AUTH PLAIN"
		case verb == "AUTH" && !strings.HasSuffix(line, s.password):
			answer = "535 not " + line
		case verb == "AUTH":
			answer = "235 welcome"
		case verb == "RCPT" && strings.Contains(line, "@no.example"):
			answer = "550 nobody is called " + line
		case verb == "RCPT" && strings.Contains(line, "@busy.example"):
			answer = "450 later, " + line
		case verb == "RCPT":
			to = append(to, line[strings.Index(line, "<")+1:strings.Index(line, ">")])
		case verb == "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			text := strings.Join(to, ",") + "\n"
			for in.Scan() && in.Text() != "." {
				text += in.Text() + "\n"
			}
			s.mu.Lock()
			s.mails = append(s.mails, text)
			s.mu.Unlock()
		case verb == "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		}
		fmt.Fprint(c, answer+"\r\n")
	}
}

func (s *mailServer) channel(t *testing.T, format string) *Channel {
	t.Helper()
	channels, err := Open([]string{fmt.Sprintf(format, s.Addr())}, false)
	if err != nil {
		t.Fatal(err)
	}
	return channels[0]
}

func TestMail(t *testing.T) {
	s := serveMail(t, nil, "")
	c := s.channel(t, "smtp://%s/?tls=none&from=drawbridge@vendor.example&to=a@vendor.example,b@vendor.example")
	if err := c.Send(t.Context(), aMessage(false)); err != nil {
		t.Fatal(err)
	}
	if err := c.mail.sendTo(t.Context(), []string{"anna@acme.example"}, aMessage(true)); err != nil {
		t.Fatal(err)
	}
	if len(s.mails) != 2 {
		t.Fatalf("mails: %q", s.mails)
	}
	for _, part := range []string{"a@vendor.example,b@vendor.example\n", "Subject: acme: <removals> wait\n", "\n\na & b\n", "notices ack hold:1", "Date: ", "Message-ID: "} {
		if !strings.Contains(s.mails[0], part) {
			t.Errorf("the mail lacks %q:\n%s", part, s.mails[0])
		}
	}
	if !strings.HasPrefix(s.mails[1], "anna@acme.example\n") || strings.Contains(s.mails[1], "a@vendor.example") || !strings.Contains(s.mails[1], "Subject: Over: ") {
		t.Errorf("the mail to a contact:\n%s", s.mails[1])
	}
}

// TestI29_MailFailuresHoldNoSecret talks to a server that repeats passwords and addresses in its answers.
func TestI29_MailFailuresHoldNoSecret(t *testing.T) {
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	defer certified.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	plain := serveMail(t, nil, "")
	withTLS := serveMail(t, &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}, "AHUAcg==") // user u, password r
	const people = "/?from=a@vendor.example&to=" + secret + "@"

	trusted := func(format string) *Channel {
		c := withTLS.channel(t, format)
		c.mail.dial = dialTLS(roots)
		return c
	}
	if err := trusted("smtps://u:r@%s"+people+"vendor.example").Send(t.Context(), aMessage(false)); err != nil {
		t.Errorf("with the right password: %v", err)
	}
	gone := serveMail(t, nil, "")
	gone.Close()
	tests := []struct {
		says string
		code int
		c    *Channel
	}{
		{"the mail server refused the log-in: SMTP 535", 0, trusted("smtps://u:" + secret + "@%s" + people + "vendor.example")},
		{"the certificate is not trusted", 0, withTLS.channel(t, "smtps://u:"+secret+"@%s"+people+"vendor.example")},
		{"SMTP 550", 550, plain.channel(t, "smtp://%s"+people+"no.example&tls=none")},
		{"SMTP 450", 450, plain.channel(t, "smtp://%s"+people+"busy.example&tls=none")},
		{"the mail server breaks off, or offers no STARTTLS or no way to log in that is known", 0, plain.channel(t, "smtp://u:"+secret+"@%s"+people+"vendor.example")},
		{"the connection failed", 0, gone.channel(t, "smtp://u:"+secret+"@%s"+people+"vendor.example")},
	}
	for _, tt := range tests {
		err := tt.c.Send(t.Context(), aMessage(false))
		var f *Failure
		if !errors.As(err, &f) || f.Reason != tt.says || f.Code != tt.code || errors.Unwrap(err) != nil {
			t.Errorf("error %v, want %q and nothing in it", err, tt.says)
		}
	}
	u, _ := url.Parse("smtp://h?from=a@vendor.example&to=b@vendor.example")
	m, err := newMailer(u)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.sendTo(t.Context(), []string{secret}, aMessage(false)); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("an address that is none: %v", err)
	}
}
