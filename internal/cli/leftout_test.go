package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// What ends with its job is no finding in a file, and is counted.
func TestEndingIsCounted(t *testing.T) {
	dir := t.TempDir()
	for _, p := range planted.All(3) {
		if p.Detector == "github-app-token" || p.Detector == "github-pat" {
			if err := os.WriteFile(filepath.Join(dir, p.Detector+".env"), []byte(p.Content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := scanJSON(t, dir)
	if len(r.Findings) != 1 || r.LeftOut.Ending != 1 {
		t.Errorf("%d findings, %d that end; want one of each", len(r.Findings), r.LeftOut.Ending)
	}
}
