package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/certify"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// desk is a fake of GitHub with a repository whose manifest has something to decide for each of two owners, and a clock.
type desk struct {
	*testservers.GitHub
	at time.Time
}

var deskStart = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// entitled is a manifest of those identities: name, owner, last day.
func entitled(entries ...[3]string) string {
	var b strings.Builder
	b.WriteString("version: 1\nowners:\n  web: { team: \"@acme/web\" }\n  ops: { person: \"@otto\" }\nidentities:\n")
	for _, e := range entries {
		fmt.Fprintf(&b, "  %s: { owner: %s, purpose: P, expires: %q, runs-as: { workflow: .github/workflows/a.yml, job: a } }\n", e[0], e[1], e[2])
	}
	return b.String()
}

const readme = "a file beside it\n"

func newDesk(t *testing.T, entries ...[3]string) *desk {
	t.Helper()
	d := &desk{testservers.StartGitHub(t), deskStart}
	d.Now, d.Lag = func() time.Time { return d.at }, 5*time.Second
	d.Collaborators = []string{"acme/web"}
	d.Host(shopID, "acme/shop", 1)
	d.Commit(shopID, "main", "alice", map[string]string{"README.md": readme, ".github/README.md": readme, manifest.Path: entitled(entries...)})
	return d
}

// push lets a person change the manifest on the default branch.
func (d *desk) push(entries ...[3]string) {
	d.CommitOn(shopID, "main", "alice", "change the manifest", map[string]string{manifest.Path: entitled(entries...)})
}

func (d *desk) certification(t *testing.T, wire http.RoundTripper) *Certification {
	t.Helper()
	client, err := New(Config{
		API: d.API(), Token: redact.New([]byte(d.Token)), Wire: wire, Now: func() time.Time { return d.at },
		Sleep: func(ctx context.Context, pause time.Duration) error {
			d.at = d.at.Add(pause)
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCertification(client, CertificationOptions{Repository: "acme/shop", Manifest: manifest.Path})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// propose is one run, as a new process makes it.
func (d *desk) propose(ctx context.Context, t *testing.T, c *Certification) ([]Outcome, error) {
	t.Helper()
	src, _, err := c.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	m, errs := manifest.Parse(manifest.Path, src)
	if m == nil {
		t.Fatal(errs)
	}
	var all []Outcome
	err = c.Propose(ctx, certify.Plan(certify.Input{Manifest: m, Now: d.at}, manifest.Path, src), func(o Outcome) { all = append(all, o) })
	return all, err
}

// run is propose where nothing goes wrong; it says what became of each owner.
func (d *desk) run(t *testing.T) string {
	t.Helper()
	all, err := d.propose(t.Context(), t, d.certification(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, o := range all {
		lines = append(lines, fmt.Sprintf("%s %s #%d", o.Owner, o.Action, o.Number))
	}
	return strings.Join(lines, ", ")
}

// number is that of an owner's newest pull request.
func (d *desk) number(owner string) int {
	n := 0
	for _, p := range d.Pulls(shopID) {
		if p.Head == branchOf(owner) {
			n = p.Number
		}
	}
	return n
}

// tell is what is at GitHub, in lines.
func (d *desk) tell() string {
	var lines []string
	for _, p := range d.Pulls(shopID) {
		m := markForm.FindAllStringSubmatch(p.Body, -1)
		state := "none"
		switch tip := d.Branches(shopID)[p.Head]; {
		case len(m) == 1 && tip != "" && m[0][2] == tip:
			state = "in line"
		case len(m) == 1:
			state = m[0][2]
			if len(state) > 4 {
				state = "gone"
			}
		}
		lines = append(lines, fmt.Sprintf("%s to %s: open %t, merged %t, %s, mark %s, asked %q, %d comments",
			p.Head, p.Base, p.Open, p.Merged != "", p.Title, state, p.Reviewers, len(p.Comments)))
	}
	for branch := range d.Branches(shopID) {
		lines = append(lines, branch+" has\n"+d.FileAt(shopID, branch, manifest.Path)+d.FileAt(shopID, branch, "README.md"))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// doom kills a process at one of its requests, or lets some go wrong.
type doom struct {
	n, at  int  // the request at which it is killed; 0 is never
	after  bool // which has been carried out by then
	cancel context.CancelFunc
	faults *rand.Rand
	asked  *[]string
}

var errKilled = errors.New("killed")

// RoundTrip implements http.RoundTripper.
func (k *doom) RoundTrip(r *http.Request) (*http.Response, error) {
	k.n++
	if k.asked != nil {
		*k.asked = append(*k.asked, r.Method)
	}
	if k.faults != nil {
		return k.faulty(r)
	}
	if k.at == 0 || k.n < k.at {
		return http.DefaultTransport.RoundTrip(r)
	}
	if k.n == k.at && k.after {
		if resp, err := http.DefaultTransport.RoundTrip(r); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
	k.cancel()
	return nil, errKilled
}

func (k *doom) faulty(r *http.Request) (*http.Response, error) {
	switch k.faults.IntN(60) {
	case 0:
		return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"1"}}, Body: http.NoBody, Request: r}, nil
	case 1:
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
		return &http.Response{StatusCode: http.StatusBadGateway, Body: http.NoBody, Request: r}, nil
	case 2:
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
		return nil, errors.New("connection reset")
	}
	return http.DefaultTransport.RoundTrip(r)
}
