package scan_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/scan"
)

// owners are a repository of an organisation with a manifest and a file of code owners, whose branch only they guard.
func owners(t *testing.T, src string) (dir string, inv *inventory.Inventory) {
	t.Helper()
	dir, inv = repository(t, 0), broad()
	entitle(t, dir)
	if err := os.WriteFile(filepath.Join(dir, ".github", "CODEOWNERS"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	inv.Repository.OwnerKind, inv.Repository.DefaultBranch = "Organization", "main"
	inv.Branch = &inventory.Branch{Name: "main", Rules: []inventory.Rule{{Kind: "pull_request", Reviews: &inventory.Reviews{CodeOwners: true}}}}
	return dir, inv
}

// TestCodeOwnersUnread: where the file can't be read, nobody knows whether its owners guard the manifest, or whether what an
// earlier scan found of its line is gone.
func TestCodeOwnersUnread(t *testing.T) {
	for name, tt := range map[string]struct {
		src, finding string
		read         bool
	}{
		"an owner":   {"* @acme/web\n", "", true},
		"nobody":     {"/docs/ @acme/web\n", "nobody has to approve a change of it", true},
		"unreadable": {"* what is this\n", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, inv := owners(t, tt.src)
			r, err := scan.Run(t.Context(), scan.Options{Dir: dir, Live: inv, Now: today})
			if err != nil {
				t.Fatal(err)
			}
			guard := slices.IndexFunc(r.Findings, func(f finding.Finding) bool { return f.Rule == "manifest-fault" })
			if (guard >= 0) != (tt.finding != "") || guard >= 0 && !strings.Contains(r.Findings[guard].Message, tt.finding) {
				t.Errorf("%+v", r.Findings)
			}
			if slices.Contains(r.Checked.Sources, scan.Platform) != tt.read {
				t.Errorf("read to the end: %v, not checked: %+v", r.Checked.Sources, r.NotChecked)
			}
		})
	}
}

// TestCodeOwnersOfAFolder: GitHub reads the file of the repository's root alone, which a scan of a folder doesn't see.
func TestCodeOwnersOfAFolder(t *testing.T) {
	root := repository(t, 0)
	dir := filepath.Join(root, "app")
	entitle(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "CODEOWNERS"), []byte("/docs/ @acme/web\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := scan.Run(t.Context(), scan.Options{Dir: dir, Now: today})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) > 0 {
		t.Errorf("%+v", r.Findings)
	}
}
