package gitrepo_test

import (
	"path/filepath"
	"testing"
	"time"
)

func TestBefore(t *testing.T) {
	dir := t.TempDir()
	day := func(d int) time.Time { return time.Date(2026, 11, d, 12, 0, 0, 0, time.UTC) }
	if c, known, err := open(t, dir).Before(t.Context(), day(1)); c != nil || known || err != nil {
		t.Errorf("outside of a repository: %v, %v, %v", c, known, err)
	}
	git(t, dir, "init", "-q")
	if c, known, err := open(t, dir).Before(t.Context(), day(1)); c != nil || known || err != nil {
		t.Errorf("without a commit: %v, %v, %v", c, known, err)
	}
	for _, d := range []int{5, 9} {
		write(t, dir, map[string]string{"f": day(d).Format(time.DateOnly)})
		git(t, dir, "add", "f")
		t.Setenv("GIT_COMMITTER_DATE", day(d).Format(time.RFC3339))
		git(t, dir, "commit", "-q", "-m", "f")
	}
	shallow := filepath.Join(t.TempDir(), "clone")
	git(t, dir, "clone", "-q", "--depth=1", "file://"+dir, shallow)
	for _, tt := range []struct {
		dir   string
		at    time.Time
		want  string
		known bool
	}{
		{dir, day(10), "2026-11-09", true},
		{dir, day(9), "2026-11-09", true},
		{dir, day(8), "2026-11-05", true},
		{dir, day(4), "", true},
		{shallow, day(10), "2026-11-09", true},
		{shallow, day(8), "", false},
	} {
		c, known, err := open(t, tt.dir).Before(t.Context(), tt.at)
		got := ""
		if c != nil {
			content, err := c.ReadFile(t.Context(), "f")
			if err != nil {
				t.Fatal(err)
			}
			got = string(content)
		}
		if got != tt.want || known != tt.known || err != nil {
			t.Errorf("%s: %q, %v, %v; want %q, %v", tt.at, got, known, err, tt.want, tt.known)
		}
	}
}
