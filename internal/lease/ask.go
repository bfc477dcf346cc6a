package lease

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	maxAnswer = 1 << 20 // the most that is read of an answer's body, in bytes
	maxSaid   = 500     // characters of a server's words that are repeated
)

// desk is what every provider asks with.
type desk struct {
	client          *http.Client
	now             func() time.Time
	sleep           func(context.Context, time.Duration) error
	timeout, budget time.Duration
}

// dialect is what differs between the servers of providers.
type dialect struct {
	said  func(answer) string // the words of a refusal; "" where it has none
	later func(answer) bool   // refusals that mean "later" beside HTTP's own; may be nil
}

// line is the way to one server, for one exchange or revocation.
type line struct {
	*desk
	way *courier.Line
}

// open makes a line to a base URL. The context that it returns ends with the budget.
func (d *desk) open(ctx context.Context, base string, as dialect, secrets ...redact.Secret) (*line, context.Context, context.CancelFunc, error) {
	to := courier.Desk{Client: d.client, Now: d.now, Sleep: d.sleep, Timeout: d.timeout, Budget: d.budget}
	way, ctx, cancel, err := to.Open(ctx, base, courier.Dialect{
		Said:      func(a courier.Answer) string { return as.said(answerOf(a)) },
		MaxAnswer: maxAnswer,
		Later:     func(a courier.Answer) bool { return later(answerOf(a), as) },
	}, secrets...)
	if err != nil {
		return nil, nil, nil, err
	}
	return &line{d, way}, ctx, cancel, nil
}

// later adds to a dialect's refusals RFC 9110's 412, by which Vault says that a server lags behind another
// (https://developer.hashicorp.com/vault/api-docs#http-status-codes).
func later(a answer, as dialect) bool {
	return a.status == http.StatusPreconditionFailed || as.later != nil && as.later(a)
}

// hide adds a secret to those that no error shows.
func (l *line) hide(s redact.Secret) { l.way.Hide(s) }

// base is the URL that the line leads to.
func (l *line) base() string { return l.way.Base() }

// question is one request.
type question struct {
	method string
	path   []string // below the base; each may have several segments
	bare   bool     // the base itself is asked, without a slash at its end
	query  url.Values
	header http.Header
	body   []byte
	// grants is set where the answer holds a credential that can be ended by who holds it: once the question is sent, a
	// cancelled job waits for the answer, since otherwise nobody could.
	grants bool
}

// patience is how much longer a cancelled job waits for an answer that grants something. Runners send the next signal after
// 7.5 s, and kill 2.5 s after that.
const patience = 5 * time.Second

// sent is q as it goes out.
func (q question) sent() courier.Question {
	out := courier.Question{Method: q.method, Path: q.path, Bare: q.bare, Query: q.query, Header: q.header, Body: q.body}
	if q.grants {
		out.Patience = patience
	}
	return out
}

// answer is what a server said.
type answer struct {
	host   string
	status int
	header http.Header
	body   []byte
}

func answerOf(a courier.Answer) answer { return answer{a.Host, a.Status, a.Header, a.Body} }

// ask sends a question, again where that may help, and returns the last answer: one that neither is a
// redirect nor asks to come later. Errors are masked.
func (l *line) ask(ctx context.Context, q question) (answer, error) {
	a, err := l.way.Ask(ctx, q.sent())
	return answerOf(a), err
}

// once sends a question once.
func (l *line) once(ctx context.Context, q question) (answer, error) {
	a, err := l.way.AskOnce(ctx, q.sent())
	return answerOf(a), err
}

// words is what an answer says, in one line that is fit to be printed.
func (l *line) words(a answer) string {
	return l.way.Words(courier.Answer{Host: a.host, Status: a.status, Header: a.header, Body: a.body})
}

// say is a text of an answer as it may be repeated.
func (l *line) say(s string) string { return l.way.Say(s) }

// quoted is an error that quotes an answer, as it may be shown; nil stays nil.
func (l *line) quoted(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(l.say(err.Error()))
}
