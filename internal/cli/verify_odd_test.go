package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// Of every credential that is named it is told what its service said, or that it wasn't asked: also of those
// that stand in UTF-16, in a link's target, or in a file that a tag alone names.
func TestVerifyOddPlaces(t *testing.T) {
	token := ""
	for _, p := range planted.All(1) {
		if p.Detector == "github-pat" {
			token = p.Value
		}
	}
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	wide := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune("TOKEN=" + token + "\n")) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, content := range map[string][]byte{"wide.env": wide, "tagged.env": []byte("TOKEN=" + token + "\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git("tag", "blob", git("hash-object", "-w", "tagged.env"))
	if err := os.Remove(filepath.Join(dir, "tagged.env")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(token, filepath.Join(dir, "link.env")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	git("add", ".")
	git("commit", "-qm", "one")
	git("rm", "-q", "wide.env", "link.env")
	git("commit", "-qm", "two")

	var asked []string
	s := fakeGitHub(t, token, &asked)
	got := map[string]string{}
	for _, f := range scanJSON(t, dir, "--history", "--verify", "github", "--verify-at", "github="+s.URL).Findings {
		status := "nothing"
		if f.Liveness != nil {
			status = f.Liveness.Status
		}
		got[f.Region.Path] = f.Severity.String() + ", " + status
	}
	want := map[string]string{"wide.env": "critical, live", "link.env": "high, unknown", "refs/tags/blob": "high, unknown"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
