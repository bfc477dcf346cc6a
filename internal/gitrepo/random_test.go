package gitrepo_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// gitSays is git with its answer and its input.
func gitSays(t testing.TB, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	cmd.Stdin = strings.NewReader(stdin)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, complaints.String())
	}
	return string(out)
}

// randomRepository makes a repository whose commits change, add, remove and swap few files and folders, on
// branches that part and merge, so that everything happens often. Clocks go forward unless skewed.
func randomRepository(t testing.TB, rng *rand.Rand, commits int, skewed bool, init ...string) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, append([]string{"init", "-q", "-b", "b0"}, init...)...)
	hexSize := 2 * len(strings.TrimSpace(gitSays(t, dir, "", "rev-parse", "--show-object-format"))) // sha1: 4 letters, sha256: 6
	module := strings.Repeat("5", map[int]int{8: 40, 12: 64}[hexSize])
	var stream strings.Builder
	for i := 1; i <= commits; i++ {
		when := 1_700_000_000 + int64(i/3)
		if skewed {
			when = 1_700_000_000 + rng.Int64N(10)
		}
		fmt.Fprintf(&stream, "commit refs/heads/b%d\nmark :%d\ncommitter c <c@example.com> %d +0100\ndata 1\nm\n", rng.IntN(4), i, when)
		for k, parent := range randomParents(rng, i) {
			fmt.Fprintf(&stream, "%s :%d\n", []string{"from", "merge", "merge"}[k], parent)
		}
		for range rng.IntN(4) {
			randomEdit(&stream, rng, module)
		}
		stream.WriteString("\n")
	}
	gitSays(t, dir, stream.String(), "fast-import", "--quiet", "--force")
	return dir
}

// randomParents picks up to three earlier commits, mostly recent ones; none for a new root.
func randomParents(rng *rand.Rand, i int) []int {
	var parents []int
	for range []int{1, 1, 1, 1, 1, 2, 2, 3, 0}[rng.IntN(9)] {
		parent := i - 1 - rng.IntN(5)
		if parent < 1 {
			continue
		}
		for _, p := range parents {
			if p == parent {
				parent = 0
			}
		}
		if parent > 0 {
			parents = append(parents, parent)
		}
	}
	return parents
}

// randomEdit writes one command of git fast-import.
func randomEdit(stream *strings.Builder, rng *rand.Rand, module string) {
	names := []string{"a", "b", "a.b", "a100644 b", "ä"}
	name := names[rng.IntN(len(names))]
	for range rng.IntN(3) {
		name = path.Join(name, names[rng.IntN(len(names))])
	}
	switch rng.IntN(12) {
	case 0, 1:
		fmt.Fprintf(stream, "D \"%s\"\n", name)
	case 2:
		fmt.Fprintf(stream, "M 160000 %s \"%s\"\n", module, name)
	case 3:
		fmt.Fprintf(stream, "M 120000 inline \"%s\"\ndata 2\nx%d\n", name, rng.IntN(2))
	case 4:
		fmt.Fprintf(stream, "M 100755 inline \"%s\"\ndata 2\nx%d\n", name, rng.IntN(6))
	default:
		fmt.Fprintf(stream, "M 100644 inline \"%s\"\ndata 2\nx%d\n", name, rng.IntN(6))
	}
}

// commitFacts is what git says of a commit.
type commitFacts struct {
	id      string
	when    int64
	parents []string
	files   map[string]string // by path, the blob's id
}

// allCommits asks git for all commits that rev-list lists, and each one's files.
func allCommits(t testing.TB, dir string, args ...string) map[string]*commitFacts {
	t.Helper()
	out := map[string]*commitFacts{}
	list := gitSays(t, dir, "", append([]string{"rev-list", "--no-commit-header", "--format=%H %ct %P"}, args...)...)
	for line := range strings.Lines(list) {
		f := strings.Fields(line)
		c := &commitFacts{id: f[0], parents: f[2:], files: map[string]string{}}
		if _, err := fmt.Sscan(f[1], &c.when); err != nil {
			t.Fatal(err)
		}
		for entry := range strings.SplitSeq(gitSays(t, dir, "", "ls-tree", "-r", "-z", c.id), "\x00") {
			meta, name, ok := strings.Cut(entry, "\t")
			if f := strings.Fields(meta); ok && f[1] == "blob" {
				c.files[name] = f[2]
			}
		}
		out[c.id] = c
	}
	return out
}

// history reads a repository, and the object database that it stays with.
func history(t testing.TB, dir string, since ...string) (*gitrepo.History, *odb.DB) {
	t.Helper()
	tree := open(t, dir)
	db, err := tree.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	h, err := tree.History(t.Context(), db, gitrepo.HistoryOptions{Since: since})
	if err != nil {
		t.Fatal(err)
	}
	return h, db
}

// pairsOf lists all pairs, as "id path", with the first commit.
func pairsOf(h *gitrepo.History, db *odb.DB) map[string]gitrepo.Pair {
	out := map[string]gitrepo.Pair{}
	for n := range odb.Num(db.Len()) {
		for _, p := range h.Pairs(n) {
			out[db.ID(n).String()+" "+h.Path(p.Path)] = p
		}
	}
	return out
}

// num finds an object that must be there.
func num(t testing.TB, db *odb.DB, digits string) odb.Num {
	t.Helper()
	id, err := odb.ParseID(digits)
	if err != nil {
		t.Fatal(err)
	}
	n, ok := db.Find(id)
	if !ok {
		t.Fatalf("object %s is not there", digits)
	}
	return n
}
