package secret

import (
	"errors"
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

// BenchmarkDetectCorpus searches 200 files of the corpus.
func BenchmarkDetectCorpus(b *testing.B) {
	d := newDetector(b)
	var names []string
	var contents [][]byte
	bytes := 0
	for i, name := range realFiles(b) {
		if i%7 != 0 || len(names) == 200 {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		bytes += len(src)
		names, contents = append(names, name), append(contents, src)
	}
	b.SetBytes(int64(bytes))
	for b.Loop() {
		for i, name := range names {
			if _, err := d.Detect(b.Context(), name, contents[i]); err != nil && !errors.Is(err, ErrAllowlisted) {
				b.Fatal(err)
			}
		}
	}
}
