package workflow

import (
	"testing"

	"github.com/rhysd/actionlint"

	"github.com/curfew-ci/curfew/internal/corpus"
)

// BenchmarkCorpus reads every file of the corpus, once with Parse and once with actionlint's parser,
// which reads no expressions and knows no extents. It reports milliseconds a file.
func BenchmarkCorpus(b *testing.B) {
	files := corpus.Files(b)
	for _, bm := range []struct {
		name  string
		parse func(corpus.File)
	}{
		{"curfew", func(f corpus.File) { Parse(f.Path, f.Src) }},
		{"actionlint", func(f corpus.File) { _, _ = actionlint.Parse(f.Src) }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, f := range files {
					bm.parse(f)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N*len(files)), "ms/file")
		})
	}
}
