package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// repository is what is searched.
type repository struct {
	path     string
	bare     bool
	ownRules bool // it has a .gitleaks.toml
	commits  int  // that a ref reaches
	packed   int  // KiB in packs
	loose    int  // objects outside of packs
	files    int  // tracked in HEAD
	diff     diffRange
}

// diffRange is two commits and how many files were added or changed between them.
type diffRange struct {
	base, head string
	files      int
}

const (
	// wantFiles is how many files the diff should touch.
	wantFiles = 50
	// furthest is how many commits back a base is looked for.
	furthest = 1000
)

func open(ctx context.Context, path string) (repository, error) {
	r := repository{path: path}
	bare, err := r.git(ctx, "rev-parse", "--is-bare-repository")
	if err != nil {
		return r, err
	}
	r.bare = bare == "true"
	_, err = os.Stat(filepath.Join(path, ".gitleaks.toml"))
	r.ownRules = err == nil
	commits, err := r.git(ctx, "rev-list", "--all", "--count")
	if err != nil {
		return r, err
	}
	if r.commits, err = strconv.Atoi(commits); err != nil {
		return r, err
	}
	if err := r.count(ctx); err != nil {
		return r, err
	}
	files, err := r.git(ctx, "ls-tree", "-r", "--name-only", "HEAD")
	if err != nil {
		return r, err
	}
	r.files = lines(files)
	r.diff, err = r.pickDiff(ctx)
	return r, err
}

// count reads what git says of its objects.
func (r *repository) count(ctx context.Context) error {
	out, err := r.git(ctx, "count-objects", "-v")
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		n, err := strconv.Atoi(value)
		switch {
		case err != nil: // "alternate: path"
		case key == "size-pack":
			r.packed = n
		case key == "count":
			r.loose = n
		}
	}
	return nil
}

// whole refuses a repository in which git log, which the peers read, ends at an object that isn't there: they would
// search a part of it, and look quick.
func (r *repository) whole(ctx context.Context) error {
	objects, err := r.git(ctx, "rev-list", "--objects", "--all", "--missing=print")
	if err != nil {
		return err
	}
	for line := range strings.Lines(objects) {
		id, missing := strings.CutPrefix(strings.TrimSpace(line), "?")
		if !missing {
			continue
		}
		if _, err := r.git(ctx, "cat-file", "-s", id); err != nil { // else git has a replacement
			return fmt.Errorf("%s lacks object %s, where git log ends: fetch it, or let something stand for it: "+
				"git update-ref refs/replace/%s $(git hash-object -w /dev/null)", r.path, id, id)
		}
	}
	return nil
}

// pickDiff goes back along HEAD's first parents to the first commit that differs from HEAD in wantFiles files, or as far as
// there is one.
func (r *repository) pickDiff(ctx context.Context) (diffRange, error) {
	out, err := r.git(ctx, "rev-list", "--first-parent", "--max-count", strconv.Itoa(furthest+1), "HEAD")
	if err != nil {
		return diffRange{}, err
	}
	commits := strings.Fields(out)
	d := diffRange{head: commits[0], base: commits[0]}
	for _, base := range commits[1:] {
		names, err := r.git(ctx, "diff-tree", "-r", "--name-only", "--no-renames", "--diff-filter=AM", base, d.head)
		if err != nil {
			return d, err
		}
		if d.base, d.files = base, lines(names); d.files >= wantFiles {
			break
		}
	}
	return d, nil
}

// size tells the history in words.
func (r *repository) size() string {
	s := fmt.Sprintf("%d commits, %d MiB in packs", r.commits, r.packed>>10)
	if r.loose > 0 {
		s += fmt.Sprintf(" and %d objects outside", r.loose)
	}
	return s
}

func (r *repository) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", r.path}, args...)...) //nolint:gosec // arguments of our own
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("git %s: %s", args[0], bytes.TrimSpace(exit.Stderr))
	}
	return strings.TrimSpace(string(out)), err
}

// lines counts the lines of what git printed.
func lines(s string) int {
	if s == "" {
		return 0
	}
	return strings.Count(s, "\n") + 1
}
