package ticket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// TestSeenElsewhere: a scan that finds a cause in one place, and couldn't look at another where it was found before,
// doesn't make that one forgotten.
func TestSeenElsewhere(t *testing.T) {
	old := secretRead("NPM_TOKEN", "web", 0, finding.Medium)
	old.Rule, old.Region = "secret-unrotated", region(".github/curfew.yml", 4)
	unlisted := func(fs ...finding.Finding) *scan.Result { // without an inventory
		r := result(fs...)
		r.Checked.Sources = []scan.Source{scan.Workflows, scan.Entitlements, scan.Secrets}
		return r
	}
	t.Run("a source", func(t *testing.T) {
		w := newWorld(t)
		w.sync(result(secretRead("NPM_TOKEN", "web", 1, finding.High), old))
		w.sync(unlisted(secretRead("NPM_TOKEN", "web", 1, finding.High)))
		w.sync(unlisted())
		w.want("T-1 open")
		w.sync(result())
		w.want("T-1 closed")
	})
	t.Run("a file", func(t *testing.T) {
		w := newWorld(t)
		a, b := token("sha256:1", "a.bin"), token("sha256:1", "b.env")
		a.Credential.Detector, b.Credential.Detector = "some-detector", "some-detector" // nobody can be asked
		blind := func(fs ...finding.Finding) *scan.Result {
			r := result(fs...)
			r.NotChecked = []scan.NotChecked{{Source: scan.Secrets, What: "a.bin", Paths: []string{"a.bin"}}}
			return r
		}
		w.sync(result(a, b))
		w.sync(blind(b))
		w.sync(blind())
		w.want("T-1 open")
		w.sync(result())
		w.want("T-1 closed")
	})
	t.Run("while it is accepted", func(t *testing.T) {
		w := newWorld(t)
		w.sync(result(secretRead("NPM_TOKEN", "web", 1, finding.High), old))
		accepted := secretRead("NPM_TOKEN", "web", 1, finding.High)
		accepted.Suppressed = &finding.Suppression{Kind: "exception", Until: "2026-12-01"}
		w.sync(unlisted(accepted))
		if got := w.shelf.tickets[0].Memo.Sources; len(got) != 2 {
			t.Errorf("the ticket needs %v alone", got)
		}
	})
}

// TestOwnerRenamed: an owner whose handle is another one now has as many open tickets as before.
func TestOwnerRenamed(t *testing.T) {
	w := newWorld(t)
	w.policy = policy(2, 50)
	a, b := secretRead("A", "web", 1, finding.High), secretRead("B", "web", 2, finding.High)
	w.sync(result(a, b))
	for i := range w.shelf.tickets {
		w.shelf.tickets[i].Memo.Owner = "@acme/storefront" // its handle when the tickets were made
	}
	w.sync(result(a, b, secretRead("C", "web", 3, finding.High), secretRead("D", "web", 4, finding.High)))
	w.want("T-1 open, T-2 open")
}

