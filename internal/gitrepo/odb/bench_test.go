package odb

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchDB opens the repository to measure on: a git directory named by CURFEW_BENCH_REPO.
func benchDB(b *testing.B) *DB {
	b.Helper()
	dir := os.Getenv("CURFEW_BENCH_REPO")
	if dir == "" {
		b.Skip("CURFEW_BENCH_REPO names no git directory to measure on")
	}
	db, err := Open(filepath.Join(dir, "objects"), SHA1)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return db
}

func BenchmarkForest(b *testing.B) {
	db := benchDB(b)
	b.ReportAllocs()
	for b.Loop() {
		forest, err := db.Forest(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(countOf(forest, Blob)), "blobs")
	}
}

func BenchmarkWalk(b *testing.B) {
	db := benchDB(b)
	forest, err := db.Forest(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for kind := Commit; kind <= Tag; kind++ {
		b.Run(kind.String(), func(b *testing.B) {
			walker := forest.NewWalker(WalkerOptions{})
			b.ReportAllocs()
			var bytes int64
			for b.Loop() {
				bytes = 0
				for _, root := range forest.Roots(kind) {
					err := Walk(b.Context(), walker, root, func(v Version, _ int, _ bool) (int, error) {
						bytes += v.Size
						return 0, nil
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.SetBytes(bytes)
			b.ReportMetric(float64(len(walker.Faults())), "faults")
		})
	}
}

// BenchmarkFew opens the database and reads a hundred blobs and what they are made of, as a small diff does.
func BenchmarkFew(b *testing.B) {
	db := benchDB(b)
	forest, err := db.Forest(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var ids []ID
	for n := range Num(db.Len()) {
		if forest.Kind(n) == Blob && n%1000 == 7 {
			ids = append(ids, db.ID(n))
		}
	}
	ids = ids[:min(len(ids), 100)]
	b.ReportAllocs()
	for b.Loop() {
		db, err := Open(filepath.Join(os.Getenv("CURFEW_BENCH_REPO"), "objects"), SHA1)
		if err != nil {
			b.Fatal(err)
		}
		reader := db.NewReader(16 << 20)
		for _, id := range ids {
			n, ok := db.Find(id)
			if !ok {
				b.Fatalf("object %s is not found", id)
			}
			if _, _, err := reader.Read(n); err != nil {
				b.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(ids)), "blobs")
}

// BenchmarkTrees follows the first parents from the newest commit and reads each one's top trees, as a history
// does.
func BenchmarkTrees(b *testing.B) {
	db := benchDB(b)
	forest, err := db.Forest(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	trees := treesOfHistory(b, db, forest)
	b.ReportAllocs()
	for b.Loop() {
		reader := db.NewReader(16 << 20)
		for _, n := range trees {
			if _, _, err := reader.Read(n); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(trees)), "trees")
}

// treesOfHistory lists the trees of the longest line of first parents.
func treesOfHistory(b *testing.B, db *DB, forest *Forest) []Num {
	b.Helper()
	reader := db.NewReader(1 << 20)
	header := func(n Num) (tree, parent ID) {
		_, data, err := reader.Read(n)
		if err != nil {
			b.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			word, digits, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
			switch id, err := ParseID(digits); {
			case err != nil:
				return tree, parent
			case word == "tree":
				tree = id
			case word == "parent" && parent.IsZero():
				parent = id
			}
		}
		return tree, parent
	}
	var longest []Num
	seen := make([]bool, db.Len())
	for n := range Num(db.Len()) {
		if forest.Kind(n) != Commit {
			continue
		}
		var trees []Num
		for at, ok := n, true; ok && !seen[at]; {
			seen[at] = true
			tree, parent := header(at)
			if t, ok := db.Find(tree); ok {
				trees = append(trees, t)
			}
			at, ok = db.Find(parent)
		}
		if len(trees) > len(longest) {
			longest = trees
		}
	}
	return longest
}
