package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

var toolchainLine = regexp.MustCompile(`(?m)^toolchain (go[0-9.a-z]+)$`)

// ready returns an error unless a table can be made of what is checked out: nothing is changed, so that the commit is what is
// built, and Go is the one that go.mod names, as another one builds other bytes.
func ready(ctx context.Context, repo, version, goVersion string) error {
	if err := checkVersion(version); err != nil {
		return err
	}
	changed, err := git(ctx, repo, "status", "--porcelain")
	if err != nil {
		return err
	}
	if changed != "" {
		return fmt.Errorf("a release is built of a commit, and these files differ from it: commit or remove them\n%s", changed)
	}
	mod, err := os.ReadFile(filepath.Join(repo, "go.mod")) //nolint:gosec // the repository's own
	if err != nil {
		return err
	}
	line := toolchainLine.FindStringSubmatch(string(mod))
	if line == nil {
		return errors.New("go.mod has no toolchain line: it says which Go builds a release")
	}
	if line[1] != goVersion {
		return fmt.Errorf("this is %s, and go.mod says that %s builds a release: install that, or raise the toolchain line first", goVersion, line[1])
	}
	return nil
}

// tagged holds the tag that is checked out to its table, and prints what the workflow needs of it: the version, and the commit
// that the binaries are built of. Between that commit and the tag nothing but the table may have changed: the source that
// is built is the source that is tagged. And the tag must be on the branch that is protected: nobody releases past its rules.
func tagged(ctx context.Context, stdout io.Writer, repo, tag, branch string) error {
	version, ok := strings.CutPrefix(tag, "v")
	if !ok || checkVersion(version) != nil {
		return fmt.Errorf("tag %q: expected one like v1.2.3", tag)
	}
	head, err := git(ctx, repo, "rev-parse", "--verify", "--end-of-options", "refs/tags/"+tag+"^{commit}")
	if err != nil {
		return err
	}
	out, err := git(ctx, repo, "rev-parse", "--verify", "HEAD")
	if err != nil {
		return err
	}
	if out != head {
		return fmt.Errorf("%s is checked out, and tag %s is %s", out, tag, head)
	}
	t, err := tableOf(ctx, repo, head)
	if err != nil {
		return fmt.Errorf("%s of tag %s: %w", tableFile, tag, err)
	}
	if t.Version != version {
		return fmt.Errorf("%s is the table of version %s, and the tag is %s: make release-table VERSION=%s, commit it and tag that", tableFile, t.Version, tag, version)
	}
	if err := onlyTable(ctx, repo, t.Commit, head); err != nil {
		return err
	}
	if _, err := git(ctx, repo, "merge-base", "--is-ancestor", "--end-of-options", head, branch); err != nil {
		return fmt.Errorf("tag %s isn't on %s: merge it first", tag, branch)
	}
	_, err = fmt.Fprintf(stdout, "version=%s\ncommit=%s\n", version, t.Commit)
	return err
}

// tableOf reads the table that a commit holds.
func tableOf(ctx context.Context, repo, commit string) (table, error) {
	src, err := exec.CommandContext(ctx, "git", "-C", repo, "cat-file", "blob", commit+":"+tableFile).Output() //nolint:gosec // a commit's id
	if err != nil {
		return table{}, errors.New("there is none: make release-table makes it, and a release is the commit that adds it")
	}
	return parseTable(src)
}

// onlyTable returns an error unless head comes after built, and differs from it by the table alone.
func onlyTable(ctx context.Context, repo, built, head string) error {
	if built == head {
		return errors.New("the table names the commit that holds it, which cannot be")
	}
	if _, err := git(ctx, repo, "merge-base", "--is-ancestor", built, head); err != nil {
		return fmt.Errorf("commit %s, of which the table says that it is built, doesn't come before the tag: was it rebased? make the table again", built)
	}
	changed, err := git(ctx, repo, "diff", "--name-only", "--no-renames", built, head)
	if err != nil {
		return err
	}
	if changed != tableFile {
		return fmt.Errorf("from commit %s, which is built, to the tag there may change %s alone: make the table again after\n%s", built, tableFile, changed)
	}
	return nil
}

func git(ctx context.Context, repo string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", repo}, args...)...) //nolint:gosec // arguments that were looked at
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", args[0], err, stderr.String())
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}
