package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// built makes a repository and returns its folder and what was said of it.
func built(t *testing.T, args ...string) (repo, said string) {
	t.Helper()
	repo = filepath.Join(t.TempDir(), "repo")
	var stdout bytes.Buffer
	if err := run(t.Context(), append([]string{"-into", repo}, args...), &stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	output(t, repo, "fsck", "--strict")
	return repo, stdout.String()
}

func output(t *testing.T, repo string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", repo}, args...)...).Output()
	if err != nil {
		t.Fatalf("git %s: %v", args[0], err)
	}
	return string(out)
}

// TestHistory: the text is there, in few bytes, and each credential comes once.
func TestHistory(t *testing.T) {
	repo, said := built(t, "-text", "1000000")
	if !strings.HasSuffix(said, "in 500 versions of 1 files, 500 commits, 2 credentials\n") {
		t.Errorf("said %q", said)
	}
	if n := strings.Count(output(t, repo, "log", "-p", "main"), "\n+token = "); n != 2 {
		t.Errorf("%d credentials came, want 2", n)
	}
	var packed int64
	packs, err := filepath.Glob(filepath.Join(repo, ".git/objects/pack/*.pack"))
	if err != nil || len(packs) == 0 {
		t.Fatalf("no packs: %v", err)
	}
	for _, name := range packs {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		packed += info.Size()
	}
	if packed > 1<<20 {
		t.Errorf("25 MB of text take %d bytes: deltas are missing", packed)
	}
}

// TestHistoryAgain: the same size gives the same bytes, another size others.
func TestHistoryAgain(t *testing.T) {
	stream := func(size int64) [sha256.Size]byte {
		hash := sha256.New()
		w := bufio.NewWriter(hash)
		if _, err := history(size)(w); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		return [sha256.Size]byte(hash.Sum(nil))
	}
	first := stream(1)
	if stream(1) != first || stream(30_000_000) == first {
		t.Error("the stream doesn't go by the size alone")
	}
}

// TestHostile: the files stand in the working tree as in the commit.
func TestHostile(t *testing.T) {
	repo, said := built(t, "-hostile", "-blob", "3000000")
	if diff := cmp.Diff("17 files and links, 11 credentials\n", said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	if status := output(t, repo, "status", "--short"); status != "" {
		t.Errorf("the tree differs from the commit:\n%s", status)
	}
	zeros, err := os.ReadFile(filepath.Join(repo, "zeros.bin"))
	if err != nil || len(zeros) != 3_000_000 || len(bytes.Trim(zeros, "\x00")) != 0 {
		t.Errorf("%d bytes of zeros: %v", len(zeros), err)
	}
}

// TestFaults: nothing is written where something stands.
func TestFaults(t *testing.T) {
	for _, args := range [][]string{nil, {"-into", t.TempDir()}, {"-into", filepath.Join(t.TempDir(), "a", "b")}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("no error for %q", args)
		}
	}
}
