package engine

import "testing"

func BenchmarkNewPlans(b *testing.B) {
	rules := make(map[string]rule)
	for id, r := range allRules(b).Rules {
		rules[id] = ruleOf(r)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := newPlans(rules); err != nil {
			b.Fatal(err)
		}
	}
}
