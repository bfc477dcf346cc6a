package gitrepo_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// commit changes files and commits all there is.
func commit(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	write(t, dir, files)
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "more")
}

// contentsOf lists what a history has, as "path: content".
func contentsOf(t testing.TB, h *gitrepo.History, db *odb.DB) []string {
	t.Helper()
	var out []string
	reader := db.NewReader(0)
	for n := range odb.Num(db.Len()) {
		for _, p := range h.Pairs(n) {
			_, text, err := reader.Read(n)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, h.Path(p.Path)+": "+string(text))
		}
	}
	slices.Sort(out)
	return out
}

func checkContents(t testing.TB, dir string, want ...string) *gitrepo.History {
	t.Helper()
	h, db := history(t, dir)
	if diff := gocmp.Diff(want, contentsOf(t, h, db)); diff != "" {
		t.Errorf("contents (-want +got):\n%s", diff)
	}
	return h
}

// However a repository is laid out, its history is the same.
func TestHistoryOfLayouts(t *testing.T) {
	origin := repository(t, map[string]string{"a": "1", "sub/b": "2"})
	commit(t, origin, map[string]string{"a": "3"})
	all := []string{"a: 1", "a: 3", "sub/b: 2"}
	at := func(name string) string { return filepath.Join(t.TempDir(), name) }

	bare, borrowing, second := at("bare.git"), at("borrowing"), at("second")
	git(t, origin, "clone", "-q", "--bare", origin, bare)
	git(t, origin, "clone", "-q", "--shared", origin, borrowing)
	git(t, origin, "worktree", "add", "-q", "--detach", second)
	for _, dir := range []string{origin, bare, borrowing, second} {
		if h := checkContents(t, dir, all...); len(h.Missing) > 0 || h.Shallow || h.Len() != 2 {
			t.Errorf("%s: missing %v, shallow %v, %d commits", dir, h.Missing, h.Shallow, h.Len())
		}
	}
	checkContents(t, filepath.Join(origin, "sub"), "b: 2")

	commit(t, second, map[string]string{"only-there": "4"}) // no branch has it
	checkContents(t, origin, "a: 1", "a: 3", "only-there: 4", "sub/b: 2")
	write(t, origin, map[string]string{"a": "stashed"})
	git(t, origin, "stash", "-q")
	checkContents(t, origin, "a: 1", "a: 3", "a: stashed", "only-there: 4", "sub/b: 2")
}

// Refs may name tags of tags, and tags of folders and files.
func TestHistoryOfTags(t *testing.T) {
	dir := repository(t, map[string]string{"a": "1"})
	blob := strings.TrimSpace(gitSays(t, dir, "tagged", "hash-object", "-w", "--stdin"))
	inner := strings.TrimSpace(gitSays(t, dir, "100644 blob "+blob+"\tin-tree\n", "mktree"))
	git(t, dir, "tag", "-a", "-m", "x", "folder", inner)
	git(t, dir, "tag", "-a", "-m", "x", "nested", "folder")
	git(t, dir, "tag", "plain-file", blob)
	h, db := history(t, dir)
	if diff := gocmp.Diff([]string{"a: 1", "in-tree: tagged", "refs/tags/plain-file: tagged"}, contentsOf(t, h, db)); diff != "" {
		t.Errorf("contents (-want +got):\n%s", diff)
	}
	var hits []gitrepo.Hit
	n := num(t, db, blob)
	for _, p := range h.Pairs(n) {
		hits = append(hits, gitrepo.Hit{Path: p.Path, Blobs: []odb.Num{n}})
	}
	got, err := h.Attribute(t.Context(), hits)
	if err != nil {
		t.Fatal(err)
	}
	want := []gitrepo.Attribution{
		{First: gitrepo.NoCommit, Last: gitrepo.NoCommit, Tips: 2, TipNames: []string{"refs/tags/folder", "refs/tags/nested"}},
		{First: gitrepo.NoCommit, Last: gitrepo.NoCommit, Tips: 1, TipNames: []string{"refs/tags/plain-file"}},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("attributions (-want +got):\n%s", diff)
	}
}

