package github

import (
	"net/http"
	"strings"
	"testing"
)

// TestNeeds: a source that several questions make up says what all of them need, by GitHub's own documentation.
func TestNeeds(t *testing.T) {
	for path, want := range map[string][2]string{
		"/branches/main":            {"branch-protection", "needs administration: read, contents: read"},
		"/branches/main/protection": {"branch-protection", "needs administration: read, contents: read"},
		"/orgs/acme/rulesets":       {"org-rulesets", "needs organization_administration: write"},
	} {
		g := stocked(t)
		g.Answer = func(w http.ResponseWriter, r *http.Request) bool {
			hit := strings.HasSuffix(r.URL.Path, path)
			if hit {
				says(403, `{"message":"Resource not accessible by integration"}`)(w, r)
			}
			return hit
		}
		asked := wanted()
		asked.Organization = true
		inv := take(t, asks(t, g, nil), asked)
		if ok, why := inv.Has(want[0], ""); ok || !strings.HasSuffix(why, want[1]) {
			t.Errorf("%s: %v %q", path, ok, why)
		}
	}
}
