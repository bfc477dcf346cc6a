package gitrepo_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/curfew-ci/curfew/internal/gitrepo"
)

func changesIn(t testing.TB, dir string, spec gitrepo.DiffSpec) *gitrepo.Changes {
	t.Helper()
	c, err := open(t, dir).Changes(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// added lists what changes add: "path: line, line".
func added(t testing.TB, c *gitrepo.Changes) []string {
	t.Helper()
	out := []string{}
	for i, f := range c.Files {
		content, err := c.Content(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		if len(content.Notes) > 0 {
			t.Errorf("%s: %v", f.Path, content.Notes)
		}
		var lines []string
		for n, line := range strings.Split(string(content.New), "\n") {
			if content.Added.Overlaps(n+1, n+1) {
				lines = append(lines, line)
			}
		}
		out = append(out, f.Path+": "+strings.Join(lines, ", "))
	}
	return out
}

func TestChanges(t *testing.T) {
	dir := repository(t, map[string]string{
		"edited": "1\n2\n3\n", "moved": "as is\n", "old/renamed": "1\n2\n", "mode": "x\n", "gone": "x\n", "same": "x\n", "sub/in": "1\n", "typed": "x\n",
	})
	git(t, dir, "checkout", "-q", "-b", "topic")
	git(t, dir, "checkout", "-q", "main")
	commit(t, dir, map[string]string{"edited": "1\n2\n3\nby main\n", "only-main": "x\n"})
	git(t, dir, "checkout", "-q", "topic")
	for _, name := range []string{"moved", "old/renamed", "gone", "typed"} {
		git(t, dir, "rm", "-q", name)
	}
	write(t, dir, map[string]string{
		"edited": "0\n1\n2\n3\n", "elsewhere": "as is\n", "new/renamed": "2\n1\n3\n", "sub/in": "1\n2\n", "fresh": "a\nb\n",
		"-odd \n name": "odd\n", "by main": "by main\n",
	})
	if err := os.Symlink("a-target", filepath.Join(dir, "typed")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "mode"), 0o700); err != nil {
		t.Fatal(err)
	}
	want := []string{"-odd \n name: odd", "by main: by main", "edited: 0", "fresh: a, b", "new/renamed: 3", "sub/in: 2", "typed: a-target"}

	git(t, dir, "add", "-A")
	write(t, dir, map[string]string{"edited": "not staged\n"})
	if diff := cmp.Diff(want, added(t, changesIn(t, dir, gitrepo.DiffSpec{Staged: true}))); diff != "" {
		t.Errorf("staged (-want +got):\n%s", diff)
	}
	git(t, dir, "commit", "-qm", "topic")
	for _, s := range []string{"main..topic", "main...topic", "main.."} {
		spec, err := gitrepo.ParseDiffSpec(s)
		if err != nil {
			t.Fatal(err)
		}
		c := changesIn(t, dir, spec)
		if diff := cmp.Diff(want, added(t, c)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s, diff)
		}
		if i := slices.IndexFunc(c.Files, func(f gitrepo.Change) bool { return f.Path == "new/renamed" }); c.Files[i].From != "old/renamed" {
			t.Errorf("renamed from %q", c.Files[i].From)
		}
	}
	if diff := cmp.Diff([]string{"in: 2"}, added(t, changesIn(t, filepath.Join(dir, "sub"), gitrepo.DiffSpec{Base: "main", Head: "topic"}))); diff != "" {
		t.Errorf("in a subfolder (-want +got):\n%s", diff)
	}
}

// Before the first commit all that is staged is new; unmerged files and submodules are told.
func TestStagedOddities(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		dir := t.TempDir()
		git(t, dir, "init", "-q", "-b", "main", "--object-format="+format)
		write(t, dir, map[string]string{"a": "1\n"})
		git(t, dir, "add", "a")
		c := changesIn(t, dir, gitrepo.DiffSpec{Staged: true})
		if diff := cmp.Diff([]string{"a: 1"}, added(t, c)); diff != "" || len(c.Bases) > 0 {
			t.Errorf("%s: bases %v, (-want +got):\n%s", format, c.Bases, diff)
		}
	}
	dir := repository(t, map[string]string{"a": "1\n"})
	blob := strings.TrimSpace(gitSays(t, dir, "", "rev-parse", "HEAD:a"))
	commitID := strings.TrimSpace(gitSays(t, dir, "", "rev-parse", "HEAD"))
	gitSays(t, dir, fmt.Sprintf("0 %s\ta\n100644 %s 1\ta\n100644 %s 2\ta\n160000 %s 0\tmodule\n", strings.Repeat("0", 40), blob, blob, commitID), "update-index", "--index-info")
	c := changesIn(t, dir, gitrepo.DiffSpec{Staged: true})
	if len(c.Files) > 0 || len(c.Skipped) != 2 || c.Skipped[0].Reason != "an unmerged file" || c.Skipped[1].Reason != "a submodule" {
		t.Errorf("files %v, skipped %v", c.Files, c.Skipped)
	}
}

