package policy

import "testing"

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
