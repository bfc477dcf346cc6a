package governance_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/governance"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/policy"
)

const manifestText = `version: 1
extends: acme/.github
owners: { web: { team: "@acme/web" } }
identities:
  deploy:
    owner: web
    purpose: Deploy it
    expires: "2027-06-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
`

const orgText = "version: 1\norganization: { name: acme, id: \"4242\" }\n"

func project() map[string]string {
	return map[string]string{
		manifest.Path: manifestText, "policies/deploy.json": "{}",
		".github/curfew/b.rego": "package b", ".github/curfew/a.rego": "package a", ".github/curfew/a_test.rego": "package t",
		".github/curfew/notes.md": "#", ".github/curfew/deep/c.rego": "package c",
	}
}

func organisation() map[string]string {
	return map[string]string{manifest.PolicyPath: orgText, "curfew/policy/lease.rego": "package curfew.lease"}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, src := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(src), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// committed is a repository with files at a commit, and something else at its branch's tip and in its workspace.
func committed(t *testing.T, files map[string]string) governance.Repository {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "first")
	r := governance.Repository{Dir: dir, Commit: git(t, dir, "rev-parse", "HEAD")}
	for name := range files {
		write(t, dir, map[string]string{name: "an earlier step's\n"})
	}
	git(t, dir, "commit", "-qam", "second")
	for name := range files {
		write(t, dir, map[string]string{name: "an earlier step's, again\n"})
	}
	return r
}

func workspace(t *testing.T, files map[string]string) governance.Workspace {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	return governance.Workspace{Dir: dir}
}

func module(path, src string) policy.Module { return policy.Module{Path: path, Src: []byte(src)} }

func TestLocal(t *testing.T) {
	pinned, org := committed(t, project()), committed(t, organisation())
	orphan := project()
	orphan[manifest.Path] = strings.Replace(manifestText, "extends: acme/.github\n", "", 1)
	forgetful := committed(t, orphan)
	for name, tt := range map[string]struct {
		of                       governance.Local
		bound                    string
		commit, orgCommit, orgAt string
		workspace, alone         bool
	}{
		"repositories":                      {of: governance.Local{Project: pinned, Org: org}, commit: pinned.Commit, orgCommit: org.Commit, orgAt: "acme/.github/curfew/org.yml"},
		"bound":                             {of: governance.Local{Project: pinned, Org: org}, bound: "acme/rules", commit: pinned.Commit, orgCommit: org.Commit, orgAt: "acme/rules/curfew/org.yml"},
		"given though the manifest forgets": {of: governance.Local{Project: forgetful, Org: org}, commit: forgetful.Commit, orgCommit: org.Commit, orgAt: "the organisation's repository/curfew/org.yml"},
		"without an organisation":           {of: governance.Local{Project: forgetful}, commit: forgetful.Commit, alone: true},
		"workspaces":                        {of: governance.Local{Project: workspace(t, project()), Org: workspace(t, organisation())}, orgAt: "acme/.github/curfew/org.yml", workspace: true},
		"a workspace under a pinned policy": {of: governance.Local{Project: workspace(t, project()), Org: org}, orgCommit: org.Commit, orgAt: "acme/.github/curfew/org.yml", workspace: true},
		"a pinned manifest under a workspace's policy": {of: governance.Local{Project: pinned, Org: workspace(t, organisation())}, commit: pinned.Commit, orgAt: "acme/.github/curfew/org.yml", workspace: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.of.Rules(t.Context(), identity.Identity{}, tt.bound)
			if err != nil {
				t.Fatal(err)
			}
			want := issuance.Rules{
				Manifest: issuance.File{Path: manifest.Path, Commit: tt.commit, Src: got.Manifest.Src}, Workspace: tt.workspace,
				RepoRego: []policy.Module{module(".github/curfew/a.rego", "package a"), module(".github/curfew/b.rego", "package b")},
			}
			if !tt.alone {
				want.Org = &issuance.File{Path: tt.orgAt, Commit: tt.orgCommit, Src: []byte(orgText)}
				want.OrgRego = []policy.Module{module("curfew/policy/lease.rego", "package curfew.lease")}
			}
			if diff := cmp.Diff(want, got); diff != "" || !strings.HasPrefix(string(got.Manifest.Src), "version: 1\n") {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
			if src, err := tt.of.File(t.Context(), identity.Identity{}, tt.commit, "policies/deploy.json"); err != nil || string(src) != "{}" {
				t.Errorf("file: %q, %v", src, err)
			}
			if src, err := tt.of.File(t.Context(), identity.Identity{}, strings.Repeat("ab", 20), "policies/deploy.json"); err == nil {
				t.Errorf("file of another commit: %q", src)
			}
		})
	}
}

