package ticket_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// start is when all tests begin.
var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

const repository = "acme/shop"

// shelf is a fake tracker that forgets nothing and lags behind nothing.
type shelf struct {
	tickets []ticket.Ticket
	drafts  map[string]ticket.Draft // the last of each key
	said    []string                // comments, by key and event
	now     func() time.Time
}

func (s *shelf) List(context.Context, string) ([]ticket.Ticket, error) {
	return slices.Clone(s.tickets), nil
}
func (s *shelf) Lag() time.Duration { return 0 }

func (s *shelf) Create(_ context.Context, d ticket.Draft) (string, error) {
	print, repo := ticket.ReadLabels(d.Labels)
	key := fmt.Sprintf("T-%d", len(s.tickets)+1)
	s.tickets = append(s.tickets, ticket.Ticket{
		Key: key, Fingerprint: print, Repository: repo, Open: d.Open(), Created: s.now(), Memo: ticket.ReadMemo(d.Body.Markdown()),
	})
	s.keep(key, d)
	return key, nil
}

func (s *shelf) Update(_ context.Context, key string, d ticket.Draft) error {
	t := s.get(key)
	if d.Done(*t) {
		return nil
	}
	t.Open, t.Memo = d.Open(), ticket.ReadMemo(d.Body.Markdown())
	if len(d.Comment) > 0 {
		s.said = append(s.said, key+" "+string(d.Memo.State)+" "+d.Comment.PlainText())
	}
	s.keep(key, d)
	return nil
}

func (s *shelf) keep(key string, d ticket.Draft) {
	if s.drafts == nil {
		s.drafts = map[string]ticket.Draft{}
	}
	s.drafts[key] = d
}

func (s *shelf) get(key string) *ticket.Ticket {
	i := slices.IndexFunc(s.tickets, func(t ticket.Ticket) bool { return t.Key == key })
	return &s.tickets[i]
}

// result is one of a scan that read all there is.
func result(fs ...finding.Finding) *scan.Result {
	finding.Assign(fs)
	return &scan.Result{
		Schema: scan.Schema, Findings: fs, Manifest: scan.Manifest{Path: manifest.Path, SHA256: strings.Repeat("ab", 32)},
		Checked: scan.Checked{Sources: scan.Sources(), Scope: scan.InHistory},
	}
}

func region(path string, line int) source.Region {
	p := source.Pos{Line: line, Col: 1, Offset: line * 10}
	return source.Region{Path: path, Span: source.Span{Start: p, End: source.Pos{Line: line, Col: 2, Offset: line*10 + 1}}}
}

// secretRead is a finding about a stored secret.
func secretRead(name, owner string, line int, s finding.Severity) finding.Finding {
	return finding.Finding{
		Rule: "secret-unentitled", Severity: s, Message: name + " is read by a job that no identity entitles to it",
		Region: region(".github/workflows/release.yml", line), Owner: owner, Job: "publish", Key: "secret " + name,
		Credential: &finding.Credential{Secret: name}, Fix: "add an exception",
	}
}

// token is a finding about a GitHub token in a file.
func token(print, path string) finding.Finding {
	return finding.Finding{
		Rule: "long-lived-token", Severity: finding.High, Message: "a GitHub token stands in a file", Region: region(path, 3),
		Key: print, Credential: &finding.Credential{Detector: "github-pat", Kind: "GitHub classic personal access token", Fingerprint: print},
	}
}

func policy(open, fresh int) *manifest.Policy {
	return &manifest.Policy{Tickets: &manifest.TicketCaps{MaxOpenPerOwner: open, MaxNewPerDay: fresh}}
}

func owned(t *testing.T) *manifest.Manifest {
	t.Helper()
	m, errs := manifest.Parse(manifest.Path, []byte(`version: 1
owners:
  web: { team: "@acme/web", escalate: "@acme/appsec", tickets: { jira: PAY } }
  ops: { person: "@olga" }
`))
	if m == nil {
		t.Fatal(errs)
	}
	return m
}

// world is a shelf and the time.
type world struct {
	*testing.T
	shelf  shelf
	now    time.Time
	policy *manifest.Policy
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, now: start, policy: policy(50, 50)}
	w.shelf.now = func() time.Time { return w.now }
	return w
}

func (w *world) input(r *scan.Result) ticket.Input {
	return ticket.Input{Repository: repository, Result: r, Manifest: owned(w.T), Policy: w.policy, Now: w.now}
}

// sync brings the shelf in line and holds that nothing is left to do then.
func (w *world) sync(r *scan.Result) *ticket.Result {
	w.Helper()
	clock := ticket.Clock{Now: func() time.Time { return w.now }}
	out, err := ticket.Sync(w.Context(), &w.shelf, w.input(r), clock, func(ticket.Change) {})
	if err != nil {
		w.Fatal(err)
	}
	again, err := ticket.Plan(w.shelf.tickets, w.input(r))
	if err != nil {
		w.Fatal(err)
	}
	for _, c := range again.Changes {
		w.Errorf("once more: %s %s from %s to %s (%s)", c.Action, c.Key, c.From, c.Draft.Memo.State, c.Draft.Title)
	}
	return out
}

// states lists "KEY state".
func (w *world) states() string {
	var out []string
	for _, t := range w.shelf.tickets {
		if t.Open == t.Memo.State.Over() {
			w.Errorf("%s is open %t and %s", t.Key, t.Open, t.Memo.State)
		}
		out = append(out, t.Key+" "+string(t.Memo.State))
	}
	return strings.Join(out, ", ")
}

func (w *world) want(states string) {
	w.Helper()
	if got := w.states(); got != states {
		w.Errorf("%q, want %q", got, states)
	}
}

// random is a result with some of a few causes, and now and then a source that wasn't read.
func random(rng *rand.Rand) *scan.Result {
	var fs []finding.Finding
	for i := range 9 {
		f := secretRead(fmt.Sprintf("SECRET_%d", i), []string{"web", "ops", ""}[i%3], 10*i+1, finding.Severity(2+rng.IntN(4)))
		switch rng.IntN(6) {
		case 0, 1:
			continue
		case 2:
			f.Suppressed = &finding.Suppression{Kind: "exception", Until: "2027-01-31"}
		}
		fs = append(fs, f)
	}
	for i := range 3 {
		f := token(fmt.Sprintf("sha256:%d", i), fmt.Sprintf("f%d", i))
		switch rng.IntN(5) {
		case 0, 1:
			continue
		case 2:
			f.Severity, f.Liveness = finding.Note, &finding.Liveness{Status: "dead"}
		case 3:
			f.History = &finding.History{}
		}
		fs = append(fs, f)
	}
	r := result(fs...)
	if rng.IntN(5) == 0 {
		r.Checked.Sources = r.Checked.Sources[:rng.IntN(3)]
	}
	if rng.IntN(5) == 0 {
		r.NotChecked = []scan.NotChecked{{Source: scan.Secrets, What: "big.bin", Reason: "larger than 100 MB"}}
	}
	return r
}
