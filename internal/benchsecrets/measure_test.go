package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// commit writes files into a repository and commits them.
func commit(t *testing.T, repo string, files ...string) {
	t.Helper()
	for _, name := range files {
		if err := os.WriteFile(filepath.Join(repo, name), []byte(strings.Join(files, " ")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git(t, repo, "add", "--all")
	git(t, repo, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "m")
}

func git(t *testing.T, repo string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", repo}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
}

// TestOpen: sizes are counted, and the diff goes back as far as it must and no further.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "--quiet")
	many := make([]string, wantFiles)
	for i := range many {
		many[i] = "f" + string(rune('a'+i%26)) + string(rune('a'+i/26))
	}
	commit(t, dir, ".gitleaks.toml")
	first, err := open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if first.diff.files != 0 || !first.ownRules {
		t.Errorf("of one commit: %+v", first)
	}
	commit(t, dir, "a", "b")
	commit(t, dir, many...)
	commit(t, dir, "c")
	r, err := open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	base, err := r.git(t.Context(), "rev-parse", "HEAD~2")
	if err != nil {
		t.Fatal(err)
	}
	head, err := r.git(t.Context(), "rev-parse", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	want := diffRange{base: base, head: head, files: wantFiles + 1}
	if diff := cmp.Diff(want, r.diff, cmp.AllowUnexported(diffRange{})); diff != "" {
		t.Errorf("diff (-want +got):\n%s", diff)
	}
	if r.commits != 4 || r.files != wantFiles+4 || r.loose == 0 || r.bare {
		t.Errorf("repository %+v", r)
	}
}

// TestOnce measures a process that is known: this test's own binary, which reads its input and writes a report.
func TestOnce(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{work: t.TempDir()}
	c := contestant{tool: tool{path: self}, ours: true, args: []string{"-test.run=^TestContestant$", "-test.v=false"}}
	t.Setenv("BENCHSECRETS_CONTESTANT", "1")
	u, err := b.once(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if u.findings != 2 || u.cpu <= 0 || u.wall < busy {
		t.Errorf("usage %+v, want 2 findings, some CPU time and %v at least", u, busy)
	}
	if runtime.GOOS == "linux" && (u.rss < 1<<20 || u.rss > 4<<30) {
		t.Errorf("%d bytes of memory", u.rss)
	}
	t.Setenv("BENCHSECRETS_CONTESTANT", "2")
	if _, err = b.once(t.Context(), c); err == nil || !strings.Contains(err.Error(), "exit status 9: it went wrong") {
		t.Errorf("error %v of a process that fails", err)
	}
}

// busy is how long TestContestant takes.
const busy = 30 * time.Millisecond

// TestContestant is what the tests measure.
func TestContestant(*testing.T) {
	switch os.Getenv("BENCHSECRETS_CONTESTANT") {
	case "1":
		begin := time.Now()
		for sum := 0; time.Since(begin) < busy; sum++ {
			runtime.KeepAlive(sum)
		}
		fmt.Fprint(os.Stdout, `{"findings":[{},{}]}`)
		os.Exit(0)
	case "2":
		fmt.Fprintln(os.Stderr, "first\nit went wrong")
		os.Exit(9)
	}
}

// TestMeasureAlternates: each round begins with another contestant.
func TestMeasureAlternates(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("BENCHSECRETS_CONTESTANT", "1")
	var progress bytes.Buffer
	b := &bench{work: t.TempDir(), progress: &progress}
	c := contestant{label: "one", tool: tool{path: self}, ours: true, args: []string{"-test.run=^TestContestant$"}}
	other := c
	other.label = "two"
	results, err := b.measure(t.Context(), job{title: "it", runs: 3, contestants: []contestant{c, other}})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for line := range strings.Lines(progress.String()) {
		order = append(order, strings.Fields(line)[5])
	}
	if diff := cmp.Diff([]string{"one", "two", "two", "one", "one", "two"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if len(results[0].runs) != 3 || len(results[1].runs) != 3 {
		t.Errorf("%d and %d runs, want 3 of each", len(results[0].runs), len(results[1].runs))
	}
}

// TestMeasureFailing: who fails once is out, and is told once.
func TestMeasureFailing(t *testing.T) {
	var progress bytes.Buffer
	b := &bench{work: t.TempDir(), progress: &progress}
	missing := contestant{label: "nobody", tool: tool{path: filepath.Join(t.TempDir(), "nobody")}}
	results, err := b.measure(t.Context(), job{runs: 3, contestants: []contestant{missing}})
	if err != nil {
		t.Fatal(err)
	}
	if b.failed != 1 || results[0].reason == "" || strings.Count(progress.String(), "\n") != 1 {
		t.Errorf("%d failed for %q, told as %q", b.failed, results[0].reason, progress.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.measure(ctx, job{runs: 3, contestants: []contestant{missing}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v when interrupted", err)
	}
}

// TestCountFindings: a report that isn't one is no zero.
func TestCountFindings(t *testing.T) {
	for _, tc := range []struct {
		report string
		ours   bool
		want   int
		fails  bool
	}{
		{`[{"RuleID": "a"}, {}]`, false, 2, false},
		{`[]`, false, 0, false},
		{`{"schema": 1, "findings": [{}]}`, true, 1, false},
		{`{"schema": 1}`, true, 0, true},
		{``, true, 0, true},
		{`{}`, false, 0, true},
	} {
		name := filepath.Join(t.TempDir(), "report")
		if err := os.WriteFile(name, []byte(tc.report), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := countFindings(name, tc.ours)
		if got != tc.want || (err != nil) != tc.fails {
			t.Errorf("%s: %d, %v", tc.report, got, err)
		}
	}
}
