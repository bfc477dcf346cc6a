package governance_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/governance"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// gitlabJob is a job of GitLab's with claims beside or instead of the usual ones; nil takes one away.
func gitlabJob(t *testing.T, commit string, change map[string]any) identity.Identity {
	t.Helper()
	claims := map[string]any{
		"project_id": "20", "namespace_id": "72", "pipeline_source": "push", "ref_path": "refs/heads/main", "ref_protected": "true", "sha": commit,
	}
	maps.Copy(claims, change)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	src, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	c, err := identity.ParseClaims("claims", src)
	if err != nil {
		t.Fatal(err)
	}
	who, err := identity.From(c)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// TestProven: what decides is what the job's commit has, in a clone of no depth, whatever lies around it.
func TestProven(t *testing.T) {
	at, org := committed(t, project()), committed(t, organisation())
	shallow := filepath.Join(t.TempDir(), "clone")
	git(t, at.Dir, "branch", "old", at.Commit)
	git(t, at.Dir, "clone", "-q", "--depth=1", "--branch=old", "file://"+at.Dir, shallow)
	git(t, shallow, "checkout", "-q", "--detach")
	write(t, shallow, map[string]string{manifest.Path: "an earlier step's\n"})
	p := &governance.Proven{Dir: shallow, Ref: "refs/heads/main", Org: org}
	who := gitlabJob(t, at.Commit, nil)
	for range 2 { // the second time it isn't read again
		r, err := p.Rules(t.Context(), who, "")
		if err != nil || string(r.Manifest.Src) != manifestText || r.Manifest.Commit != at.Commit || r.Org.Commit != org.Commit || r.Workspace {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	if src, err := p.File(t.Context(), who, at.Commit, "policies/deploy.json"); err != nil || string(src) != "{}" {
		t.Errorf("%q, %v", src, err)
	}
	absent := gitlabJob(t, strings.Repeat("ab", 20), nil)
	if r, err := p.Rules(t.Context(), absent, ""); err == nil {
		t.Errorf("a commit that isn't there has %+v", r)
	}
}

// TestProvenRefuses: nobody else's commit decides.
func TestProvenRefuses(t *testing.T) {
	at := committed(t, project())
	for name, tt := range map[string]struct {
		change map[string]any
		ref    string
		says   string
	}{
		"another branch":         {map[string]any{"ref_path": "refs/heads/feature"}, "refs/heads/main", `ref_path is "refs/heads/feature", expected "refs/heads/main"`},
		"a tag of its name":      {map[string]any{"ref_path": "refs/tags/main"}, "refs/heads/main", `ref_path is "refs/tags/main"`},
		"a branch unprotected":   {map[string]any{"ref_protected": "false"}, "refs/heads/main", `ref_protected is "false", expected "true"`},
		"nobody says":            {map[string]any{"ref_protected": nil}, "refs/heads/main", "ref_protected is absent"},
		"GitLab says nothing":    {map[string]any{"ref_protected": ""}, "refs/heads/main", `ref_protected is ""`},
		"a truth":                {map[string]any{"ref_protected": "True"}, "refs/heads/main", `ref_protected is "True"`},
		"a merge request":        {map[string]any{"pipeline_source": "merge_request_event"}, "refs/heads/main", `pipeline_source is "merge_request_event", expected a run of what is merged`},
		"a foreign pull request": {map[string]any{"pipeline_source": "external_pull_request_event"}, "refs/heads/main", "expected a run of what is merged"},
		"no event":               {map[string]any{"pipeline_source": nil}, "refs/heads/main", "pipeline_source is absent"},
		"no branch is known":     {nil, "", "which branch decides isn't known"},
		"no commit":              {map[string]any{"sha": nil}, "refs/heads/main", ""},
		"a branch for a commit":  {map[string]any{"sha": "main"}, "refs/heads/main", ""},
	} {
		p := &governance.Proven{Dir: at.Dir, Ref: tt.ref}
		who := gitlabJob(t, at.Commit, tt.change)
		r, err := p.Rules(t.Context(), who, "")
		if err == nil || r.Manifest.Src != nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
		if src, err := p.File(t.Context(), who, at.Commit, "policies/deploy.json"); err == nil {
			t.Errorf("%s: the file %q", name, src)
		}
	}
}
