package gitrepo_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// seeds is how many random histories a property is tried on.
const seeds = 8

// naiveOrder is the order of commits as it is documented.
func naiveOrder(commits map[string]*commitFacts) []string {
	var order []string
	done := map[string]bool{}
	for len(order) < len(commits) {
		var ready []*commitFacts
		for _, c := range commits {
			waits := slices.ContainsFunc(c.parents, func(p string) bool { return commits[p] != nil && !done[p] })
			if !done[c.id] && !waits {
				ready = append(ready, c)
			}
		}
		next := slices.MinFunc(ready, func(a, b *commitFacts) int {
			return cmp.Or(cmp.Compare(a.when, b.when), cmp.Compare(a.id, b.id))
		})
		done[next.id] = true
		order = append(order, next.id)
	}
	return order
}

// Order, pairs and first commits are what git's own listings give, however objects are stored.
func TestHistoryOfRandomRepositories(t *testing.T) {
	for seed := range uint64(seeds) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			format := []string{"--object-format=sha1", "--object-format=sha256"}[seed%4/3]
			dir := randomRepository(t, rng, 10+rng.IntN(25), seed%2 == 1, format)
			if seed%3 == 0 {
				git(t, dir, "gc", "-q")
			}
			checkHistory(t, dir)
		})
	}
}

func checkHistory(t *testing.T, dir string) {
	t.Helper()
	commits := allCommits(t, dir, "--all")
	order := naiveOrder(commits)
	h, db := history(t, dir)
	var got []string
	for i := range gitrepo.CommitIndex(h.Len()) {
		got = append(got, h.ID(i).String())
	}
	if diff := gocmp.Diff(order, got); diff != "" {
		t.Fatalf("order (-want +got):\n%s", diff)
	}
	want := map[string]gitrepo.CommitIndex{} // the first
	blobs := map[string]bool{}
	for i, id := range order {
		for name, blob := range commits[id].files {
			if _, known := want[blob+" "+name]; !known {
				want[blob+" "+name] = gitrepo.CommitIndex(i)
			}
			blobs[blob] = true
		}
	}
	have := map[string]gitrepo.CommitIndex{}
	for pair, p := range pairsOf(h, db) {
		have[pair] = p.First
	}
	if diff := gocmp.Diff(want, have); diff != "" {
		t.Errorf("pairs (-want +got):\n%s", diff)
	}
	if h.Blobs() != len(blobs) || len(h.Missing) > 0 || h.Shallow {
		t.Errorf("%d blobs, missing %v, shallow %v; want %d", h.Blobs(), h.Missing, h.Shallow, len(blobs))
	}
	for line := range strings.Lines(gitSays(t, dir, "", "rev-list", "--objects", "--all")) {
		id, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if blobs[id] != h.Reaches(num(t, db, id)) {
			t.Errorf("Reaches(%s) = %v", id, !blobs[id])
		}
	}
}

// Where a secret is held is what looking through every commit gives.
func TestAttributeOnRandomRepositories(t *testing.T) {
	for seed := range uint64(seeds) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			dir := randomRepository(t, rng, 10+rng.IntN(25), seed%2 == 1)
			git(t, dir, "tag", "-a", "-m", "x", "v1", gitSays(t, dir, "", "rev-list", "--all", "-n1")[:40])
			head := strings.TrimSpace(gitSays(t, dir, "", "rev-list", "--all", "-n1", fmt.Sprintf("--skip=%d", rng.IntN(5))))
			git(t, dir, "update-ref", "--no-deref", "HEAD", head)
			commits := allCommits(t, dir, "--all", "HEAD")
			h, db := history(t, dir)
			hits, sets := randomHits(t, rng, h, db)
			got, err := h.Attribute(t.Context(), hits)
			if err != nil {
				t.Fatal(err)
			}
			tips := tipsOf(t, dir)
			for i := range hits {
				want := naiveAttribution(h, commits, tips, head, h.Path(hits[i].Path), sets[i])
				if diff := gocmp.Diff(want, got[i]); diff != "" {
					t.Errorf("%s %v (-want +got):\n%s", h.Path(hits[i].Path), sets[i], diff)
				}
			}
		})
	}
}

