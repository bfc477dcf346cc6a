package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/corpus"
	"github.com/curfew-ci/curfew/internal/report"
)

// TestInitOnTheCorpus drafts a manifest for each real repository and scans the repository with it: the
// draft is taken, and nothing is left to say about entitlements.
func TestInitOnTheCorpus(t *testing.T) {
	root := corpus.Dir(t)
	entitlement := []string{
		"secret-unentitled", "token-exceeds-grant", "entitlement-expired", "entitlement-unused",
		"manifest-fault", "exception-fault", "session-too-long", "owner-orphaned", "secret-outside-environment", "app-token-exceeds-grant",
	}
	for _, repo := range corpus.Repositories(t) {
		t.Run(repo, func(t *testing.T) {
			t.Parallel()
			s := &shell{t: t, dir: t.TempDir()}
			if err := os.CopyFS(s.dir, os.DirFS(filepath.Join(root, repo))); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(s.dir, ".github", "workflows")); err != nil {
				t.Skip("the repository has actions and no workflow")
			}
			if code := s.run("init", s.dir); code != cli.ExitClean {
				t.Fatalf("init exits %d:\n%s", code, s.out.String())
			}
			s.out.Reset()
			if code := s.run("scan", s.dir, "-f", "json"); code > cli.ExitFindings {
				t.Fatalf("scan exits %d:\n%s", code, s.out.String())
			}
			result, err := report.Read(bytes.NewReader(s.out.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			if result.Checked.Workflows > 0 && result.Manifest.From != "working tree" {
				t.Errorf("the draft didn't judge: %q", result.Manifest.From)
			}
			for _, f := range result.Findings {
				if slices.Contains(entitlement, f.Rule) {
					t.Errorf("%s: %s: %s", f.Region, f.Rule, f.Message)
				}
			}
		})
	}
}