// TestMovedNowhere: a ticket isn't closed because another owner has its cause, where that one can't have a ticket.
func TestMovedNowhere(t *testing.T) {
	w := newWorld(t)
	w.sync(result(secretRead("A", "web", 1, finding.High)))
	in := w.input(result(secretRead("A", "ops", 1, finding.High)))
	in.Place = func(owner string, _ manifest.Owner) (string, string) {
		if owner == "ops" {
			return "", "it has no place"
		}
		return "PAY", ""
	}
	out, err := ticket.Plan(w.shelf.tickets, in)
	if err != nil || len(out.Changes) != 0 || len(out.Held) != 1 || strings.Join(out.Waiting, " ") != "T-1" {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestDigestWithoutInventory: what was held back for what the files say is over when they don't say it any more; what
// was held back for what the platform says isn't before it was asked.
func TestDigestWithoutInventory(t *testing.T) {
	for rule, want := range map[string]ticket.State{"secret-unentitled": ticket.Closed, "secret-unrotated": ticket.Open} {
		w := newWorld(t)
		w.policy = policy(2, 50)
		held := secretRead("C", "web", 3, finding.Low)
		held.Rule = rule
		w.sync(result(secretRead("A", "web", 1, finding.High), secretRead("B", "web", 2, finding.High), held))
		w.now = w.now.Add(time.Hour)
		r := result()
		r.Checked.Sources = []scan.Source{scan.Workflows, scan.Entitlements, scan.Secrets}
		w.sync(r)
		for _, has := range w.shelf.tickets {
			if has.Memo.Digest && has.Memo.State != want {
				t.Errorf("%s: the digest is %s, want %s", rule, has.Memo.State, want)
			}
		}
	}
}

// TestManifestGone: what the platform holds is judged by the manifest, so a scan without one proves nothing of it.
func TestManifestGone(t *testing.T) {
	f := secretRead("NPM_TOKEN", "web", 0, finding.Medium)
	f.Rule, f.Region = "secret-unrotated", region(".github/curfew.yml", 4)
	w := newWorld(t)
	w.sync(result(f))
	r := result()
	r.Checked.Sources = []scan.Source{scan.Workflows, scan.Secrets, scan.Platform} // as of a scan without a manifest
	w.sync(r)
	w.want("T-1 open")
	w.sync(result())
	w.want("T-1 closed")
}

// TestLivePart: what an inventory told of a rule that reads workflows isn't gone because the workflows were read.
func TestLivePart(t *testing.T) {
	f := secretRead("A", "web", 1, finding.High)
	f.Credential, f.Source, f.Job = nil, "platform", "deploy"
	w := newWorld(t)
	w.sync(result(f))
	for _, without := range []scan.Source{scan.Platform, scan.Entitlements, scan.Workflows} {
		r := result()
		r.Checked.Sources = slices.DeleteFunc(scan.Sources(), func(s scan.Source) bool { return s == without })
		w.sync(r)
		w.want("T-1 open")
	}
	r := result()
	r.Checked.Sources = []scan.Source{scan.Workflows, scan.Entitlements, scan.Platform}
	w.sync(r)
	w.want("T-1 closed")
}

// TestLivePartOfNobody: what an inventory told in the light of what else its rule reads isn't gone where that wasn't read,
// also where it is about no job and has no owner.
func TestLivePartOfNobody(t *testing.T) {
	for rule, own := range map[string]scan.Source{"secret-reuse": scan.Workflows, "owner-orphaned": scan.Entitlements, "deploy-key": scan.Platform} {
		f := secretRead("A", "", 1, finding.High)
		f.Rule, f.Region, f.Credential, f.Job, f.Owner, f.Identity = rule, region(".github/curfew.yml", 4), nil, "", "", ""
		if f.Source = string(scan.Platform); own == scan.Platform {
			f.Source = ""
		}
		w := newWorld(t)
		w.sync(result(f))
		r := result()
		r.Checked.Sources = slices.DeleteFunc(scan.Sources(), func(s scan.Source) bool { return s == own })
		w.sync(r)
		w.want("T-1 open")
		r.Checked.Sources = []scan.Source{own, scan.Platform}
		w.sync(r)
		w.want("T-1 closed")
	}
}

// TestRepositoryCase: a repository is the same one however its name is written, as it is to GitHub.
func TestRepositoryCase(t *testing.T) {
	w := newWorld(t)
	r := result(secretRead("A", "web", 1, finding.High))
	w.sync(r)
	w.sync(result())
	in := w.input(result())
	in.Repository = "Acme/Shop"
	out, err := ticket.Plan(w.shelf.tickets, in)
	if err != nil || len(out.Changes) != 0 || len(out.Unproven) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestGuessesDiffer: a guess is known by its place alone, so the provider's word about one value isn't about another that
// stands or comes to stand there.
func TestGuessesDiffer(t *testing.T) {
	guess := func(status string) finding.Finding {
		f := token("", "notify.env")
		f.Key, f.Credential.Detector = "slack", "slack-bot-token"
		if status != "" {
			f.Liveness = &finding.Liveness{Status: status}
		}
		return f
	}
	t.Run("at once", func(t *testing.T) {
		w := newWorld(t)
		w.sync(result(guess("dead"), guess("unknown")))
		w.sync(result())
		w.want("T-1 verifying")
	})
	t.Run("one after the other", func(t *testing.T) {
		w := newWorld(t)
		w.sync(result(guess("")))
		w.sync(result(guess("dead")))
		w.want("T-1 verifying")
		w.sync(result(guess("")))
		w.sync(result())
		w.want("T-1 verifying")
	})
}
