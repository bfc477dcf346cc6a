package ticket_test

import (
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// evidence is a line for each record that bringing the shelf in line with r leaves. All of them are records that the
// ledger takes.
func (w *world) evidence(r *scan.Result) []string {
	w.Helper()
	var lines []string
	out, err := ticket.Sync(w.Context(), &w.shelf, w.input(r), ticket.Clock{Now: func() time.Time { return w.now }}, func(c ticket.Change) {
		found, turned, ok := c.Evidence("987654")
		if !ok {
			return
		}
		for _, r := range append(found, turned) {
			r.Schema, r.ID, r.Time = ledger.Schema, "01JD9Z6Q4T8K0000000000000A", w.now
			r.Task = ledger.Task{RunID: "1", Attempt: 1, Job: "tickets"}
			if err := r.Check(); err != nil {
				w.Errorf("%s: %v", r.Type, err)
			}
			lines = append(lines, strings.TrimSpace(string(r.Type)+" "+r.Identity.ID+" "+r.Identity.Owner+" "+strings.Join(r.Links.Tickets, " ")))
		}
	})
	if err != nil || out == nil {
		w.Fatal(err)
	}
	return lines
}

// TestEvidence: what a sync does is recorded once for each turn of a ticket, and says that something is gone only where
// all was looked at.
func TestEvidence(t *testing.T) {
	w := newWorld(t)
	read := secretRead("NPM_TOKEN", "web", 12, finding.High)
	read.Identity = "publish"
	blind := result()
	blind.Checked.Sources = nil
	accepted := read
	accepted.Suppressed = &finding.Suppression{Kind: "exception", Reason: "for now", Until: "2027-01-31"}
	for _, step := range []struct {
		name string
		r    *scan.Result
		at   time.Duration
		want []string
	}{
		{"found", result(read), 0, []string{"finding.detected publish web", "ticket.opened publish web T-1"}},
		{"found again", result(read), time.Hour, nil},
		{"overdue", result(read), 8 * 24 * time.Hour, []string{"ticket.escalated publish web T-1"}},
		{"accepted", result(accepted), 9 * 24 * time.Hour, []string{"ticket.accepted publish web T-1"}},
		{"not accepted any more", result(read), 10 * 24 * time.Hour, []string{"finding.detected publish web", "ticket.opened publish web T-1"}},
		{"not looked at", blind, 11 * 24 * time.Hour, nil},
		{"gone", result(), 11 * 24 * time.Hour, []string{"finding.gone publish web", "ticket.closed publish web T-1"}},
		{"back", result(read), 12 * 24 * time.Hour, []string{"finding.detected publish web", "ticket.opened publish web T-1"}},
	} {
		w.now = start.Add(step.at)
		if got := w.evidence(step.r); strings.Join(got, "\n") != strings.Join(step.want, "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", step.name, strings.Join(got, "\n"), strings.Join(step.want, "\n"))
		}
	}
	w.shelf.get("T-1").Open = false
	if got := w.evidence(result(read)); strings.Join(got, "\n") != "ticket.closed-unproven publish web T-1" {
		t.Errorf("closed by hand: %q", got)
	}
}

// TestEvidenceOfSpoiltMemo: what somebody wrote into a ticket's memo is no finding's fingerprint.
func TestEvidenceOfSpoiltMemo(t *testing.T) {
	w := newWorld(t)
	w.evidence(result(secretRead("NPM_TOKEN", "web", 12, finding.High)))
	w.shelf.get("T-1").Memo.Findings = []string{"not a fingerprint", strings.Repeat("A", 32)}
	if got := w.evidence(result()); strings.Join(got, "\n") != "ticket.closed  web T-1" {
		t.Errorf("%q", got)
	}
}

// TestEvidenceOfAnotherCause: a finding that is there isn't gone, whatever ticket it was in: one of a job that has got an
// identity is another ticket's, and keeps its fingerprint.
func TestEvidenceOfAnotherCause(t *testing.T) {
	w := newWorld(t)
	found := secretRead("NPM_TOKEN", "web", 12, finding.High)
	found.Credential = nil
	w.evidence(result(found))
	found.Identity = "publish"
	got := w.evidence(result(found))
	if want := "ticket.closed  web T-1\nfinding.detected publish web\nticket.opened publish web T-2"; strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

// TestEvidenceMoved: a ticket that another owner has now is closed, and nothing is gone.
func TestEvidenceMoved(t *testing.T) {
	w := newWorld(t)
	w.evidence(result(secretRead("NPM_TOKEN", "web", 12, finding.High)))
	got := w.evidence(result(secretRead("NPM_TOKEN", "ops", 12, finding.High)))
	if want := "ticket.closed  web T-1\nfinding.detected  ops\nticket.opened  ops T-2"; strings.Join(got, "\n") != want {
		t.Errorf("got %q", got)
	}
}

// TestAskingForProof: what a ticket says that its reader should run is a whole command.
func TestAskingForProof(t *testing.T) {
	w := newWorld(t)
	w.evidence(result(token("sha256:"+strings.Repeat("ab", 32), "deploy.sh")))
	w.evidence(result())
	const command = "curfew scan --history --verify all "
	if body := w.shelf.drafts["T-1"].Body.PlainText(); !strings.Contains(body, command) {
		t.Errorf("%s", body)
	}
	if said := strings.Join(w.shelf.said, "\n"); !strings.Contains(said, command) {
		t.Errorf("%s", said)
	}
}
