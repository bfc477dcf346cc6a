package issuance_test

import (
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// TestSession records a recording as a lease's: promised, made or failed, for whom the lease is, and without a word of the credential.
func TestSession(t *testing.T) {
	w := newWorld(t)
	b := w.broker()
	l, err := b.Issue(t.Context(), w.request)
	if err != nil {
		t.Fatal(err)
	}
	what := ledger.Session{Format: ledger.Asciicast}
	begun, err := b.Session(l, ledger.SessionBegun, what, "")
	if err != nil {
		t.Fatal(err)
	}
	what.Bytes, what.Truncated = 4711, true
	if _, err := b.Session(l, ledger.SessionRecorded, what, strings.Repeat("0a", 32), begun); err != nil {
		t.Fatal(err)
	}
	secret := string(l.Credential.Secrets()[0].Reveal())
	if _, err := b.Session(l, ledger.SessionFailed, ledger.Session{Format: ledger.Asciicast, Reason: "write " + secret + "\n: no space"}, "", begun); err != nil {
		t.Fatal(err)
	}
	all := w.records()
	if s := types(all); s != "intent issued session.begun session.recorded session.failed" {
		t.Fatalf("records %s", s)
	}
	issued, recorded, failed := all[1], all[3], all[4]
	for _, r := range all[2:] {
		if r.Identity != issued.Identity || r.Manifest != issued.Manifest || r.Task.RunID != issued.Task.RunID || r.Links.CausedBy[0] != l.ID {
			t.Errorf("%+v", r)
		}
	}
	if recorded.Links.Session != "sha256:"+strings.Repeat("0a", 32) || recorded.Links.CausedBy[1] != begun || *recorded.Session != what {
		t.Errorf("%+v", recorded)
	}
	if strings.Contains(failed.Session.Reason, secret) || !strings.Contains(failed.Session.Reason, "no space") {
		t.Errorf("%q", failed.Session.Reason)
	}
	if _, err := b.Session(l, ledger.SessionRecorded, ledger.Session{Format: ledger.Asciicast}, ""); err == nil {
		t.Error("a recording without a digest is recorded")
	}
	if _, err := b.End(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	w.sound(l)
}
