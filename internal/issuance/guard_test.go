package issuance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
)

const guardText = `guard: { ref: default-branch, approvals: 1, code-owners: true, last-push-approval: true, bypass: none, max-age: 24h, required: true }
`

// guarded is the proof that guardText asks for.
func guarded() *manifest.GuardFacts {
	return &manifest.GuardFacts{
		Taken: manifest.Instant{Time: start.Add(-time.Hour)}, Collector: "acme/.github/.github/workflows/collect.yml@refs/heads/main",
		Project: "987654", Ref: "refs/heads/main", DefaultBranch: true, Approvals: 1, CodeOwners: true, LastPushApproval: true, Bypass: []string{},
	}
}

// workspace lets the manifest come from where the job's steps can write.
func (w *world) workspace() {
	w.gov.rules.Workspace, w.gov.rules.Manifest.Commit = true, ""
}

// TestGuard: what records say of the manifest's protection is what is proven, and nothing is of a workspace.
func TestGuard(t *testing.T) {
	optional := func(w *world) {
		w.org("ceilings:\n", strings.Replace(guardText, "required: true", "required: false", 1)+"ceilings:\n")
	}
	for name, tt := range map[string]struct {
		alter         func(w *world)
		guard, commit string
	}{
		"nobody asks":              {func(*world) {}, "none", commitA},
		"not proven":               {optional, "unverified", commitA},
		"proven":                   {func(w *world) { optional(w); w.attest(func(*attested) {}) }, "verified", commitA},
		"required and proven":      {guarding(func(*attested) {}), "verified", commitA},
		"a workspace":              {func(w *world) { w.workspace() }, "unverified", ""},
		"a workspace, and a proof": {func(w *world) { optional(w); w.workspace(); w.attest(func(*attested) {}) }, "unverified", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tt.alter(w)
			if _, err := w.broker().Issue(t.Context(), w.request); err != nil {
				t.Fatal(err)
			}
			for _, r := range w.records() {
				if r.Manifest.Guard != tt.guard || r.Manifest.Commit != tt.commit || r.Manifest.SHA256 == "" {
					t.Errorf("%s: manifest %+v, want guard %s and commit %q", r.Type, r.Manifest, tt.guard, tt.commit)
				}
			}
			if s := types(w.records()); s != "intent issued" {
				t.Errorf("records %q", s)
			}
		})
	}
}
