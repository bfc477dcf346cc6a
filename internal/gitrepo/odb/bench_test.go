package odb

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
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
	b.Cleanup(func() { db.Close() })
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
		b.ReportMetric(float64(forest.Count(Blob)), "blobs")
	}
	_ = syscall.Getpid
	_ = time.Now
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
