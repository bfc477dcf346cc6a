package scan_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// repository has n files with a credential each, all of them committed.
func repository(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	secrets := planted.All(1)
	for i := range n {
		content := fmt.Sprintf("%s# %d\n", secrets[0].Content, i)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d.env", i)), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "x"},
	} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

// TestProgress: the counts end where the scan does.
func TestProgress(t *testing.T) {
	var p history.Progress
	r, err := scan.Run(t.Context(), scan.Options{
		Dir: repository(t, 20), Search: scan.Search{History: true}, Progress: &p, Now: today,
	})
	if err != nil {
		t.Fatal(err)
	}
	if objects, total := p.Objects.Load(), p.Total.Load(); objects != total || objects != 40 {
		t.Errorf("%d of %d objects, want 40 of 40", objects, total)
	}
	if len(r.Findings) != 20 || r.Checked.Versions != 20 || r.Checked.Files != 20 {
		t.Errorf("%d findings, checked %+v", len(r.Findings), r.Checked)
	}
}

// TestInterruptedTree: of a tree that was read in part, what was found there is told.
func TestInterruptedTree(t *testing.T) {
	const files = 2000
	dir := repository(t, files)
	ctx, cancel := context.WithCancel(t.Context())
	var p history.Progress
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for p.Objects.Load() < 20 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	r, err := scan.Run(ctx, scan.Options{Dir: dir, Progress: &p, Now: today})
	cancel()
	<-watched
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted() || len(r.Checked.Sources) > 0 {
		t.Errorf("told %v, read to the end: %v", r.NotChecked, r.Checked.Sources)
	}
	if n := len(r.Findings); n < 20 || n >= files || r.Checked.Files < n {
		t.Errorf("%d findings in %d files of %d", n, r.Checked.Files, files)
	}
}
