package report

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/finding"
)

// TestGitLab holds reports to what GitLab documents of them: every issue has a place, a known severity and a fingerprint of its own,
// and what doesn't count isn't there.
func TestGitLab(t *testing.T) {
	for _, s := range samples() {
		var all []map[string]any
		if err := json.Unmarshal([]byte(s.write(t, GitLab, Options{})), &all); err != nil || all == nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		want := len(counting(s.result))
		if len(s.result.NotChecked) > 0 {
			want++
		}
		if len(all) != want {
			t.Errorf("%s: %d issues, want %d", s.name, len(all), want)
		}
		seen := map[string]bool{}
		for _, one := range all {
			fingerprint, _ := one["fingerprint"].(string)
			severity, _ := one["severity"].(string)
			at, _ := one["location"].(map[string]any)
			path, _ := at["path"].(string)
			lines, _ := at["lines"].(map[string]any)
			begin, _ := lines["begin"].(float64)
			if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(fingerprint) || seen[fingerprint] ||
				!slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, severity) ||
				path == "" || strings.HasPrefix(path, "/") || strings.HasPrefix(path, "./") || begin < 1 || one["description"] == "" || one["check_name"] == "" {
				t.Errorf("%s: %v", s.name, one)
			}
			seen[fingerprint] = true
		}
	}
}

// TestGitLabPlaces: a path is from the repository's root, also where a folder of it was scanned.
func TestGitLabPlaces(t *testing.T) {
	r := clean()
	r.Of.Folder = "services/web"
	r.Findings = []finding.Finding{{Rule: "manifest-fault", Severity: finding.Low, Message: "no place"}, tree{"a.yml": "x: 1\n"}.find("token-default", finding.Critical, "a.yml", "1", "here")}
	out := sample{result: finish(r)}.write(t, GitLab, Options{})
	for _, has := range []string{`"path": "services/web/a.yml"`, `"path": "services/web/.github/curfew.yml"`, `"severity": "blocker"`, `"severity": "minor"`} {
		if !strings.Contains(out, has) {
			t.Errorf("%s isn't in\n%s", has, out)
		}
	}
}