// A link's target is content.
func TestHistoryOfLinks(t *testing.T) {
	dir := repository(t, map[string]string{"x": "x"})
	if err := os.Symlink("target", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	commit(t, dir, nil)
	checkContents(t, dir, "link: target", "x: x")
}

// What a tree names by the same path twice is held, whichever comes last.
func TestAttributeDoubleNames(t *testing.T) {
	for at := range 2 {
		dir := repository(t, map[string]string{"a": "1"})
		var tree []byte
		blobs := make([]string, 2)
		for i := range blobs {
			blobs[i] = strings.TrimSpace(gitSays(t, dir, "twice "+strconv.Itoa(i), "hash-object", "-w", "--stdin"))
			raw, err := hex.DecodeString(blobs[i])
			if err != nil {
				t.Fatal(err)
			}
			tree = append(append(tree, "100644 twice\x00"...), raw...)
		}
		id := strings.TrimSpace(gitSays(t, dir, string(tree), "hash-object", "-t", "tree", "--literally", "-w", "--stdin"))
		git(t, dir, "update-ref", "HEAD", strings.TrimSpace(gitSays(t, dir, "", "commit-tree", "-m", "x", "-p", "HEAD", id)))
		h, db := history(t, dir)
		n := num(t, db, blobs[at])
		got, err := h.Attribute(t.Context(), []gitrepo.Hit{{Path: h.Pairs(n)[0].Path, Blobs: []odb.Num{n}}})
		if err != nil || !got[0].InHead || got[0].Last != 1 {
			t.Errorf("entry %d: %+v, %v", at, got, err)
		}
	}
}

// Repositories without commits, or without a HEAD that leads to one.
func TestHistoryWithoutHead(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	if h := checkContents(t, dir); h.Len() != 0 || len(h.Missing) > 0 {
		t.Errorf("an empty repository: %d commits, missing %v", h.Len(), h.Missing)
	}
	commit(t, dir, map[string]string{"a": "1"})
	git(t, dir, "checkout", "-q", "--orphan", "unborn")
	checkContents(t, dir, "a: 1")
	git(t, dir, "checkout", "-q", "-f", "--detach", "main")
	commit(t, dir, map[string]string{"b": "2"})
	checkContents(t, dir, "a: 1", "b: 2")
	if _, err := open(t, t.TempDir()).Objects(t.Context()); err == nil || !strings.Contains(err.Error(), "not in a git repository") {
		t.Errorf("a plain folder: %v", err)
	}
}

// What a clone left out is told with what to do.
func TestHistoryOfPartialClones(t *testing.T) {
	origin := repository(t, map[string]string{"a": "1", "sub/b": "2"})
	commit(t, origin, map[string]string{"a": "3"})
	git(t, origin, "config", "uploadpack.allowFilter", "true")
	for _, tt := range []struct {
		args    []string
		shallow bool
		missing string
		count   int
		example string
	}{
		{[]string{"--depth=1"}, true, "", 0, ""},
		{[]string{"--filter=blob:none", "--no-checkout"}, false, "files that the repository lacks", 3, "a"},
		{[]string{"--filter=tree:0", "--no-checkout"}, false, "folders that the repository lacks", 2, ", named by commit "},
	} {
		dir := filepath.Join(t.TempDir(), "clone")
		git(t, origin, append(append([]string{"clone", "-q"}, tt.args...), "file://"+origin, dir)...)
		h, _ := history(t, dir)
		if h.Shallow != tt.shallow || len(h.Missing) > 1 || (len(h.Missing) == 1) != (tt.missing != "") {
			t.Errorf("%v: shallow %v, missing %v", tt.args, h.Shallow, h.Missing)
			continue
		}
		if tt.missing == "" {
			continue
		}
		m := h.Missing[0]
		if m.What != tt.missing || m.Count != tt.count || !strings.Contains(m.Examples[0], tt.example) || !strings.Contains(m.Fix, "git fetch --refetch") {
			t.Errorf("%v: %+v", tt.args, m)
		}
	}
}

// Objects that are gone or damaged are told, and the rest is read.
func TestHistoryOfDamagedRepositories(t *testing.T) {
	build := func() string {
		dir := repository(t, map[string]string{"a": "1", "sub/b": "2"})
		commit(t, dir, map[string]string{"a": "3"})
		return dir
	}
	loose := func(dir, rev string) string {
		id := strings.TrimSpace(gitSays(t, dir, "", "rev-parse", rev))
		return filepath.Join(dir, ".git/objects", id[:2], id[2:])
	}
	remove := func(rev string) func(string) error {
		return func(dir string) error { return os.Remove(loose(dir, rev)) }
	}
	spoil := func(rev string) func(string) error {
		return func(dir string) error {
			if err := os.Chmod(loose(dir, rev), 0o600); err != nil {
				return err
			}
			return os.WriteFile(loose(dir, rev), []byte("garbage"), 0o600)
		}
	}
	for _, tt := range []struct {
		name    string
		harm    func(dir string) error
		missing string
		places  int
	}{
		{"no parent", remove("HEAD~1"), "commits that the repository lacks", 2},
		{"no tip", remove("HEAD"), "objects that refs or tags name and the repository lacks", 0},
		{"no folder", remove("HEAD:sub"), "folders that the repository lacks", 2},
		{"no file", remove("HEAD:a"), "files that the repository lacks", 2},
		{"a damaged folder", spoil("HEAD:sub"), "objects that can't be read", 2},
		{"a damaged commit", spoil("HEAD~1"), "objects that can't be read", 2},
		{"a commit that is a file", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, ".git/refs/heads/odd"), []byte(gitSays(t, dir, "x", "hash-object", "-w", "--stdin")), 0o600)
		}, "", 4},
		{"a ref that is garbage", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, ".git/refs/heads/odd"), []byte("garbage\n"), 0o600)
		}, "refs that can't be read", 3},
		{"a tree that is garbage", func(dir string) error {
			id := gitSays(t, dir, "garbage", "hash-object", "-t", "tree", "--literally", "-w", "--stdin")
			return os.WriteFile(filepath.Join(dir, ".git/refs/tags/odd"), []byte(id), 0o600)
		}, "objects that aren't what they are named as", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := build()
			if err := os.MkdirAll(filepath.Join(dir, ".git/refs/tags"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := tt.harm(dir); err != nil {
				t.Fatal(err)
			}
			h, db := history(t, dir)
			if places := len(pairsOf(h, db)); places != tt.places {
				t.Errorf("%d places, want %d", places, tt.places)
			}
			if tt.missing == "" && len(h.Missing) == 0 {
				return
			}
			if len(h.Missing) != 1 || h.Missing[0].What != tt.missing || h.Missing[0].Count != 1 || h.Missing[0].Fix == "" || len(h.Missing[0].Examples) != 1 {
				t.Errorf("missing: %+v", h.Missing)
			}
		})
	}
}