func with(files map[string]string, name, src string) map[string]string {
	out := maps.Clone(files)
	out[name] = src
	if src == "" {
		delete(out, name)
	}
	return out
}

// TestLocalRefuses: what can't be read, or must be there and isn't, is an error that says what to do.
func TestLocalRefuses(t *testing.T) {
	many := project()
	for i := range 31 {
		many[fmt.Sprintf(".github/curfew/%02d.rego", i)] = "package x"
	}
	org := committed(t, organisation())
	for name, tt := range map[string]struct {
		files map[string]string
		org   governance.Source
		want  string
	}{
		"no manifest":      {with(project(), manifest.Path, ""), org, "there is no manifest"},
		"a large manifest": {with(project(), manifest.Path, strings.Repeat("#", 1<<20+1)), org, "1048577 bytes"},
		"no policy given":  {project(), nil, "that of acme/.github holds here, and isn't given: give"},
		"no policy there":  {project(), committed(t, map[string]string{"README": "x"}), "there is no organisation's policy"},
		"many modules":     {many, org, "more than 32 policies"},
		"a large module":   {with(project(), ".github/curfew/a.rego", strings.Repeat("#", 256<<10+1)), org, "262145 bytes"},
		"org of a branch":  {project(), governance.Repository{Dir: org.Dir, Commit: "main"}, "no full commit id"},
		"org elsewhere":    {project(), governance.Repository{Dir: org.Dir, Commit: strings.Repeat("ab", 20)}, "isn't in"},
		"org without git":  {project(), governance.Repository{Dir: t.TempDir(), Commit: org.Commit}, "not in a git repository"},
		"org nowhere":      {project(), governance.Workspace{Dir: filepath.Join(org.Dir, "none")}, "no such file"},
	} {
		for _, from := range []governance.Source{committed(t, tt.files), workspace(t, tt.files)} {
			_, err := governance.Local{Project: from, Org: tt.org}.Rules(t.Context(), identity.Identity{}, "")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s, %T: got %v, want %q", name, from, err, tt.want)
			}
		}
	}
	if _, err := (governance.Local{}).Rules(t.Context(), identity.Identity{}, ""); err == nil {
		t.Error("rules of nothing")
	}
}

// TestLocalLinks: a link among what decides is refused, in a commit as in a workspace.
func TestLocalLinks(t *testing.T) {
	org := committed(t, organisation())
	for _, name := range []string{manifest.Path, ".github/curfew/a.rego", ".github/curfew", ".github/curfew/new.rego"} {
		dir := t.TempDir()
		write(t, dir, project())
		write(t, dir, map[string]string{"elsewhere": manifestText, "folder/x.rego": "package x"})
		target := map[bool]string{true: "../folder", false: "../elsewhere"}[name == ".github/curfew"]
		path := filepath.Join(dir, name)
		if err := errors.Join(os.RemoveAll(path), os.Symlink(target, path)); err != nil {
			t.Fatal(err)
		}
		git(t, dir, "init", "-q", "-b", "main")
		git(t, dir, "add", ".")
		git(t, dir, "commit", "-qm", "first")
		for _, from := range []governance.Source{governance.Workspace{Dir: dir}, governance.Repository{Dir: dir, Commit: git(t, dir, "rev-parse", "HEAD")}} {
			if got, err := (governance.Local{Project: from, Org: org}).Rules(t.Context(), identity.Identity{}, ""); err == nil {
				t.Errorf("%s, %T: got %+v", name, from, got)
			}
		}
	}
}

// TestBadManifest: it is handed on as it is, since whoever parses it says where it is wrong.
func TestBadManifest(t *testing.T) {
	from := committed(t, with(project(), manifest.Path, "version: 2\n"))
	got, err := governance.Local{Project: from}.Rules(t.Context(), identity.Identity{}, "acme/.github")
	if err != nil || string(got.Manifest.Src) != "version: 2\n" || got.Manifest.Commit != from.Commit {
		t.Errorf("got %+v, %v", got, err)
	}
}
