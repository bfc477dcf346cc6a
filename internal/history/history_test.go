package history_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/internal/unpack"
	"github.com/curfew-ci/curfew/rules"
)

func detector(t testing.TB) *secret.Detector {
	t.Helper()
	d, err := secret.New(rules.SecretRules())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func search(t testing.TB, ctx context.Context, dir string, d *secret.Detector, opt history.Options) *history.Result { //nolint:revive // t first, as elsewhere
	t.Helper()
	tree, err := gitrepo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close() //nolint:errcheck // only read
	r, err := history.Search(ctx, tree, d, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// told is what must be known of a credential; the value is a fingerprint.
type told struct {
	path, detector, value string
	first, last           string
	inHead                bool
	refs                  int
	place                 string
}

func (a told) compare(b told) int {
	return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.detector, b.detector), strings.Compare(a.value, b.value), strings.Compare(a.place, b.place))
}

func toldBy(r *history.Result) []told {
	var out []told
	for i := range r.Found {
		f := &r.Found[i]
		out = append(out, told{
			f.Token.Region.Path, f.Token.Detector, f.Token.Value.Fingerprint(""),
			f.History.First.ID, f.History.Last.ID, f.History.InHead, f.History.Refs, f.Token.Region.String(),
		})
	}
	slices.SortFunc(out, told.compare)
	return out
}

// naive searches each blob of each commit at each of its paths by itself.
type naive struct {
	t        testing.TB
	dir      string
	detector *secret.Detector
	known    map[[2]string][]secret.Token // by blob and path
}

func (n *naive) tokens(blob, path string) []secret.Token {
	key := [2]string{blob, path}
	if found, ok := n.known[key]; ok {
		return found
	}
	texts := unpack.Texts([]byte(git(n.t, n.dir, "", "cat-file", "blob", blob)))
	if len(texts) == 0 {
		texts = [][]byte{nil}
	}
	var all []secret.Token
	for _, text := range texts {
		found, err := n.detector.Detect(n.t.Context(), path, text)
		if err != nil && !errors.Is(err, secret.ErrAllowlisted) {
			n.t.Fatal(err)
		}
		all = append(all, found...)
	}
	n.known[key] = all
	return all
}

// files lists what a commit has, blobs by path.
func (n *naive) files(commit string) map[string]string {
	out := map[string]string{}
	for entry := range strings.SplitSeq(git(n.t, n.dir, "", "ls-tree", "-r", "-z", commit), "\x00") {
		if meta, path, ok := strings.Cut(entry, "\t"); ok {
			out[path] = strings.Fields(meta)[2]
		}
	}
	return out
}

func (n *naive) search() []told {
	type id struct{ path, detector, value string }
	found := map[id]*told{}
	holds := func(commit string, visit func(id, secret.Token)) {
		for path, blob := range n.files(commit) {
			for _, tok := range n.tokens(blob, path) {
				visit(id{path, tok.Detector, tok.Value.Fingerprint("")}, tok)
			}
		}
	}
	for _, commit := range strings.Fields(git(n.t, n.dir, "", "rev-list", "--all", "--reverse", "--date-order")) {
		holds(commit, func(k id, tok secret.Token) {
			if found[k] == nil {
				found[k] = &told{k.path, k.detector, k.value, commit, commit, false, 0, tok.Region.String()}
			}
			found[k].last = commit
		})
	}
	head := strings.TrimSpace(git(n.t, n.dir, "", "rev-parse", "HEAD"))
	for line := range strings.Lines(git(n.t, n.dir, "", "for-each-ref", "--format=%(objectname)")) {
		tip, seen := strings.TrimSpace(line), map[id]bool{}
		holds(tip, func(k id, _ secret.Token) {
			if tip == head {
				found[k].inHead = true
			} else if !seen[k] {
				found[k].refs++
			}
			seen[k] = true
		})
	}
	var out []told
	for _, f := range found {
		out = append(out, *f)
	}
	slices.SortFunc(out, told.compare)
	return out
}

// TestEqualsNaive: along deltas everything is found that a search of every file of every commit finds, at
// the same place and with the same commits, and nothing else.
func TestEqualsNaive(t *testing.T) {
	d := detector(t)
	for seed := range uint64(6) {
		s := randomHistory(rand.New(rand.NewPCG(seed, 7)), 40)
		var dir string
		if seed%3 == 2 {
			dir = s.into(t, "--object-format=sha256")
		} else {
			dir = s.into(t)
		}
		if seed%2 == 1 {
			git(t, dir, "", "repack", "-q", "-a", "-d", "-f", "--depth=50")
		}
		r := search(t, t.Context(), dir, d, history.Options{Workers: 2})
		n := &naive{t, dir, d, map[[2]string][]secret.Token{}}
		want := n.search()
		if len(want) < 20 {
			t.Errorf("seed %d: only %d credentials to find", seed, len(want))
		}
		if diff := gocmp.Diff(want, toldBy(r), gocmp.AllowUnexported(told{})); diff != "" {
			t.Errorf("seed %d (-naive +history):\n%s", seed, diff)
		}
		if len(r.Missing) > 0 {
			t.Errorf("seed %d: missing %v", seed, r.Missing)
		}
	}
}

// TestSameAtAnyWidth: how many goroutines search shows nowhere.
func TestSameAtAnyWidth(t *testing.T) {
	d := detector(t)
	dir := randomHistory(rand.New(rand.NewPCG(11, 7)), 60).into(t)
	shown := func(r *history.Result) string {
		var b strings.Builder
		for i := range r.Found {
			fmt.Fprintf(&b, "%+v %q %+v\n", toldBy(&history.Result{Found: r.Found[i : i+1]}), r.Found[i].Excerpt, r.Found[i].History)
		}
		fmt.Fprintf(&b, "%d %d %d %+v %+v\n", r.Commits, r.Blobs, r.Bytes, r.Skipped, r.Missing)
		return b.String()
	}
	var first string
	for _, workers := range []int{1, 2, 8, 8} {
		p := &history.Progress{}
		r := search(t, t.Context(), dir, d, history.Options{Workers: workers, Progress: p})
		if got := shown(r); first == "" {
			first = got
		} else if diff := gocmp.Diff(first, got); diff != "" {
			t.Errorf("%d workers (-1 +%d):\n%s", workers, workers, diff)
		}
		if p.Objects.Load() != p.Total.Load() || p.Objects.Load() != int64(r.Blobs) || p.Bytes.Load() != r.Bytes || p.Found.Load() != int64(len(r.Found)) {
			t.Errorf("%d workers: progress ends at %d of %d objects, %d bytes, %d found, not %d, %d and %d", workers,
				p.Objects.Load(), p.Total.Load(), p.Bytes.Load(), p.Found.Load(), r.Blobs, r.Bytes, len(r.Found))
		}
	}
	if !strings.Contains(first, "binary") || !strings.Contains(first, "leave out") {
		t.Errorf("nothing was left out:\n%s", first)
	}
}

// TestInterrupted: a search that is called off tells a part of what the whole one does, and leaves nothing
// running.
func TestInterrupted(t *testing.T) {
	d := detector(t)
	dir := randomHistory(rand.New(rand.NewPCG(12, 7)), 60).into(t)
	type id struct{ path, detector, value string }
	whole := map[id]bool{}
	for _, f := range toldBy(search(t, t.Context(), dir, d, history.Options{})) {
		whole[id{f.path, f.detector, f.value}] = true
	}
	before := runtime.NumGoroutine()
	cut := 0
	for after := range int64(12) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &history.Progress{}
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			for p.Objects.Load() < 4*after && ctx.Err() == nil {
				runtime.Gosched()
			}
			cancel()
		}()
		r := search(t, ctx, dir, d, history.Options{Workers: 2, Progress: p})
		cancel()
		<-watched
		if r.Interrupted {
			cut++
		} else if len(r.Found) != len(whole) {
			t.Errorf("after %d objects: %d found of %d, and that isn't told", 4*after, len(r.Found), len(whole))
		}
		for _, f := range toldBy(r) {
			if !whole[id{f.path, f.detector, f.value}] {
				t.Errorf("after %d objects: %+v isn't in the whole", 4*after, f)
			}
		}
	}
	if cut == 0 {
		t.Error("none was interrupted")
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines are left, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// TestManyVersions: a credential that thousands of versions hold is told once, with the first and the last.
func TestManyVersions(t *testing.T) {
	const versions = 3000
	s := &stream{}
	line := planted.All(5)[0].Content
	for i := range versions {
		if i == 0 {
			s.commit("b0")
		} else {
			s.commit("b0", i)
		}
		s.put("a.env", fmt.Sprintf("%s# %d\n", line, i))
	}
	dir := s.into(t)
	var p history.Progress
	r := search(t, t.Context(), dir, detector(t), history.Options{Workers: 2, Progress: &p})
	if len(r.Found) != 1 || p.Found.Load() != 1 || r.Blobs != versions {
		t.Fatalf("%d found, %d counted, in %d blobs", len(r.Found), p.Found.Load(), r.Blobs)
	}
	if h := r.Found[0].History; !h.InHead || h.First.ID == h.Last.ID {
		t.Errorf("%+v", h)
	}
}

// TestManyPaths: one file at very many paths is told at so many, and that there are more.
func TestManyPaths(t *testing.T) {
	const width, depth = 10, 5 // folders that repeat each other: 10^5 paths
	dir := t.TempDir()
	git(t, dir, "", "init", "-q", "-b", "b0")
	blob := strings.TrimSpace(git(t, dir, planted.All(5)[0].Content, "hash-object", "-w", "--stdin"))
	bin := strings.TrimSpace(git(t, dir, "\x00", "hash-object", "-w", "--stdin"))
	below := fmt.Sprintf("100644 blob %s\ta.env\n100644 blob %s\tb.dat\n", blob, bin)
	for range depth {
		tree := strings.TrimSpace(git(t, dir, below, "mktree"))
		below = ""
		for i := range width {
			below += fmt.Sprintf("040000 tree %s\tf%d\n", tree, i)
		}
	}
	tree := strings.TrimSpace(git(t, dir, below, "mktree"))
	commit := strings.TrimSpace(git(t, dir, "", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit-tree", "-m", "m", tree))
	git(t, dir, "", "update-ref", "refs/heads/b0", commit)
	started := time.Now()
	r := search(t, t.Context(), dir, detector(t), history.Options{Workers: 2})
	t.Logf("%s: %d found", time.Since(started), len(r.Found))
	if len(r.Found) != 1001 {
		t.Errorf("%d found, want 1,001", len(r.Found))
	}
	want := []history.Skipped{
		{Reason: "binary", Fix: "search it with a tool that unpacks or decodes it", Count: 100_000, Examples: []string{
			"f0/f0/f0/f0/f0/b.dat", "f0/f0/f0/f0/f1/b.dat", "f0/f0/f0/f0/f2/b.dat",
		}},
		{Reason: "what it holds is told at too many other paths already", Fix: "search it at one of them", Count: 100_000 - 1001, Examples: []string{
			"f0/f1/f0/f0/f1/a.env", "f0/f1/f0/f0/f2/a.env", "f0/f1/f0/f0/f3/a.env",
		}},
	}
	if diff := gocmp.Diff(want, r.Skipped); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
