package verify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/verify"
)

// detectorsOf lists the detectors that v can ask about, as its error does.
func detectorsOf(t *testing.T, v *verify.Verifier) []string {
	t.Helper()
	_, _, err := v.Select("?")
	if err == nil {
		t.Fatal("no error for a name that isn't one")
	}
	_, list, _ := strings.Cut(err.Error(), "; detectors: ")
	return strings.Split(list, ", ")
}

func TestSelect(t *testing.T) {
	v := verifier(t, verify.Options{Recipes: ourRecipes(t)})
	type finding struct{ detector, fingerprint string }
	all := []finding{
		{"github-pat", "sha256:1a2b3c4d5e6f"},
		{"github-oauth", "9f2c41e09f2c41e0"},
		{"aws-access-token", "00000000aaaa"},
		{"buildkite-token", "sha256:bbbbbbbbbbbb"},
		{"generic-api-key", "cccccccccccc"},
		{"private-key", ""},
	}
	tests := []struct {
		spec string
		want []string
	}{
		{"all", []string{"github-pat", "github-oauth", "aws-access-token", "buildkite-token"}},
		{"github", []string{"github-pat", "github-oauth"}},
		{"github-pat, aws", []string{"github-pat", "aws-access-token"}},
		{"buildkite-token", []string{"buildkite-token"}},
		{"1a2b3c4d", []string{"github-pat"}},
		{"sha256:1A2B3C4D", []string{"github-pat"}},
		{"9f2c41e0,aws", []string{"github-oauth", "aws-access-token"}},
		{"cccccccc", []string{"generic-api-key"}}, // is asked about, and told that nobody can say
		{"1a2b3c4e", nil},
	}
	for _, tt := range tests {
		chosen, prints, err := v.Select(tt.spec)
		if err != nil {
			t.Errorf("%s: %v", tt.spec, err)
			continue
		}
		var got []string
		for _, f := range all {
			if chosen(f.detector, f.fingerprint) {
				got = append(got, f.detector)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.spec, diff)
		}
		if tt.spec == "9f2c41e0,aws" && !slices.Equal(prints, []string{"9f2c41e0"}) {
			t.Errorf("%s: fingerprints %q", tt.spec, prints)
		}
	}
}

// TestSelectNothing: what names nothing is an error, never everything.
func TestSelectNothing(t *testing.T) {
	v := verifier(t, verify.Options{})
	for _, spec := range []string{"", "github,", "git", "generic-api-key", "1a2b3c4", "1a2b3c4g", "*", "ALL", "true"} {
		_, _, err := v.Select(spec)
		if err == nil {
			t.Errorf("%q: no error", spec)
			continue
		}
		if !strings.Contains(err.Error(), "services: aws, gcp, github, gitlab, npm, pypi, slack, vault; detectors: aws-access-token, ") {
			t.Errorf("%q: %v", spec, err)
		}
	}
}
