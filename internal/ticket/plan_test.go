package ticket_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// TestLife follows one cause through the states.
func TestLife(t *testing.T) {
	w := newWorld(t)
	w.sync(result(secretRead("NPM_TOKEN", "web", 3, finding.High)))
	w.want("T-1 open")
	if d := w.shelf.drafts["T-1"]; !d.Due.Equal(start.Add(7*24*time.Hour)) || d.Title != "curfew: high: secret NPM_TOKEN" {
		t.Errorf("%s, due %s", d.Title, d.Due)
	}
	w.sync(result(secretRead("NPM_TOKEN", "web", 300, finding.High))) // lines move
	w.shelf.tickets[0].Taken = true
	w.sync(result(secretRead("NPM_TOKEN", "web", 300, finding.High)))
	w.want("T-1 acknowledged")
	w.now = start.Add(8 * 24 * time.Hour)
	w.sync(result(secretRead("NPM_TOKEN", "web", 300, finding.High)))
	w.want("T-1 escalated")
	w.sync(result())
	w.want("T-1 closed")
	w.now = start.Add(20 * 24 * time.Hour)
	w.sync(result(secretRead("NPM_TOKEN", "web", 3, finding.High)))
	w.want("T-1 acknowledged")
	accepted := secretRead("NPM_TOKEN", "web", 3, finding.High)
	accepted.Suppressed = &finding.Suppression{Kind: "exception", Reason: "no other way", Until: "2027-01-31"}
	w.sync(result(accepted))
	w.want("T-1 suppressed")
	w.now = time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC) // the exception has ended
	w.sync(result(accepted))
	w.want("T-1 acknowledged")
	said := strings.Join(w.shelf.said, "")
	for _, part := range []string{"T-1 escalated The deadline, 2026-12-05, has passed. For @", "T-1 closed Closed on proof, 2026-12-06", "by exception until 2027-01-31: no other way", "finds it."} {
		if !strings.Contains(said, part) {
			t.Errorf("nobody said %q in\n%s", part, said)
		}
	}
}

// TestProof: a token that only left the files may live; its provider has the last word.
func TestProof(t *testing.T) {
	dead := token("sha256:1", ".env")
	dead.Severity, dead.Liveness = finding.Note, &finding.Liveness{Status: "dead"}
	past := dead
	past.History = &finding.History{}
	t.Run("gone without a word", func(t *testing.T) {
		w := newWorld(t)
		w.sync(result(token("sha256:1", ".env"), token("sha256:1", "copy/.env")))
		w.want("T-1 open")
		w.sync(result())
		w.want("T-1 verifying")
		w.sync(result(past))
		w.want("T-1 closed")
	})
	t.Run("dead first", func(t *testing.T) {
		w := newWorld(t)
		w.sync(result(token("sha256:1", ".env")))
		w.sync(result(dead))
		w.want("T-1 verifying")
		w.sync(result())
		w.want("T-1 closed")
		live := token("sha256:1", ".env")
		live.Severity, live.Liveness = finding.Critical, &finding.Liveness{Status: "live"}
		w.sync(result(live))
		w.want("T-1 open")
		w.sync(result())
		w.want("T-1 verifying")
		w.now = w.now.Add(25 * time.Hour)
		w.sync(result())
		w.want("T-1 escalated")
	})
	t.Run("by hand", func(t *testing.T) {
		w := newWorld(t)
		w.sync(result(token("sha256:1", ".env")))
		w.shelf.tickets[0].Open = false
		out := w.sync(result(token("sha256:1", ".env")))
		w.want("T-1 closed-unproven")
		if diff := cmp.Diff([]string{"T-1"}, out.Unproven); diff != "" {
			t.Error(diff)
		}
		w.sync(result())
		w.want("T-1 closed-unproven")
		w.now = w.now.Add(8 * 24 * time.Hour) // the clock goes on, once
		w.sync(result(token("sha256:1", ".env")))
		w.want("T-1 escalated")
		w.shelf.tickets[0].Open = false
		w.sync(result(token("sha256:1", ".env")))
		w.want("T-1 closed-unproven")
		w.sync(result(past))
		w.want("T-1 closed")
	})
	t.Run("never ticketed", func(t *testing.T) {
		w := newWorld(t)
		w.sync(result(past))
		w.want("")
	})
}

