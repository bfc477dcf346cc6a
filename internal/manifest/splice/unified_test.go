package splice

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnified(t *testing.T) {
	const before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\r\n"
	after := strings.Replace(strings.Replace(before, "b\n", "", 1), "l\r\n", "l\r\nm", 1)
	const want = "--- a/f\n+++ b/f\n@@ -1,5 +1,4 @@\n a\n-b\n c\n d\n e\n@@ -10,3 +9,4 @@\n j\n k\n l\n+m\n"
	if diff := cmp.Diff(want, Unified("f", []byte(before), []byte(after))); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "a", "a\n"} {
		if got := Unified("f", []byte(text), []byte(text)); got != "" {
			t.Errorf("%q", got)
		}
	}
	if got := Unified("f", nil, []byte("a\n")); !strings.Contains(got, "@@ -0,0 +1,1 @@\n+a\n") {
		t.Errorf("%q", got)
	}
}

// TestUnifiedShowsEntries: of lines that repeat, those are shown that belong together.
func TestUnifiedShowsEntries(t *testing.T) {
	const before = "g:\n  a:\n    x: 1\n    y: 2\n  # of b\n  b:\n    x: 1\n    y: 2\nh: 3\n"
	const want = "--- a/f\n+++ b/f\n@@ -2,8 +2,4 @@\n   a:\n     x: 1\n     y: 2\n-  # of b\n-  b:\n-    x: 1\n-    y: 2\n h: 3\n"
	after, err := apply("f", []byte(before), []Edit{Remove("/g/b")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, Unified("f", []byte(before), after)); diff != "" {
		t.Error(diff)
	}
}

// TestUnifiedApplies has patch(1) make of each manifest what its edit made of it.
func TestUnifiedApplies(t *testing.T) {
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Skip("no patch(1) here")
	}
	tried := 0
	for _, s := range samples(t) {
		if bytes.ContainsAny(s.src, "\r") || !bytes.HasSuffix(s.src, []byte("\n")) {
			continue
		}
		doc, err := parse(s.name, s.src)
		if err != nil {
			t.Fatal(err)
		}
		all := places(doc.Root, "", 0, nil)
		for _, at := range all[len(all)/2:][:3] {
			out, err := apply(s.name, s.src, []Edit{Remove(at.pointer)})
			if err != nil {
				continue
			}
			tried++
			file := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(file, s.src, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), patch, "-s", file)
			cmd.Stdin = strings.NewReader(Unified("f", s.src, out))
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %s: %v: %s", s.name, at.pointer, err, said)
			}
			got, err := os.ReadFile(file)
			if err != nil || !bytes.Equal(got, out) {
				t.Errorf("%s: %s: %v\n%s", s.name, at.pointer, err, cmp.Diff(string(out), string(got)))
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d tried", tried)
	}
}