// A pack that can't be used is told as well as what it would have held; of one with a damaged place the rest is
// read.
func TestHistoryOfDamagedPacks(t *testing.T) {
	for name, want := range map[string][]string{
		"idx":  {"packs and other parts of the object database that can't be read", "objects that refs or tags name and the repository lacks"},
		"pack": {"objects that can't be read"},
	} {
		dir := repository(t, map[string]string{"a": "1", "sub/b": "2"})
		commit(t, dir, map[string]string{"a": "3"})
		git(t, dir, "repack", "-q", "-a", "-d")
		files, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*."+name))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		src, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if name == "idx" {
			src = []byte("garbage")
		} else {
			src[20] ^= 0xFF // within the first object, which is the latest commit
		}
		if err := errors.Join(os.Chmod(files[0], 0o600), os.WriteFile(files[0], src, 0o600)); err != nil {
			t.Fatal(err)
		}
		h, _ := history(t, dir)
		var got []string
		for _, m := range h.Missing {
			got = append(got, m.What)
		}
		if diff := gocmp.Diff(want, got); diff != "" || h.Len() > 1 {
			t.Errorf("%s: %d commits, missing (-want +got):\n%s", name, h.Len(), diff)
		}
	}
}

// Trees that name each other again and again end.
func TestHistoryOfDeepTrees(t *testing.T) {
	dir := repository(t, map[string]string{"a": "1"})
	id := strings.TrimSpace(gitSays(t, dir, "", "rev-parse", "HEAD^{tree}"))
	var stream strings.Builder
	stream.WriteString("commit refs/heads/deep\nmark :1\ncommitter c <c@example.com> 1700000000 +0000\ndata 1\nm\n")
	fmt.Fprintf(&stream, "M 100644 inline %sx\ndata 1\nx\n\n", strings.Repeat("d/", 2100))
	gitSays(t, dir, stream.String(), "fast-import", "--quiet")
	h, db := history(t, dir)
	if places := len(pairsOf(h, db)); len(h.Missing) != 1 || h.Missing[0].What != "folders that are nested too deep" || places != 1 || id == "" {
		t.Errorf("%d places, missing %+v", places, h.Missing)
	}
}

