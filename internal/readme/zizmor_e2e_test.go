//go:build e2e

package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestE2EZizmor holds this repository's workflows and actions, those that others copy, and the callers in the docs to zizmor
// (CURFEW_ZIZMOR), offline and in its strictest persona.
func TestE2EZizmor(t *testing.T) {
	zizmor := os.Getenv("CURFEW_ZIZMOR")
	if zizmor == "" {
		t.Skip("NOT RUN: CURFEW_ZIZMOR doesn't name zizmor: make e2e says why")
	}
	released := strings.NewReplacer( // as a user fills it in: there is no release to name yet
		"@COMMIT # yours: the commit of a release", "@0123456789012345678901234567890123456789 # v1.0.0",
		"@COMMIT # vX.Y.Z", "@0123456789012345678901234567890123456789 # v1.0.0")
	dir := t.TempDir()
	for name, text := range callers(t) {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), released.Replace(text))
	}
	write(t, filepath.Join(dir, ".github/workflows/collect.yml"), released.Replace(read(t, "docs/workflows/collect.yml")))

	root := rooted(t)
	cases := map[string]struct {
		persona string
		inputs  []string
	}{
		"ours": {"auditor", []string{root + "/.github/workflows", root + "/action.yml", root + "/dist/setup", root + "/dist/scan"}},
		// A page's examples are as short as they can be: names and comments of jobs are for a style guide.
		"users": {"regular", []string{dir}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"--offline", "--no-progress", "--no-config", "--persona=" + c.persona}, c.inputs...)
			out, err := exec.CommandContext(t.Context(), zizmor, args...).CombinedOutput()
			if err != nil {
				t.Errorf("zizmor: %v\n%s", err, out)
			}
		})
	}
}
