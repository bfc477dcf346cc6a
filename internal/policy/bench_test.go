package policy

import (
	"testing"
	"time"
)

// BenchmarkJudgeBuiltIn is one judgement by the built-in policy; a thousand take less than a second.
func BenchmarkJudgeBuiltIn(b *testing.B) {
	p, in := builtIn(b), sample(b)
	for b.Loop() {
		if v := p.Judge(b.Context(), in, now()); !v.Allowed {
			b.Fatal(v.Reasons)
		}
	}
}

// BenchmarkJudgeSet is one by three policies, as a lease asks for.
func BenchmarkJudgeSet(b *testing.B) {
	own := compiled(b, pagePolicy(b))
	set, in := Set{builtIn(b), own, own}, sample(b)
	for b.Loop() {
		if v := set.Judge(b.Context(), in, now()); !v.Allowed {
			b.Fatal(v.Reasons)
		}
	}
}

// BenchmarkCompileBuiltIn is what comes once, before.
func BenchmarkCompileBuiltIn(b *testing.B) {
	for b.Loop() {
		builtIn(b)
	}
}

// BenchmarkThousand is a thousand decisions by the three policies of a lease, and what it takes to load these before:
// compiled one after the other, from their texts.
func BenchmarkThousand(b *testing.B) {
	text, in := pagePolicy(b), sample(b)
	var set Set
	load := time.Duration(0)
	for b.Loop() {
		begin := time.Now()
		set = Set{builtIn(b), compiled(b, text), compiled(b, text)}
		load += time.Since(begin)
		for range 1000 {
			if v := set.Judge(b.Context(), in, now()); !v.Allowed {
				b.Fatal(v.Reasons)
			}
		}
	}
	perRound := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(b.N) }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perRound(load), "ms-load")
	b.ReportMetric(perRound(b.Elapsed()-load), "ms-1000-decisions")
}
