package tracker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/ticket"
)

const repository = "acme/shop"

var start = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// clock is the time of a test; pauses pass at once.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return nil
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.at) {
		c.at = t
	}
}

// row is a ticket as any tracker has it, for comparison.
type row struct {
	fingerprint string
	open        bool
	state       ticket.State
	turn        int
	title       string
	comments    int
}

// side is a tracker under test.
type side interface {
	// backend is a new process' way to it; requests go by a transport, or whatever else it does by a step.
	backend(t *testing.T, c *clock, steps *steps) ticket.Backend
	// rows are the tickets that are there.
	rows(t *testing.T) []row
	// person closes a ticket by hand.
	person(t *testing.T, fingerprint string)
}

// errKilled ends a process that is killed.
var errKilled = errors.New("killed")

// steps are what a process does outside of itself, one after the other. It is killed at one of them.
type steps struct {
	n      int
	at     int  // the step at which it is killed; 0 for never
	after  bool // the step has been done by then
	cancel context.CancelCauseFunc
	faults *rand.Rand // where some answers are lost, or refused for a while
}

// step does one; lost is set where it was done, and its answer doesn't arrive.
func (s *steps) step(do func() error) error {
	s.n++
	switch {
	case s.at == 0 || s.n < s.at:
		return do()
	case s.n == s.at && s.after:
		_ = do()
	}
	s.cancel(errKilled)
	return errKilled
}

// RoundTrip makes steps of requests.
func (s *steps) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if s.faults != nil {
		return s.faulty(r)
	}
	err = s.step(func() (err error) {
		resp, err = http.DefaultTransport.RoundTrip(r) //nolint:bodyclose // the caller's to close
		if err == nil && s.at != 0 && s.n == s.at {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// faulty lets the network and the server fail now and then, before or after they did what they were asked.
func (s *steps) faulty(r *http.Request) (*http.Response, error) {
	says := func(status int) *http.Response {
		return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"1"}}, Body: io.NopCloser(strings.NewReader("")), Request: r}
	}
	switch s.faults.IntN(12) {
	case 0:
		return says(http.StatusTooManyRequests), nil
	case 1:
		return says(http.StatusServiceUnavailable), nil
	case 2, 3:
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
		if s.faults.IntN(2) == 0 {
			return nil, errors.New("connection reset")
		}
		return says(http.StatusBadGateway), nil
	}
	return http.DefaultTransport.RoundTrip(r)
}

// stage is one sync of a story: what was scanned, when, and what a person did before.
type stage struct {
	at     time.Duration
	result *scan.Result
	closes string // the secret whose ticket is closed by hand
}

// story touches each kind of change: created, updated, held back, acknowledged, escalated, closed, closed by hand, reopened,
// suppressed.
func story() []stage {
	const day = 24 * time.Hour
	accepted := secret("B", finding.High)
	accepted.Suppressed = &finding.Suppression{Kind: "exception", Reason: "for now", Until: "2027-01-31"}
	return []stage{
		{0, result(secret("A", finding.High), secret("B", finding.High), secret("C", finding.Medium), secret("D", finding.Low), secret("E", finding.Low)), ""},
		{day, result(secret("A", finding.Critical), secret("B", finding.High), secret("D", finding.Low), secret("E", finding.Low)), ""},
		{3 * day, result(secret("A", finding.Critical), accepted, secret("D", finding.Low), secret("E", finding.Low)), ""},
		{4 * day, result(secret("C", finding.Medium), secret("D", finding.Low)), "D"},
		{5 * day, result(secret("A", finding.High), secret("C", finding.Medium)), ""},
	}
}

func secret(name string, s finding.Severity) finding.Finding {
	p := source.Pos{Line: 3, Col: 1, Offset: 30}
	return finding.Finding{
		Rule: "secret-unentitled", Severity: s, Message: name + " is read by a job that no identity entitles to it", Owner: "web", Job: "publish",
		Region: source.Region{Path: ".github/workflows/release.yml", Span: source.Span{Start: p, End: source.Pos{Line: 3, Col: 2, Offset: 31}}},
		Key:    "secret " + name, Credential: &finding.Credential{Secret: name},
	}
}

func result(fs ...finding.Finding) *scan.Result {
	finding.Assign(fs)
	return &scan.Result{Schema: scan.Schema, Findings: fs, Checked: scan.Checked{Sources: scan.Sources(), Scope: scan.InTree}}
}

func input(t *testing.T, r *scan.Result) ticket.Input {
	t.Helper()
	m, errs := manifest.Parse(manifest.Path, []byte("version: 1\nowners:\n  web: { team: \"@acme/web\", escalate: \"@acme/appsec\", tickets: { jira: PAY } }\n"))
	if m == nil {
		t.Fatal(errs)
	}
	return ticket.Input{
		Repository: repository, Result: r, Manifest: m,
		Policy: &manifest.Policy{Tickets: &manifest.TicketCaps{MaxOpenPerOwner: 4, MaxNewPerDay: 10}},
		Place:  func(string, manifest.Owner) (string, string) { return "PAY", "" },
	}
}

// play tells the story to a tracker. kill is the step, counted over the whole story, at which the process dies.
func play(t *testing.T, on side, c *clock, kill int, after bool, faults *rand.Rand) (took int) {
	t.Helper()
	for _, s := range story() {
		c.set(start.Add(s.at))
		if s.closes != "" {
			for _, r := range on.rows(t) {
				if strings.HasSuffix(r.title, "secret "+s.closes) {
					on.person(t, r.fingerprint)
				}
			}
		}
		took, kill = syncOnce(t, on, c, s.result, took, kill, after, faults)
	}
	return took
}

// syncOnce brings a tracker in line, again where it is killed or fails. It returns how many steps were taken, and the one at
// which it is still to be killed.
func syncOnce(t *testing.T, on side, c *clock, r *scan.Result, took, kill int, after bool, faults *rand.Rand) (now, left int) {
	t.Helper()
	for tries := 0; ; tries++ {
		ctx, cancel := context.WithCancelCause(t.Context())
		does := &steps{n: took, at: kill, after: after, cancel: cancel, faults: faults}
		_, err := ticket.Sync(ctx, on.backend(t, c, does), input(t, r), ticket.Clock{Now: c.now, Sleep: c.sleep}, func(ticket.Change) {})
		cancel(nil)
		took = does.n
		if err == nil {
			return took, kill
		}
		if kill == 0 && faults == nil || tries > 20 {
			t.Fatal(err)
		}
		took, kill = took+1, 0
		c.set(c.now().Add(time.Second))
	}
}

// tell is what a tracker holds, in lines.
func tell(t *testing.T, on side) string {
	t.Helper()
	var lines []string
	seen := map[string]bool{}
	for _, r := range on.rows(t) {
		if seen[r.fingerprint] {
			t.Errorf("two tickets of %s", r.fingerprint)
		}
		seen[r.fingerprint] = true
		lines = append(lines, fmt.Sprintf("%s: open %t, %s, turn %d, %d comments", r.title, r.open, r.state, r.turn, r.comments))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// token is a made-up one.
func token() redact.Secret { return redact.New([]byte("made-up-" + strings.Repeat("token-", 4))) }
