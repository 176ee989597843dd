package notify

import (
	"strings"

	"drawbridge/bridge"
)

// Message is what one round of a notice says.
type Message struct {
	Subject  string // the notice's; the same in all of its rounds
	Customer string // id; empty: about the whole org
	Kind     bridge.NoticeKind
	Severity bridge.Severity
	Title    string
	Lines    []string
	Over     bool // the last word: the cause is gone
}

// kindTest marks a message that is about nothing.
const kindTest bridge.NoticeKind = "test"

// TestMessage is a message to try a channel with.
func TestMessage() Message {
	return Message{
		Subject: "test", Kind: kindTest, Severity: bridge.Warning, Title: "Drawbridge: a test",
		Lines: []string{"Somebody tries out this channel with `drawbridge notices test`. There is nothing to do."},
	}
}

func messageOf(n bridge.Notice) Message {
	m := Message{Subject: n.Subject, Customer: n.CustomerID, Kind: n.Kind, Severity: n.Severity, Title: n.Text[0], Lines: n.Text[1:]}
	if !n.Closed.IsZero() {
		m.Over, m.Title, m.Lines = true, "Over: "+m.Title, []string{"This is over since " + at(n.Closed) + ". There is nothing left to do."}
	} else {
		m.Lines = append(m.Lines[:len(m.Lines):len(m.Lines)], "To end these messages: drawbridge notices ack "+n.Subject)
	}
	return m
}

// forContact is what the customer's own people are told of a hold, who have no commands to run.
func forContact(n bridge.Notice) Message {
	m := messageOf(n)
	m.Title, m.Lines = "Removals of your identity provider wait for an answer", []string{
		"Your identity provider has removed unusually many people at once.",
		"Nobody's access was taken away for it yet: the support of this service has been told, and asks what was meant.",
		"If you can tell whether they left, or whether it was a mistake, please tell the support now.",
	}
	if m.Over {
		m.Title, m.Lines = "Removals of your identity provider: answered", []string{"Nothing waits for an answer any more."}
	}
	return m
}

// body is the text without its title.
func (m Message) body() string { return strings.Join(m.Lines, "\n") }
