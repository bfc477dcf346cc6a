package workflow

import (
	"testing"

	"github.com/rhysd/actionlint"
)

// BenchmarkCorpus reads every file of the corpus, once with Parse and once with actionlint's parser,
// which reads no expressions and knows no extents. It reports milliseconds a file.
func BenchmarkCorpus(b *testing.B) {
	files := corpus(b)
	for _, bm := range []struct {
		name  string
		parse func(corpusFile)
	}{
		{"curfew", func(f corpusFile) { Parse(f.path, f.src) }},
		{"actionlint", func(f corpusFile) { _, _ = actionlint.Parse(f.src) }},
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
