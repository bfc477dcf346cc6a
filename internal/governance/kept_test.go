package governance_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/governance"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestKept: a commit is read once, whoever changes what they are given of it, and whatever becomes of the repository.
func TestKept(t *testing.T) {
	p, org := committed(t, project()), committed(t, organisation())
	k := governance.Keep(governance.Local{Project: p, Org: org})
	read := func() issuance.Rules {
		t.Helper()
		r, err := k.Rules(t.Context(), identity.Identity{}, "")
		if err != nil {
			t.Fatal(err)
		}
		file, err := k.File(t.Context(), identity.Identity{}, p.Commit, "policies/deploy.json")
		if err != nil || string(file) != "{}" {
			t.Fatalf("%q, %v", file, err)
		}
		clear(file)
		return r
	}
	want, err := governance.Local{Project: p, Org: org}.Rules(t.Context(), identity.Identity{}, "")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got := read()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		clear(got.Manifest.Src)
		clear(got.Org.Src)
		clear(got.OrgRego[0].Src)
		got.RepoRego[0].Path = "elsewhere"
		for _, dir := range []string{p.Dir, org.Dir} { // what comes now isn't read any more
			if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := k.File(t.Context(), identity.Identity{}, org.Commit, "policies/deploy.json"); err == nil {
		t.Error("a file of another commit than the one that decides was given")
	}
	if _, err := k.Rules(t.Context(), identity.Identity{}, "acme/rules"); err == nil {
		t.Error("rules were given that were never read")
	}
}

// TestKeptWorkspace: what can change is read each time, and so is what could not be read.
func TestKeptWorkspace(t *testing.T) {
	files := project()
	p, org := workspace(t, files), committed(t, organisation())
	k := governance.Keep(governance.Local{Project: p, Org: org})
	for _, text := range []string{manifestText, manifestText + "# changed\n"} {
		write(t, p.Dir, map[string]string{manifest.Path: text, "policies/deploy.json": text})
		r, err := k.Rules(t.Context(), identity.Identity{}, "")
		file, err2 := k.File(t.Context(), identity.Identity{}, "", "policies/deploy.json")
		if err != nil || err2 != nil || string(r.Manifest.Src) != text || string(file) != text {
			t.Errorf("%q, %q, %v, %v", r.Manifest.Src, file, err, err2)
		}
	}
	gone := committed(t, project())
	k = governance.Keep(governance.Local{Project: gone, Org: workspace(t, organisation())})
	hidden := filepath.Join(gone.Dir, ".git.hidden")
	if err := os.Rename(filepath.Join(gone.Dir, ".git"), hidden); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Rules(t.Context(), identity.Identity{}, ""); err == nil {
		t.Error("no error")
	}
	if err := os.Rename(hidden, filepath.Join(gone.Dir, ".git")); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Rules(t.Context(), identity.Identity{}, ""); err != nil {
		t.Error(err)
	}
}
