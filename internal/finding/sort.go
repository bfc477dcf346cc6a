package finding

import (
	"cmp"
	"slices"
)

// sortFindings orders findings by path, place, rule and key, so that output doesn't depend on who found first.
func sortFindings(fs []Finding) {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Region.Path, b.Region.Path),
			cmp.Compare(a.Region.Start.Offset, b.Region.Start.Offset),
			cmp.Compare(a.Region.End.Offset, b.Region.End.Offset),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Key, b.Key),
			cmp.Compare(a.Message, b.Message),
		)
	})
}

// Assign sorts fs and gives each finding its fingerprint.
func Assign(fs []Finding) {
	sortFindings(fs)
	type id struct{ rule, path, key string }
	seen := make(map[id]int, len(fs))
	for i := range fs {
		f := &fs[i]
		k := id{f.Rule, f.Region.Path, f.Key}
		f.Fingerprint = Fingerprint(f.Rule, f.Region.Path, f.Key, seen[k])
		seen[k]++
	}
}