// randomHits makes hits of some of the blobs at each path.
func randomHits(t *testing.T, rng *rand.Rand, h *gitrepo.History, db *odb.DB) (hits []gitrepo.Hit, sets []map[string]bool) {
	t.Helper()
	byPath := map[gitrepo.PathID][]odb.Num{}
	for n := range odb.Num(db.Len()) {
		for _, p := range h.Pairs(n) {
			byPath[p.Path] = append(byPath[p.Path], n)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		nums := byPath[path]
		rng.Shuffle(len(nums), func(i, j int) { nums[i], nums[j] = nums[j], nums[i] })
		nums = nums[:1+rng.IntN(len(nums))]
		set := map[string]bool{}
		for _, n := range nums {
			set[db.ID(n).String()] = true
		}
		hits, sets = append(hits, gitrepo.Hit{Path: path, Blobs: nums}), append(sets, set)
	}
	return hits, sets
}

// tipsOf lists git's refs and the commits that they lead to.
func tipsOf(t *testing.T, dir string) [][2]string {
	t.Helper()
	var tips [][2]string
	for line := range strings.Lines(gitSays(t, dir, "", "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)")) {
		f := strings.Fields(line)
		tips = append(tips, [2]string{f[0], f[len(f)-1]})
	}
	return tips // branches before tags: that is the order of their names
}

func naiveAttribution(h *gitrepo.History, commits map[string]*commitFacts, tips [][2]string, head, path string, blobs map[string]bool) gitrepo.Attribution {
	holds := func(id string) bool { return blobs[commits[id].files[path]] }
	want := gitrepo.Attribution{First: gitrepo.NoCommit, Last: gitrepo.NoCommit, InHead: holds(head)}
	for i := range gitrepo.CommitIndex(h.Len()) {
		if holds(h.ID(i).String()) {
			want.Last = i
			if want.First == gitrepo.NoCommit {
				want.First = i
			}
		}
	}
	for _, tip := range tips {
		if tip[1] != head && holds(tip[1]) {
			want.Tips++
			if len(want.TipNames) < 3 {
				want.TipNames = append(want.TipNames, tip[0])
			}
		}
	}
	return want
}

// Since leaves out what it reaches, and what the commits next to it have.
func TestSinceOnRandomRepositories(t *testing.T) {
	for seed := range uint64(seeds) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 3))
			dir := randomRepository(t, rng, 10+rng.IntN(25), seed%2 == 1)
			all := allCommits(t, dir, "--all")
			ids := slices.Sorted(maps.Keys(all))
			since := []string{ids[rng.IntN(len(ids))], ids[rng.IntN(len(ids))]}
			wanted := allCommits(t, dir, append([]string{"--all", "--not"}, since...)...)
			h, db := history(t, dir, since...)
			listed := map[string]*commitFacts{}
			for i := range gitrepo.CommitIndex(h.Len()) {
				id := h.ID(i).String()
				listed[id] = all[id]
				if wanted[id] == nil {
					t.Errorf("%s is listed, though %v reach it", id, since)
				}
			}
			for id := range wanted {
				if listed[id] == nil {
					t.Errorf("%s is not listed", id)
				}
			}
			want := map[string]bool{}
			for _, c := range listed {
				for name, blob := range c.files {
					want[blob+" "+name] = true
				}
			}
			before := map[string]map[string]bool{} // blobs by path
			for _, c := range listed {
				for _, p := range c.parents {
					if listed[p] != nil {
						continue
					}
					for name, blob := range all[p].files {
						if before[name] == nil {
							before[name] = map[string]bool{}
						}
						before[name][blob] = true
						delete(want, blob+" "+name)
					}
				}
			}
			got := map[string]bool{}
			for pair, p := range pairsOf(h, db) {
				got[pair] = true
				left := map[string]bool{}
				for _, n := range h.Before(p.Path) {
					left[db.ID(n).String()] = true
				}
				if diff := gocmp.Diff(before[h.Path(p.Path)], left, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s before (-want +got):\n%s", h.Path(p.Path), diff)
				}
			}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("pairs (-want +got):\n%s", diff)
			}
		})
	}
}