// A line is added only if none of several merge bases has it.
func TestChangesAfterCrosswiseMerges(t *testing.T) {
	dir := repository(t, map[string]string{"a": "0\n", "b": "0\n"})
	git(t, dir, "branch", "left")
	git(t, dir, "branch", "right")
	git(t, dir, "checkout", "-q", "left")
	commit(t, dir, map[string]string{"a": "0\nleft\n"})
	git(t, dir, "tag", "l1")
	git(t, dir, "checkout", "-q", "right")
	commit(t, dir, map[string]string{"b": "0\nright\n"})
	git(t, dir, "merge", "-q", "-m", "m", "l1")
	git(t, dir, "checkout", "-q", "left")
	git(t, dir, "merge", "-q", "-m", "m", "right~1")
	commit(t, dir, map[string]string{"a": "0\nleft\nnew\n"})
	c := changesIn(t, dir, gitrepo.DiffSpec{Base: "right", Head: "left"})
	if diff := cmp.Diff([]string{"a: new"}, added(t, c)); diff != "" || len(c.Bases) != 2 {
		t.Errorf("%d bases (-want +got):\n%s", len(c.Bases), diff)
	}
}

// A few trees that name each other often have changes without end: that is said before memory is full.
func TestChangesWithoutEnd(t *testing.T) {
	dir := repository(t, map[string]string{"a": "1\n"})
	below := "100644 blob " + gitSays(t, dir, "x", "hash-object", "-w", "--stdin")
	for range 14 {
		var list strings.Builder
		for i := range 10 {
			fmt.Fprintf(&list, "%s\t%d\n", strings.TrimSpace(below), i)
		}
		below = "040000 tree " + gitSays(t, dir, list.String(), "mktree")
	}
	tree := strings.TrimSpace(strings.TrimPrefix(below, "040000 tree "))
	git(t, dir, "tag", "bomb", strings.TrimSpace(gitSays(t, dir, "", "commit-tree", "-m", "x", "-p", "HEAD", tree)))
	_, err := open(t, dir).Changes(t.Context(), gitrepo.DiffSpec{Base: "HEAD", Head: "bomb"})
	if err == nil || !strings.Contains(err.Error(), "list what changed: more than 256 MiB of folders and files differ: name a nearer base") {
		t.Errorf("got %v", err)
	}
}

