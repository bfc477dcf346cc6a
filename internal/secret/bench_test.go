package secret

import (
	"context"
	"os"
	"testing"

	"github.com/curfew-ci/curfew/rules"
)

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(rules.SecretRules()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDetectAll searches 200 files of the corpus of workflows with two workers.
func BenchmarkDetectAll(b *testing.B) {
	d := newDetector(b)
	var files []File
	bytes := 0
	for i, name := range realFiles(b) {
		if i%7 != 0 || len(files) == 200 {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		bytes += len(src)
		files = append(files, File{name, func() ([]byte, error) { return src, nil }})
	}
	b.SetBytes(int64(bytes))
	for b.Loop() {
		d.DetectAll(context.Background(), files, 2)
	}
}
