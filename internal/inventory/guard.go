package inventory

import "slices"

// Guard is what a change of the branch needs, by its protection and by all rulesets in force on it.
type Guard struct {
	Reviews    int  // that a change needs
	CodeOwners bool // must be among those who approve
	LastPush   bool // who pushed last doesn't approve
	// Bypass lists whom it doesn't hold, sorted; nil is unknown.
	Bypass *[]string
}

// admins stand for those whom a protection doesn't hold unless it says so.
const admins = "role:admin"

// Guard says what guards b. All that stands in the way of a change does so at once: it needs what the strictest asks.
// Who may bypass is told of the one that asks for all that any does, if there is such: whoever else may bypass another is
// held by it. Otherwise those who may bypass any are told.
func (b *Branch) Guard() Guard {
	layers := b.layers()
	all := Guard{Bypass: &[]string{}}
	for _, l := range layers {
		all.Reviews = max(all.Reviews, l.Reviews)
		all.CodeOwners, all.LastPush = all.CodeOwners || l.CodeOwners, all.LastPush || l.LastPush
		all.Bypass = union(all.Bypass, l.Bypass)
	}
	for _, l := range layers {
		whole := l.Reviews == all.Reviews && l.CodeOwners == all.CodeOwners && l.LastPush == all.LastPush
		if whole && l.Bypass != nil && (all.Bypass == nil || len(*l.Bypass) < len(*all.Bypass)) {
			all.Bypass = l.Bypass
		}
	}
	return all
}

// layers are the protection and the rulesets that ask for a review, each by itself. What one asks for of the last push
// counts where it asks for a review: whether the platform minds it by itself isn't documented.
func (b *Branch) layers() []Guard {
	var layers []Guard
	if b == nil {
		return nil
	}
	if p := b.Protection; p != nil && (p.Reviews > 0 || p.CodeOwners) {
		bypass := slices.Clone(p.Bypass)
		if !p.Admins {
			bypass = append(bypass, admins)
		}
		layers = append(layers, Guard{p.Reviews, p.CodeOwners, p.LastPush, union(&bypass, &[]string{})})
	}
	for _, r := range b.Rules {
		if r.Reviews != nil && (r.Reviews.Count > 0 || r.Reviews.CodeOwners) {
			layers = append(layers, Guard{r.Reviews.Count, r.Reviews.CodeOwners, r.Reviews.LastPush, union(r.Bypass, &[]string{})})
		}
	}
	return layers
}

// union is both in a list of its own, sorted; nil where either is.
func union(a, b *[]string) *[]string {
	if a == nil || b == nil {
		return nil
	}
	both := append(append([]string{}, *a...), *b...) // which is not nil
	slices.Sort(both)
	both = slices.Compact(both)
	return &both
}
