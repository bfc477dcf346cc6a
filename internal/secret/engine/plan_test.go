package engine

import "testing"

func BenchmarkNewPlans(b *testing.B) {
	cfg := allRules(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := newPlans(cfg); err != nil {
			b.Fatal(err)
		}
	}
}
