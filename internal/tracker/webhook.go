package tracker

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// Webhook tells a receiver of each change, signed as Standard Webhooks says
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md): HMAC-SHA256 over
// id, time and body, so that nobody can forge, change or keep one for later. A change that is tried again has the same
// id, by which a receiver knows that it has it.
//
// A receiver can't be asked what it holds, so the tickets are kept in Files as well, each after it was delivered.
type Webhook struct {
	*Files
	desk *courier.Desk
	url  string
	key  redact.Secret
}

// minKey is how many bytes a key must have: what the specification asks for.
const minKey = 24

// NewWebhook makes a backend that delivers to url. A secret that begins with "whsec_" is base64 of the key.
func NewWebhook(o Options, url string, secret redact.Secret, record *Files) (*Webhook, error) {
	key := secret
	if rest, ok := strings.CutPrefix(string(secret.Reveal()), "whsec_"); ok {
		raw, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			return nil, errors.New("the webhook's secret begins with whsec_, and what follows isn't base64")
		}
		key = redact.New(raw)
	}
	if key.Len() < minKey {
		return nil, fmt.Errorf("the webhook's secret has less than %d bytes: expected WEBHOOK_SECRET in the environment, with at least as many random ones", minKey)
	}
	return &Webhook{Files: record, desk: o.desk(), url: url, key: key}, nil
}

// Event is what a receiver gets. Its texts are inert Markdown.
type Event struct {
	Schema      int       `json:"schema"`
	Type        string    `json:"type"` // "ticket.STATE"
	Timestamp   time.Time `json:"timestamp"`
	Fingerprint string    `json:"fingerprint"`
	Repository  string    `json:"repository"`
	Owner       string    `json:"owner"`
	Project     string    `json:"project,omitempty"`
	Title       string    `json:"title"`
	State       string    `json:"state"`
	Open        bool      `json:"open"`
	Severity    string    `json:"severity,omitempty"`
	Since       time.Time `json:"since"`
	Due         time.Time `json:"due,omitzero"`
	Findings    []string  `json:"findings"`
	Labels      []string  `json:"labels"`
	Body        string    `json:"body"`
	Comment     string    `json:"comment,omitempty"`
}

// Create implements ticket.Backend.
func (w *Webhook) Create(ctx context.Context, d ticket.Draft) (string, error) {
	if err := w.deliver(ctx, d); err != nil {
		return "", err
	}
	return w.Files.Create(ctx, d)
}

// Update implements ticket.Backend.
func (w *Webhook) Update(ctx context.Context, key string, d ticket.Draft) error {
	file, _, err := w.read(ctx, key)
	if err != nil || d.Done(file.ticket()) {
		return err
	}
	if err := w.deliver(ctx, d); err != nil {
		return err
	}
	return w.Files.Update(ctx, key, d)
}

// deliver sends a change until the receiver says that it has it.
func (w *Webhook) deliver(ctx context.Context, d ticket.Draft) error {
	at := w.now().UTC()
	e := Event{
		Schema: fileSchema, Type: "ticket." + string(d.Memo.State), Timestamp: at, Fingerprint: d.Fingerprint,
		Repository: d.Memo.Repository, Owner: d.Memo.Owner, Project: d.Project, Title: d.Title, State: string(d.Memo.State),
		Open: d.Open(), Since: d.Memo.Since, Due: d.Due, Findings: d.Memo.Findings, Labels: d.Labels,
		Body: d.Body.Markdown(), Comment: d.Comment.Markdown(),
	}
	if d.Memo.Severity != 0 {
		e.Severity = d.Memo.Severity.String()
	}
	if e.Findings == nil {
		e.Findings = []string{}
	}
	body, err := jsontree.Line(e)
	if err != nil {
		return err
	}
	line, ctx, cancel, err := w.desk.Open(ctx, w.url, courier.Dialect{}, w.key)
	if err != nil {
		return err
	}
	defer cancel()
	id, stamp := "evt_"+d.Event(), strconv.FormatInt(at.Unix(), 10)
	a, err := line.Ask(ctx, courier.Question{Method: http.MethodPost, Bare: true, Body: body, Header: http.Header{
		"Content-Type": {"application/json"}, "Webhook-Id": {id}, "Webhook-Timestamp": {stamp},
		"Webhook-Signature": {"v1," + Sign(w.key, id, stamp, body)},
	}})
	if err != nil {
		return err
	}
	if a.Status < 200 || a.Status > 299 {
		return &refusedError{status: a.Status, words: line.Words(a)}
	}
	return nil
}

// Sign is base64 of HMAC-SHA256 over "ID.TIMESTAMP.BODY".
func Sign(key redact.Secret, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key.Reveal())
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