// A file that a folder takes the place of, and the reverse.
func TestChangesOfKind(t *testing.T) {
	dir := repository(t, map[string]string{"f": "1\n", "d/x": "1\n2\n", "d/y": "3\n", "same/z": "4\n"})
	git(t, dir, "rm", "-q", "-r", "f", "d")
	commit(t, dir, map[string]string{"f/x": "1\n2\n5\n", "d": "6\n"})
	c := changesIn(t, dir, gitrepo.DiffSpec{Base: "HEAD~1", Head: "HEAD"})
	if diff := cmp.Diff([]string{"d: 6", "f/x: 5"}, added(t, c)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestChangesErrors(t *testing.T) {
	dir := repository(t, map[string]string{"a": "1\n"})
	git(t, dir, "checkout", "-q", "--orphan", "other")
	commit(t, dir, map[string]string{"a": "2\n"})
	git(t, dir, "checkout", "-q", "main")
	commit(t, dir, map[string]string{"a": "3\n"})
	shallow := filepath.Join(t.TempDir(), "clone")
	git(t, dir, "clone", "-q", "--depth=1", "--no-single-branch", "file://"+dir, shallow)
	bare := filepath.Join(t.TempDir(), "bare")
	git(t, dir, "clone", "-q", "--bare", dir, bare)
	for _, tt := range []struct {
		dir  string
		spec gitrepo.DiffSpec
		want string
	}{
		{dir, gitrepo.DiffSpec{Base: "other", Head: "main"}, "no commit in common"},
		{dir, gitrepo.DiffSpec{Base: "nobody", Head: "main"}, "nobody is not in this repository"},
		{dir, gitrepo.DiffSpec{Base: "--all", Head: "main"}, "--all is not in this repository"},
		{shallow, gitrepo.DiffSpec{Base: "origin/other", Head: "HEAD"}, "fetch-depth: 0"},
		{bare, gitrepo.DiffSpec{Staged: true}, "no working tree"},
		{t.TempDir(), gitrepo.DiffSpec{Base: "a", Head: "b"}, "not in a git repository"},
	} {
		_, err := open(t, tt.dir).Changes(t.Context(), tt.spec)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q in it", tt.spec, err, tt.want)
		}
	}
	for _, s := range []string{"", "main", "..", "...", "a..b..c"} {
		if spec, err := gitrepo.ParseDiffSpec(s); err == nil {
			t.Errorf("ParseDiffSpec(%q) = %+v", s, spec)
		}
	}
}

// A file that can't be read is an error that says so; an old version that can't be read hides nothing.
func TestChangesLackObjects(t *testing.T) {
	dir := repository(t, map[string]string{"a": "1\n", "b": "1\n"})
	commit(t, dir, map[string]string{"a": "1\n2\n", "b": "1\n3\n"})
	for _, rev := range []string{"HEAD~1:a", "HEAD:b"} {
		id := strings.TrimSpace(gitSays(t, dir, "", "rev-parse", rev))
		if err := os.Remove(filepath.Join(dir, ".git/objects", id[:2], id[2:])); err != nil {
			t.Fatal(err)
		}
	}
	c := changesIn(t, dir, gitrepo.DiffSpec{Base: "HEAD~1", Head: "HEAD"})
	content, err := c.Content(t.Context(), 0)
	if err != nil || content.Added.Len() != 2 || len(content.Notes) != 1 {
		t.Errorf("without the old version: %+v, %v", content, err)
	}
	var skip *gitrepo.Skip
	if _, err := c.Content(t.Context(), 1); !errors.As(err, &skip) || skip.Path != "b" || skip.Fix == "" {
		t.Errorf("without the new version: %v", err)
	}
}

// On random histories the added lines are those that a plain comparison of the files gives.
func TestChangesOfRandomRepositories(t *testing.T) {
	for seed := range uint64(seeds) {
		rng := rand.New(rand.NewPCG(seed, 4))
		dir := randomRepository(t, rng, 20, false)
		commits := allCommits(t, dir, "--all")
		var ids []string
		for id := range commits {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for range 8 {
			base, head := ids[rng.IntN(len(ids))], ids[rng.IntN(len(ids))]
			c, err := open(t, dir).Changes(t.Context(), gitrepo.DiffSpec{Base: base, Head: head})
			if err != nil {
				if !strings.Contains(err.Error(), "no commit in common") {
					t.Fatal(err)
				}
				continue
			}
			var want []string
			for i, id := range c.Bases {
				adds := naiveAdds(commits[id.String()], commits[head])
				if i > 0 {
					adds = slices.DeleteFunc(want, func(s string) bool { return !slices.Contains(adds, s) })
				}
				want = adds
			}
			var got []string
			for i, f := range c.Files {
				content, err := c.Content(t.Context(), i)
				if err != nil {
					t.Fatal(err)
				}
				if content.Added.Len() > 0 { // all files of these have one line
					got = append(got, f.Path)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("seed %d, %s..%s (-want +got):\n%s", seed, base, head, diff)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// naiveAdds lists the paths whose single line the head adds, sorted.
func naiveAdds(base, head *commitFacts) []string {
	var adds []string
	for name, blob := range head.files {
		if old, ok := base.files[name]; ok {
			if old != blob {
				adds = append(adds, name)
			}
			continue
		}
		moved, first := false, ""
		for from, old := range base.files {
			if _, kept := head.files[from]; kept {
				continue
			}
			moved = moved || old == blob
			if path.Base(from) == path.Base(name) && (first == "" || from < first) {
				first = from
			}
		}
		if !moved && (first == "" || base.files[first] != blob) {
			adds = append(adds, name)
		}
	}
	slices.Sort(adds)
	return adds
}

// Several goroutines may read, and read the same as one.
func TestReadingSideBySide(t *testing.T) {
	dir := randomRepository(t, rand.New(rand.NewPCG(1, 5)), 20, false)
	commit(t, dir, map[string]string{"x": "1\n", "y": "2\n", "z": "3\n"})
	h, db := history(t, dir)
	hits, _ := randomHits(t, rand.New(rand.NewPCG(1, 6)), h, db)
	want, err := h.Attribute(t.Context(), hits)
	if err != nil {
		t.Fatal(err)
	}
	c := changesIn(t, dir, gitrepo.DiffSpec{Base: "HEAD~1", Head: "HEAD"})
	var group errgroup.Group
	for range 4 {
		group.Go(func() error {
			got, err := h.Attribute(t.Context(), hits)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("attributions (-want +got):\n%s", diff)
			}
			return err
		})
		for i := range c.Files {
			group.Go(func() error {
				content, err := c.Content(t.Context(), i)
				if err == nil && string(content.New) != fmt.Sprintf("%d\n", strings.Index("xyz", c.Files[i].Path)+1) {
					t.Errorf("%s: %q", c.Files[i].Path, content.New)
				}
				return err
			})
		}
	}
	if err := group.Wait(); err != nil || len(c.Files) < 3 {
		t.Errorf("%d files: %v", len(c.Files), err)
	}
}
