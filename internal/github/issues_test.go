package github

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
	"github.com/curfew-ci/curfew/internal/ticket"
)

const (
	shopID  = 42
	opsID   = 43
	theRoot = "0123456789abcdef0123456789abcdef"
)

// issuesOf is a fake with two repositories, and a backend of both.
func issuesOf(t *testing.T) (*testservers.GitHub, *Issues) {
	t.Helper()
	g := testservers.StartGitHub(t)
	g.Host(shopID, "acme/shop", 1)
	g.Host(opsID, "acme/ops", 1)
	c, err := New(Config{
		API: g.API(), Token: redact.New([]byte(g.Token)), Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewIssues(c, IssuesOptions{Repository: "acme/shop", Others: []string{"Acme/Ops", "ACME/shop"}})
	if err != nil {
		t.Fatal(err)
	}
	return g, b
}

// drafted is a ticket as the planner makes it, in little.
func drafted(t *testing.T, state ticket.State, turn int) ticket.Draft {
	t.Helper()
	m := ticket.Memo{Repository: "acme/shop", Root: theRoot, State: state, Turn: turn, Since: time.Unix(1_800_000_000, 0).UTC()}
	word, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return ticket.Draft{
		Fingerprint: theRoot, Title: "curfew: high: secret A", Memo: m,
		Body:   ticket.Document{ticket.Para(ticket.Text("@acme/web #1")), {Kind: ticket.Memorandum, Word: "curfew:1:" + base64.RawURLEncoding.EncodeToString(word)}},
		Labels: []string{ticket.Label, ticket.RepositoryLabel("acme/shop"), ticket.RootLabel(theRoot)},
	}
}

func created(t *testing.T, b *Issues, d ticket.Draft) string {
	t.Helper()
	key, err := b.Create(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestIssuesOutsider: where a token's labels would be dropped, no issue is made: each run would make one more.
func TestIssuesOutsider(t *testing.T) {
	g, b := issuesOf(t)
	g.Outsider = true
	if _, err := b.Create(t.Context(), drafted(t, ticket.Open, 1)); err == nil || !strings.Contains(err.Error(), needIssues) || len(g.Issues(shopID)) > 0 {
		t.Errorf("%v, %d issues", err, len(g.Issues(shopID)))
	}
	b.labeled["acme/shop"] = true // as though it had been allowed before
	if _, err := b.Create(t.Context(), drafted(t, ticket.Open, 1)); err == nil || !strings.Contains(err.Error(), "acme/shop#1 was made without its labels") {
		t.Error(err)
	}
}

// TestIssuesPublic: the issues of a public repository would tell everybody where credentials are that still work.
func TestIssuesPublic(t *testing.T) {
	g, b := issuesOf(t)
	g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/Ops") {
			return false
		}
		_, _ = w.Write([]byte(`{"full_name":"acme/ops","private":false,"visibility":"public"}`))
		return true
	}
	if _, err := b.List(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "--public-issues") {
		t.Error(err)
	}
	b.public = true
	if _, err := b.List(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}

// TestIssuesPlaces: tickets go where they may be and nowhere else, whatever a draft or a key says.
func TestIssuesPlaces(t *testing.T) {
	g, b := issuesOf(t)
	d := drafted(t, ticket.Open, 1)
	d.Project = "ACME/OPS"
	if key := created(t, b, d); key != "Acme/Ops#1" || len(g.Issues(opsID)) != 1 {
		t.Error(key)
	}
	d.Project = "evil/repo"
	if _, err := b.Create(t.Context(), d); err == nil {
		t.Error("evil/repo is written to")
	}
	before := len(g.Asked())
	for _, key := range []string{"evil/repo#1", "#1", "acme/shop", "acme/shop#", "acme/shop#-1", "acme/shop#1/comments", "acme/shop#../1"} {
		if err := b.Update(t.Context(), key, d); err == nil {
			t.Errorf("%q is written to", key)
		}
	}
	if now := len(g.Asked()); now != before {
		t.Errorf("asked %q", g.Asked()[before:])
	}
	for _, name := range []string{"", "acme", "acme/../x", "acme/shop?x", "a b/c"} {
		if _, err := NewIssues(b.client, IssuesOptions{Repository: name}); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
}

// TestIssuesList: all pages, and what isn't a ticket is none.
func TestIssuesList(t *testing.T) {
	g, b := issuesOf(t)
	d := drafted(t, ticket.Open, 1)
	for n := range 230 {
		g.Touch(shopID, 0, func(i *testservers.Issue) {
			i.Labels, i.Assigned = slices.Clone(d.Labels), n == 7
			i.Labels[2] = ticket.RootLabel(fmt.Sprintf("%032x", n))
		})
	}
	g.Touch(shopID, 0, func(i *testservers.Issue) { i.Labels, i.Pull = d.Labels, true })
	g.Touch(shopID, 0, func(i *testservers.Issue) { i.Labels = []string{"bug"} })
	g.Touch(shopID, 0, func(i *testservers.Issue) { i.Labels, i.Body = []string{ticket.Label}, d.Body.Markdown() }) // a memo alone
	have, err := b.List(t.Context(), ticket.RepositoryLabel("acme/shop"))
	if err != nil || len(have) != 230 {
		t.Fatalf("%d, %v", len(have), err)
	}
	for n, i := range have {
		if i.Taken != (n == 7) || !i.Open || i.Key != fmt.Sprintf("acme/shop#%d", n+1) || i.Repository != d.Labels[1] {
			t.Errorf("%+v", i)
		}
	}
	g.Break(testservers.Fault{Path: "/issues", Status: http.StatusForbidden})
	if _, err := b.List(t.Context(), ""); err == nil || !strings.Contains(err.Error(), needIssues) {
		t.Error(err)
	}
}

// TestIssuesComment: what is to be said is said once, and nobody keeps it from being said by writing its mark in advance.
func TestIssuesComment(t *testing.T) {
	g, b := issuesOf(t)
	key := created(t, b, drafted(t, ticket.Open, 1))
	d := drafted(t, ticket.Escalated, 2)
	d.Comment = ticket.Document{ticket.Para(ticket.Plain("For "), ticket.Handle("@acme/appsec"), ticket.Text(" <!-- @all"))}
	mark := "<!-- curfew:event:" + d.Event() + " -->"
	g.Touch(shopID, 1, func(i *testservers.Issue) {
		i.Comments = append(i.Comments, testservers.Comment{Author: 666, Body: mark})
		i.Labels = append(i.Labels, "theirs", "curfew-state-open")
	})
	for range 2 {
		if err := b.Update(t.Context(), key, d); err != nil {
			t.Fatal(err)
		}
		g.Touch(shopID, 1, func(i *testservers.Issue) { i.Body = drafted(t, ticket.Open, 1).Body.Markdown() }) // as though killed before
	}
	i := g.Issues(shopID)[0]
	if len(i.Comments) != 2 || !strings.HasSuffix(i.Comments[1].Body, "\n"+mark+"\n") || !strings.Contains(i.Comments[1].Body, "@acme/appsec") ||
		strings.Contains(i.Comments[1].Body, "@all") || strings.Count(i.Comments[1].Body, "<!--") != 1 {
		t.Errorf("%+v", i.Comments)
	}
	if !slices.Contains(i.Labels, "theirs") || slices.Contains(i.Labels, "curfew-state-open") {
		t.Errorf("%q", i.Labels)
	}
}

// TestIssuesClose: only what is proven is completed.
func TestIssuesClose(t *testing.T) {
	g, b := issuesOf(t)
	key := created(t, b, drafted(t, ticket.Open, 1))
	for n, want := range []struct {
		state  ticket.State
		open   bool
		reason string
	}{
		{ticket.Closed, false, "completed"},
		{ticket.Open, true, "reopened"},
		{ticket.Suppressed, false, "not_planned"},
		{ticket.Escalated, true, "reopened"},
	} {
		d := drafted(t, want.state, n+2)
		if err := b.Update(t.Context(), key, d); err != nil {
			t.Fatal(err)
		}
		if i := g.Issues(shopID)[0]; i.Open != want.open || i.Reason != want.reason {
			t.Errorf("%s: %t, %q", want.state, i.Open, i.Reason)
		}
	}
	double := drafted(t, ticket.Closed, 9)
	double.Memo.Duplicate = true
	if state, reason := outcome(&double); state != "closed" || reason != "not_planned" {
		t.Errorf("a duplicate: %s, %s", state, reason)
	}
}

// TestIssuesOnce: a request that may have been done isn't sent again; one that was refused for its rate is.
func TestIssuesOnce(t *testing.T) {
	for _, tt := range []struct {
		fault  testservers.Fault
		unsure bool
		sent   int
	}{
		{testservers.Fault{Status: http.StatusBadGateway}, true, 1},
		{testservers.Fault{Status: http.StatusServiceUnavailable, After: time.Second}, true, 1},
		{testservers.Fault{Truncated: true}, true, 1},
		{testservers.Fault{Secondary: true, After: time.Second}, false, 2},
		{testservers.Fault{Status: http.StatusTooManyRequests}, false, 2},
	} {
		g, b := issuesOf(t)
		tt.fault.Path, tt.fault.Times = "/issues", 1
		g.Break(tt.fault)
		_, err := b.Create(t.Context(), drafted(t, ticket.Open, 1))
		var unsure *courier.UnsureError
		sent := len(g.Asked()) - 1 // beside the label
		if errors.As(err, &unsure) != tt.unsure || !tt.unsure && err != nil || sent != tt.sent {
			t.Errorf("%+v: sent %d times, %v", tt.fault, sent, err)
		}
	}
}

// TestIssuesMoved: an issue that is another one isn't written, and a redirect that swallows a change is noticed.
func TestIssuesMoved(t *testing.T) {
	g, b := issuesOf(t)
	key := created(t, b, drafted(t, ticket.Open, 1))
	d := drafted(t, ticket.Closed, 2)
	d.Fingerprint = strings.Repeat("f", 32)
	if err := b.Update(t.Context(), key, d); !errors.Is(err, errMoved) {
		t.Error(err)
	}
	d = drafted(t, ticket.Closed, 2)
	g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch {
			return false
		}
		http.Redirect(w, r, g.API()+"/repos/acme/shop/issues/1", http.StatusMovedPermanently)
		return true
	}
	if err := b.Update(t.Context(), key, d); !errors.Is(err, errMoved) {
		t.Error(err)
	}
	if i := g.Issues(shopID)[0]; !i.Open {
		t.Error("closed")
	}
}