// Neither grafts nor replaced objects hide a commit.
func TestHistoryIgnoresGrafts(t *testing.T) {
	dir := repository(t, map[string]string{"a": "1"})
	commit(t, dir, map[string]string{"a": "2"})
	commit(t, dir, map[string]string{"a": "3"})
	head := gitSays(t, dir, "", "rev-parse", "HEAD")
	git(t, dir, "replace", "HEAD~1", "HEAD")
	write(t, dir, map[string]string{".git/info/grafts": head})
	checkContents(t, dir, "a: 1", "a: 2", "a: 3")
	changes := changesIn(t, dir, gitrepo.DiffSpec{Base: "HEAD~2", Head: "HEAD"})
	if len(changes.Files) != 1 || len(changes.Bases) != 1 {
		t.Errorf("changes: %+v", changes.Files)
	}
}

// What git remembers of commits, so as not to read them, can be forged: it hides no change.
func TestChangesIgnoreCommitGraph(t *testing.T) {
	dir := repository(t, map[string]string{"a": "1"})
	git(t, dir, "checkout", "-q", "-b", "topic")
	commit(t, dir, map[string]string{"a": "2"})
	commit(t, dir, nil)
	git(t, dir, "checkout", "-q", "main")
	commit(t, dir, nil)
	commit(t, dir, nil)
	forgeParent(t, dir, "main~1", "topic~1")
	if gitSays(t, dir, "", "merge-base", "main", "topic") != gitSays(t, dir, "", "rev-parse", "topic~1") {
		t.Fatal("git doesn't fall for it either: the test shows nothing")
	}
	if changes := changesIn(t, dir, gitrepo.DiffSpec{Base: "main", Head: "topic"}); len(changes.Files) != 1 {
		t.Errorf("changes: %+v", changes.Files)
	}
}

// forgeParent writes a commit-graph, gitformat-commit-graph(5), by which child descends from parent.
func forgeParent(t *testing.T, dir, child, parent string) {
	t.Helper()
	git(t, dir, "-c", "commitGraph.generationVersion=1", "commit-graph", "write", "--reachable")
	file := filepath.Join(dir, ".git/objects/info/commit-graph")
	graph, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ids := strings.Fields(gitSays(t, dir, "", "rev-list", "--all"))
	slices.Sort(ids)
	place := func(rev string) int {
		return slices.Index(ids, strings.TrimSpace(gitSays(t, dir, "", "rev-parse", rev)))
	}
	commits := binary.BigEndian.Uint64(graph[bytes.Index(graph, []byte("CDAT"))+4:]) // where their table begins
	binary.BigEndian.PutUint32(graph[int(commits)+36*place(child)+20:], uint32(place(parent)))
	if err := errors.Join(os.Chmod(file, 0o600), os.WriteFile(file, graph, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestDescribe(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	stream := "commit refs/heads/main\nauthor Jos\xe9 <jose@example.com> 1700000000 -0330\ncommitter c <c@example.com> 1700000099 +0000\ndata <<.\n\nfirst\nline\n\nbody\n.\n\n"
	gitSays(t, dir, stream, "fast-import", "--quiet")
	h, _ := history(t, dir)
	got, err := h.Describe(0)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%s|%s|%s|%v", got.Author, got.Email, got.Date.Format("2006-01-02T15:04:05-0700"), got.ID == h.ID(0))
	if want := "Jos\uFFFD|jose@example.com|2023-11-14T18:43:20-0330|true"; text != want {
		t.Errorf("got %s, want %s", text, want)
	}
}

// Each finding repeats who made a commit: a name of megabytes would fill memory and log.
func TestDescribeLongNames(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	stream := fmt.Sprintf("commit refs/heads/main\nauthor %s <%s> 1 +0000\ncommitter c <c@example.com> 1 +0000\ndata 2\nx\n", strings.Repeat("a", 1<<20), strings.Repeat("e", 1<<10))
	gitSays(t, dir, stream, "fast-import", "--quiet")
	h, _ := history(t, dir)
	got, err := h.Describe(0)
	if err != nil {
		t.Fatal(err)
	}
	if got.Author != "(1048577 bytes)" || len(got.Email) != 1<<10 { // with the blank that follows the name
		t.Errorf("got an author of %.40q and an e-mail address of %d bytes", got.Author, len(got.Email))
	}
}

// Whose repository it is doesn't matter: nothing of it is run.
func TestHistoryOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := repository(t, map[string]string{"a": "1"})
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(name, 12345, 12345))
	})
	if err != nil {
		t.Fatal(err)
	}
	checkContents(t, dir, "a: 1")
}
