package tracker

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Options say how to ask a tracker. Now must be set; the zero of the rest is fit for use.
type Options struct {
	// Client's transport sends the requests: proxies and certificates are set there.
	Client  *http.Client
	Now     func() time.Time
	Sleep   func(ctx context.Context, d time.Duration) error // nil is a real pause
	Timeout time.Duration                                    // for one try; 0 is 30 s
	Budget  time.Duration                                    // for one ticket, or one list; 0 is 5 min
}

func (o Options) desk() *courier.Desk {
	d := &courier.Desk{Client: courier.Client(o.Client), Now: o.Now, Sleep: o.Sleep, Timeout: o.Timeout, Budget: o.Budget}
	if d.Sleep == nil {
		d.Sleep = courier.Pause
	}
	if d.Timeout <= 0 {
		d.Timeout = 30 * time.Second
	}
	if d.Budget <= 0 {
		d.Budget = 5 * time.Minute
	}
	return d
}

// service is a tracker with a JSON API at one address.
type service struct {
	desk    *courier.Desk
	base    string
	secrets []redact.Secret // that no error shows
	auth    redact.Secret   // of the header Authorization
	dialect courier.Dialect
}

// service is one by a bearer token, or by a user whose password the token is.
func (o Options) service(url, user string, token redact.Secret, said func(courier.Answer) string) service {
	scheme, shown := "Bearer ", token
	if user != "" {
		scheme, shown = "Basic ", redact.New([]byte(base64.StdEncoding.EncodeToString([]byte(user+":"+string(token.Reveal())))))
	}
	return service{
		desk: o.desk(), base: url, secrets: []redact.Secret{token, shown}, dialect: courier.Dialect{Said: said, MaxAnswer: maxAnswer},
		auth: redact.New([]byte(scheme + string(shown.Reveal()))),
	}
}

const (
	maxAnswer = 16 << 20 // a page of a hundred tickets, in bytes
	maxListed = 100_000  // tickets of a list
)

// errListed says that a list has no end that would be waited for.
var errListed = fmt.Errorf("the tracker lists more than %d tickets, which are read at most", maxListed)

// request is one question in JSON.
type request struct {
	method string
	path   []string
	query  url.Values
	body   any  // nil for none
	once   bool // as courier.Question's
}

// do asks and reads the answer into out, which may be nil. Whatever isn't 2xx is an error.
func (s *service) do(ctx context.Context, r request, out any) error {
	_, err := s.ask(ctx, r, out)
	return err
}

// ask is do that returns the answer's header, too.
func (s *service) ask(ctx context.Context, r request, out any) (http.Header, error) {
	line, ctx, cancel, err := s.desk.Open(ctx, s.base, s.dialect, s.secrets...)
	if err != nil {
		return nil, err
	}
	defer cancel()
	q := courier.Question{Method: r.method, Path: r.path, Query: r.query, Once: r.once, Header: http.Header{
		"Accept": {"application/json"}, "Authorization": {string(s.auth.Reveal())},
	}}
	if r.body != nil {
		if q.Body, err = jsontree.Line(r.body); err != nil {
			return nil, err
		}
		q.Header.Set("Content-Type", "application/json")
	}
	a, err := line.Ask(ctx, q)
	if err != nil {
		return nil, err
	}
	if a.Status < 200 || a.Status > 299 {
		return nil, &refusedError{status: a.Status, words: line.Words(a), field: onlyField(a)}
	}
	if out == nil {
		return a.Header, nil
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		why := fmt.Sprintf("%s answered %d, and no JSON that is right: is it the address of its API?", a.Host, a.Status)
		if r.once {
			return nil, &courier.UnsureError{Why: why}
		}
		return nil, errors.New(why)
	}
	return a.Header, nil
}

// refusedError is a final answer that isn't a success.
type refusedError struct {
	status int
	words  string
	field  string // the only one that it is about; "" where it isn't known, or there are several
}

// onlyField is the one field that a refusal is about, as Jira says it.
func onlyField(a courier.Answer) string {
	var e struct {
		Messages []string          `json:"errorMessages"`
		Errors   map[string]string `json:"errors"`
	}
	if json.Unmarshal(a.Body, &e) != nil || len(e.Messages) > 0 || len(e.Errors) != 1 {
		return ""
	}
	for name := range e.Errors {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == "" { // else it is no field of Jira's own
			return name
		}
	}
	return ""
}

func (e *refusedError) Error() string {
	switch e.status {
	case http.StatusUnauthorized:
		return e.words + ": is the token right, and not expired?"
	case http.StatusForbidden:
		return e.words + ": may the token's account do that?"
	}
	return e.words
}
