package github

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/policy"
)

// TestGovernance: a manifest, a policy and Rego of the tips, and what is known of the run.
func TestGovernance(t *testing.T) {
	p := newPlace(t)
	g := p.governance()
	got, err := g.Rules(t.Context(), p.who(), "acme/.github")
	if err != nil {
		t.Fatal(err)
	}
	want := issuance.Rules{
		Manifest: issuance.File{Path: manifest.Path, Commit: p.web, Src: []byte(rulesText)},
		Org:      &issuance.File{Path: "acme/.github/curfew/org.yml", Commit: p.org, Src: []byte(policyText)},
		RepoRego: []policy.Module{{Path: ".github/curfew/a.rego", Src: []byte("package a")}},
		OrgRego:  []policy.Module{{Path: "curfew/policy/lease.rego", Src: []byte("package curfew.lease")}},
		Facts: manifest.Facts{
			Run:     &manifest.Run{TriggeringActor: "@alice", ChangeAuthor: "@bob"},
			Members: map[string][]string{"@acme/oncall": {"@maria", "@zoe"}, "@acme/appsec": {"@anna"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if src, err := g.File(t.Context(), p.who(), p.web, "policies/deploy.json"); err != nil || string(src) != "{}" {
		t.Errorf("file: %q, %v", src, err)
	}
	asked := len(p.g.Asked())
	if _, err := g.Rules(t.Context(), p.who(), ""); err != nil {
		t.Error(err)
	}
	if more := p.g.Asked()[asked:]; len(more) != 6 { // both repositories and tips, and the teams
		t.Errorf("what an id names is asked for again: %v", more)
	}
}

// TestMoved: the next question is answered by what the branch holds then, the file of the old commit by the old one.
func TestMoved(t *testing.T) {
	p := newPlace(t)
	g := p.governance()
	if _, err := g.Rules(t.Context(), p.who(), ""); err != nil {
		t.Fatal(err)
	}
	files := webFiles()
	files["policies/deploy.json"], files[manifest.Path] = "new", strings.Replace(rulesText, "ttl: 15m", "ttl: 10m", 1)
	next := p.g.Commit(webID, "main", "bob", files)
	p.g.Rename(webID, "acme/web2")
	got, err := g.Rules(t.Context(), p.who(), "")
	if err != nil || got.Manifest.Commit != next || !strings.Contains(string(got.Manifest.Src), "ttl: 10m") {
		t.Errorf("got %s, %v", got.Manifest.Commit, err)
	}
	p.g.Rename(webID, "acme/web")
	for commit, want := range map[string]string{p.web: "{}", strings.Repeat("ab", 20): ""} {
		if src, err := g.File(t.Context(), p.who(), commit, "policies/deploy.json"); string(src) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", commit, src, err)
		}
	}
}
