package revoke

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/verify"
)

// Status is what became of a credential.
type Status string

// The statuses.
const (
	Done   Status = "done"   // its service says that it is dead
	Failed Status = "failed" // it still works
	Unsure Status = "unsure" // nobody knows
)

// Outcome is what Revoke came to. Its texts are masked and fit to be printed.
type Outcome struct {
	Status  Status
	Reason  string
	Service string
	Host    string // that was asked to end it
}

const (
	maxReason = 400 // characters
	maxAnswer = 64 << 10
)

// Revoke ends a credential: one request, which isn't repeated unless the service says that there were too many, and then
// the question whether it is dead. An error means that nobody was asked to end it.
func (r *Revoker) Revoke(ctx context.Context, c verify.Candidate) (Outcome, error) {
	w, base, err := r.way(c)
	if err != nil {
		return Outcome{}, err
	}
	if w.signed && (r.opt.AWS.ID == "" || r.opt.AWS.Secret.Len() == 0) {
		return Outcome{}, errNoAWSKeys
	}
	if err := ctx.Err(); err != nil {
		return Outcome{}, fmt.Errorf("nothing was sent: %w", err)
	}
	worked := w.blind && r.verifier.Verify(ctx, []verify.Candidate{c})[0].Status == verify.Live
	if err := ctx.Err(); err != nil {
		return Outcome{}, fmt.Errorf("nobody was asked to end it: %w", err)
	}
	said, words := r.tell(ctx, w, base.String(), c)
	asked := r.ask(ctx, c, said)
	status, reason := r.judge(w, said, words, asked, worked)
	return Outcome{
		Status: status, Service: w.service, Host: base.Host,
		Reason: verify.Tidy(reason, maxReason, r.secrets(c)...),
	}, nil
}

// tell asks the service to end it.
func (r *Revoker) tell(ctx context.Context, w *way, base string, c verify.Candidate) (word, string) {
	desk := &courier.Desk{Client: courier.Client(r.opt.Client), Now: r.opt.Now, Sleep: r.opt.Sleep, Timeout: r.opt.Timeout, Budget: 4 * r.opt.Timeout}
	line, ctx, cancel, err := desk.Open(ctx, base, courier.Dialect{MaxAnswer: maxAnswer}, r.secrets(c)...)
	if err != nil {
		return word{kind: refused}, err.Error()
	}
	defer cancel()
	var a courier.Answer
	if w.signed {
		a, err = r.askAWS(ctx, line, c.Value)
	} else {
		q := courier.Question{Method: w.method, Path: w.pathFor(c.Value), Header: w.header(c.Value), Once: true, Patience: r.opt.Timeout}
		if w.body != nil {
			q.Body = w.body(c.Value)
		}
		a, err = line.Ask(ctx, q)
	}
	if err != nil {
		return word{kind: unheard}, err.Error()
	}
	said := w.read(a)
	words := fmt.Sprintf("%s answered %d", a.Host, a.Status)
	if code := codeOf(said.code, r.secrets(c)); code != "" {
		words += ", " + code
	}
	return said, words
}

// codeForm is that of a service's codes. Its other words aren't repeated: they may hold pieces of what was sent.
var codeForm = regexp.MustCompile(`^[A-Za-z_.]{1,60}$`)

// codeOf is a code that can't be a part of a credential.
func codeOf(code string, secrets []redact.Secret) string {
	if !codeForm.MatchString(code) {
		return ""
	}
	for _, s := range secrets {
		if strings.Contains(string(s.Reveal()), code) || strings.Contains(code, string(s.Reveal())) {
			return ""
		}
	}
	return code
}

// waits are the pauses before it is asked whether the credential is dead: services take their time.
func waits() []time.Duration {
	return []time.Duration{0, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second}
}

// ask asks whether a credential is dead, again as long as its service took the request and the credential still works. It
// asks once whoever still wants to know: the request has been sent.
func (r *Revoker) ask(ctx context.Context, c verify.Candidate, said word) verify.Result {
	var last verify.Result
	for _, wait := range waits() {
		if wait > 0 && r.opt.Sleep(ctx, wait) != nil {
			break
		}
		last = r.verifier.Verify(context.WithoutCancel(ctx), []verify.Candidate{c})[0]
		if last.Status != verify.Live || said.kind == refused {
			break
		}
	}
	return last
}

// judge is what follows from the answer to the request and from what is known of the credential since. That a service
// doesn't know it says nothing alone, as another server may have issued it: it must have worked there before.
func (r *Revoker) judge(w *way, said word, words string, asked verify.Result, worked bool) (Status, string) {
	switch asked.Status {
	case verify.Live:
		if said.kind == accepted || said.kind == unheard {
			return Unsure, words + "; it still works, and may end later: ask again by curfew scan --verify"
		}
		return Failed, words + "; it still works"
	case verify.Dead:
		switch {
		case said.kind == revoked, worked:
			return Done, words + "; asked again, " + asked.Reason
		case r.own(w) && !asked.Stranger:
			return Done, words + "; it is dead, perhaps since before: " + asked.Reason
		}
		return Unsure, words + "; " + asked.Reason + ": it is dead since before, or another server issued it"
	}
	switch said.kind {
	case revoked:
		return Done, words + ", which says that it is revoked; asked again: " + asked.Reason
	case accepted, unheard:
	case refused:
		words += ", which is a refusal"
	}
	return Unsure, words + "; whether it works isn't known: " + asked.Reason
}