// TestNotAllRead: what wasn't looked at to the end closes nothing.
func TestNotAllRead(t *testing.T) {
	for name, spoil := range map[string]func(*scan.Result){
		"a source is missing": func(r *scan.Result) { r.Checked.Sources = []scan.Source{scan.Secrets} },
		"a part is missing": func(r *scan.Result) {
			r.NotChecked = []scan.NotChecked{{Source: scan.Workflows, What: "x.yml", Reason: "too large"}}
		},
		"its file is missing": func(r *scan.Result) {
			r.NotChecked = []scan.NotChecked{{Source: scan.Workflows, What: "release.yml", Paths: []string{"a", ".github/workflows/release.yml"}}}
		},
		"its folder is missing": func(r *scan.Result) {
			r.NotChecked = []scan.NotChecked{{Source: scan.Workflows, What: ".github", Paths: []string{".github"}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.sync(result(secretRead("A", "web", 1, finding.High)))
			r := result()
			spoil(r)
			out := w.sync(r)
			w.want("T-1 open")
			if len(out.Waiting) != 1 {
				t.Errorf("waiting: %v", out.Waiting)
			}
			w.now = w.now.Add(8 * 24 * time.Hour)
			w.sync(r)
			w.want("T-1 escalated")
		})
	}
	t.Run("what it never stood in", func(t *testing.T) {
		w := newWorld(t)
		w.sync(result(secretRead("A", "web", 1, finding.High)))
		r := result()
		r.NotChecked = []scan.NotChecked{{Source: scan.Workflows, What: "other.yml", Paths: []string{".github/workflows/other.yml"}}}
		w.sync(r)
		w.want("T-1 closed")
	})
	t.Run("the history wasn't searched", func(t *testing.T) {
		w := newWorld(t)
		f := token("sha256:1", ".env")
		f.Credential.Detector = "some-detector" // nobody can be asked
		f.History = &finding.History{}
		w.sync(result(f))
		r := result()
		r.Checked.Scope = scan.InTree
		w.sync(r)
		w.want("T-1 open")
		r = result()
		r.Checked.HistoryInPart = true
		w.sync(r)
		w.want("T-1 open")
		w.sync(result())
		w.want("T-1 closed")
	})
}

// TestOldResult: what was seen long ago closes, reopens and proves nothing, also where it says who is dead and what is
// accepted. What nobody has a ticket for gets one, and deadlines pass.
func TestOldResult(t *testing.T) {
	w := newWorld(t)
	gone, stays, past := secretRead("A", "web", 1, finding.High), secretRead("B", "web", 2, finding.High), secretRead("C", "ops", 3, finding.High)
	w.sync(result(gone, stays, past))
	w.sync(result(gone, stays))
	w.want("T-1 open, T-2 open, T-3 closed")
	accepted := stays
	accepted.Suppressed = &finding.Suppression{Kind: "exception", Reason: "r", Until: "2027-01-01"}
	moved := gone
	moved.Owner = "ops"
	for name, r := range map[string]*scan.Result{
		"gone": result(), "accepted": result(accepted), "back": result(gone, stays, past), "another owner": result(moved),
	} {
		in := w.input(r)
		in.Old = true
		out, err := ticket.Plan(w.shelf.tickets, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range out.Changes {
			if c.Action != ticket.Create || name != "another owner" {
				t.Errorf("%s: %s %s from %s to %s", name, c.Action, c.Key, c.From, c.Draft.Memo.State)
			}
		}
	}
	in := w.input(result(secretRead("D", "web", 4, finding.High)))
	in.Now, in.Old = w.now.Add(8*24*time.Hour), true
	out, err := ticket.Plan(w.shelf.tickets, in)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range out.Changes {
		got = append(got, string(c.Action)+" "+c.Key+" "+string(c.Draft.Memo.State))
	}
	if want := "update T-1 escalated, update T-2 escalated, create  open"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestOneForOneCause: findings of one credential with one owner are one ticket; another owner has one of his own.
func TestOneForOneCause(t *testing.T) {
	w := newWorld(t)
	wide := secretRead("NPM_TOKEN", "web", 9, finding.Medium)
	wide.Rule = "secret-scope-wide"
	w.sync(result(secretRead("NPM_TOKEN", "web", 3, finding.Low), wide, secretRead("npm_token", "ops", 5, finding.Low)))
	w.want("T-1 open, T-2 open")
	if m := w.shelf.tickets[0].Memo; m.Severity != finding.Medium || len(m.Findings) != 2 || m.Owner != "@acme/web" {
		t.Errorf("%+v", m)
	}
	w.sync(result(secretRead("npm_token", "ops", 5, finding.Low)))
	if s := w.states(); s != "T-1 closed, T-2 open" {
		t.Error(s)
	}
}

// TestDuplicates: of two tickets for one cause, whoever made them, one stays.
func TestDuplicates(t *testing.T) {
	w := newWorld(t)
	r := result(secretRead("A", "web", 1, finding.High))
	w.sync(r)
	again := w.shelf.tickets[0]
	again.Key = "T-2"
	w.shelf.tickets = append(w.shelf.tickets, again)
	w.sync(r)
	w.want("T-1 open, T-2 closed")
	w.sync(result())
	w.want("T-1 closed, T-2 closed")
	w.sync(r)
	w.want("T-1 open, T-2 closed")
}

// TestOtherRepositories: their tickets count for the caps, and nothing is done to them.
func TestOtherRepositories(t *testing.T) {
	w := newWorld(t)
	w.policy = policy(2, 50)
	w.sync(result(secretRead("A", "web", 1, finding.High)))
	in := w.input(result(secretRead("A", "web", 1, finding.High), secretRead("B", "web", 9, finding.High)))
	in.Repository = "acme/other"
	plan, err := ticket.Plan(w.shelf.tickets, in)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Changes) != 1 || !plan.Changes[0].Draft.Memo.Digest || len(plan.Held) != 2 {
		t.Errorf("%+v", plan)
	}
	in.Result = result()
	if plan, err = ticket.Plan(w.shelf.tickets, in); err != nil || len(plan.Changes) != 0 {
		t.Errorf("%+v, %v", plan, err)
	}
}

// TestMemoLost: who deletes the memo, or writes another ticket's, closes nothing by it and hides nothing.
func TestMemoLost(t *testing.T) {
	for _, memo := range []ticket.Memo{{}, {Root: strings.Repeat("0", 32), State: ticket.Closed, Since: start}} {
		w := newWorld(t)
		r := result(secretRead("A", "web", 1, finding.High))
		w.sync(r)
		w.shelf.tickets[0].Memo = memo
		w.sync(result())
		w.want("T-1 verifying")
		w.shelf.tickets[0].Memo = memo
		w.sync(r)
		w.want("T-1 open")
	}
}

// TestInvariants walks random worlds: scans, people, days.
func TestInvariants(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(t)
		capOpen, capNew := 1+rng.IntN(4), 1+rng.IntN(5)
		w.policy = policy(capOpen, capNew)
		for step := range 12 {
			before := slices.Clone(w.shelf.tickets)
			r := random(rng)
			w.sync(r)
			w.hold(before, r, capOpen, capNew)
			if t.Failed() {
				t.Fatalf("seed %d, step %d", seed, step)
			}
			w.meddle(rng)
		}
	}
}

// hold checks what must be so after every sync.
func (w *world) hold(before []ticket.Ticket, r *scan.Result, capOpen, capNew int) {
	open, opened, fresh := map[string]int{}, map[string]int{}, 0
	live := map[string]bool{}
	for i, t := range w.shelf.tickets {
		if !t.Created.Before(w.now.Truncate(24 * time.Hour)) {
			fresh++
		}
		if t.Open && live[t.Fingerprint] {
			w.Errorf("two tickets of %s are open", t.Fingerprint)
		}
		live[t.Fingerprint] = live[t.Fingerprint] || t.Open
		if t.Open {
			open[t.Memo.Owner]++
			if i >= len(before) || !before[i].Open {
				opened[t.Memo.Owner]++
			}
		}
		if i < len(before) && before[i].Open && !t.Open && t.Memo.State == ticket.Closed && !t.Memo.Digest {
			w.proven(t, r)
		}
	}
	for owner, n := range open {
		if n > capOpen && opened[owner] > 0 {
			w.Errorf("%d tickets of %s are open", n, owner)
		}
	}
	if fresh > capNew {
		w.Errorf("%d tickets are new", fresh)
	}
}

// proven holds that a ticket that was closed has no finding that counts, unless its credential is dead, and that its
// source was read.
func (w *world) proven(t ticket.Ticket, r *scan.Result) {
	for _, f := range r.Findings {
		if f.Suppressed == nil && slices.Contains(t.Memo.Findings, f.Fingerprint) && f.Liveness == nil {
			w.Errorf("%s is closed, and %s is there", t.Key, f.Key)
		}
	}
	for _, s := range t.Memo.Sources {
		if !slices.Contains(r.Checked.Sources, s) && !t.Memo.Dead {
			w.Errorf("%s is closed, and %s weren't read", t.Key, s)
		}
	}
}

// meddle lets people and time do something.
func (w *world) meddle(rng *rand.Rand) {
	w.now = w.now.Add(time.Duration(rng.IntN(96)) * time.Hour)
	for i := range w.shelf.tickets {
		t := &w.shelf.tickets[i]
		switch rng.IntN(12) {
		case 0:
			t.Open = false
		case 1:
			t.Open = true
		case 2:
			t.Taken = !t.Taken
		}
	}
}

// TestStable: the order of findings and tickets doesn't matter.
func TestStable(t *testing.T) {
	w := newWorld(t)
	w.policy = policy(3, 5)
	var fs []finding.Finding
	for i := range 8 {
		fs = append(fs, secretRead(fmt.Sprintf("S%d", i), []string{"web", "ops"}[i%2], i+1, finding.High))
	}
	want, err := ticket.Plan(nil, w.input(result(fs...)))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(fs)
	got, err := ticket.Plan(nil, w.input(result(fs...)))
	if err != nil || len(got.Changes) != len(want.Changes) {
		t.Fatal(err)
	}
	for i := range got.Changes {
		if got.Changes[i].Draft.Body.Markdown() != want.Changes[i].Draft.Body.Markdown() {
			t.Errorf("change %d differs", i)
		}
	}
}
