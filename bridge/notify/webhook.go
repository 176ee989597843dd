package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"drawbridge/bridge"
)

// webhook POSTs messages as JSON.
type webhook struct {
	url    string // holds secrets
	client *http.Client
	body   func(Message) any
}

func (w *webhook) send(ctx context.Context, m Message) error {
	body, err := json.Marshal(w.body(m))
	if err != nil {
		return &Failure{Reason: "the message cannot be written as JSON"}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil { // whose text repeats the URL
		return &Failure{Reason: "the URL cannot be used"}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Drawbridge")
	answer, err := w.client.Do(r)
	if err != nil {
		return unanswered(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer)) // read so that the connection can be used again
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return answered("HTTP", answer.StatusCode)
	}
	return nil
}

// slackBody is what Slack's incoming webhooks take: mrkdwn, in which three characters are escaped.
func slackBody(m Message) any {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	return map[string]any{"text": "*" + escape.Replace(m.Title) + "*\n" + escape.Replace(m.body())}
}

// teamsBody is what the webhook trigger of a Teams workflow takes: a message with an Adaptive Card.
func teamsBody(m Message) any {
	blocks := []map[string]any{{"type": "TextBlock", "text": m.Title, "weight": "Bolder", "size": "Medium", "wrap": true}}
	for _, line := range m.Lines {
		blocks = append(blocks, map[string]any{"type": "TextBlock", "text": line, "wrap": true})
	}
	return map[string]any{
		"type": "message",
		"attachments": []map[string]any{{
			"contentType": "application/vnd.microsoft.card.adaptive",
			"content": map[string]any{
				"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": blocks,
			},
		}},
	}
}

// pagerDutyBody is an event of PagerDuty's Events API v2: all rounds of a notice are one alert, which the last word resolves.
func pagerDutyBody(key string, m Message) any {
	action := "trigger"
	if m.Over {
		action = "resolve"
	}
	return map[string]any{
		"routing_key": key, "event_action": action, "dedup_key": "drawbridge:" + m.Subject,
		"payload": map[string]any{
			"summary": m.Title, "source": "drawbridge", "severity": m.Severity, "class": m.Kind, "custom_details": map[string]any{"text": m.body()},
		},
	}
}

// plainBody is what a plain webhook gets; its names are part of the interface.
func plainBody(m Message) any {
	return struct {
		Subject    string            `json:"subject"`
		Kind       bridge.NoticeKind `json:"kind"`
		Severity   bridge.Severity   `json:"severity"`
		CustomerID *string           `json:"customer_id"` // null: about the whole org
		Over       bool              `json:"over"`
		Title      string            `json:"title"`
		Lines      []string          `json:"lines"`
	}{m.Subject, m.Kind, m.Severity, optional(m.Customer), m.Over, m.Title, m.Lines}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
