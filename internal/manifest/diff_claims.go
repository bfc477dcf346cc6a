package manifest

import "github.com/curfew-ci/curfew/internal/identity"

// claimsRule compares what a token must prove. Of the event, silence means a list.
func claimsRule(a at) {
	before, after := a.before.Interface().(map[string]Match), a.after.Interface().(map[string]Match)
	for _, name := range keys(mergeKeys(before, after)) {
		here := a
		here.ptr = a.ptr + Pointer(name)
		was, had := before[name]
		is, has := after[name]
		if defaults := identity.EventsUnlessNamed(name); defaults != nil {
			here.compare(orDefault(was, had, defaults), orDefault(is, has, defaults), "tokens prove it")
			continue
		}
		switch {
		case !has:
			here.say(Widens, subjectOf(here.ptr)+" needn't be proven any more: more tokens prove it")
		case had:
			here.compare(was, is, "tokens prove it")
		case here.opens(name):
			here.say(Widens, subjectOf(here.ptr)+" must now be "+is.String()+": what was impossible without it may now pass")
		default:
			here.say(Narrows, subjectOf(here.ptr)+" must now be "+is.String()+": fewer tokens prove it")
		}
	}
}

func orDefault(m Match, given bool, defaults []string) Match {
	if given {
		return m
	}
	return Match{Any: defaults}
}

// opens reports whether a claim lets something pass that its absence kept out: another issuer than the
// public one, or the approval of an environment, which counts only where the claims name it.
func (a at) opens(claim string) bool {
	if claim != "environment" {
		return claim == "iss"
	}
	id := lastName(parent(parent(a.ptr)))
	for _, g := range a.differ.before.Identities[id].Grants {
		if g.When.asksForApproval() {
			return true
		}
	}
	return false
}

// matching is for names that decide which of something counts.
func matching(what string) rule {
	return func(a at) { a.compare(a.before.Interface().(Match), a.after.Interface().(Match), what) }
}

// compare says whether a match lets more pass than before.
func (a at) compare(was, is Match, what string) {
	wider, narrower := !was.includes(is), !is.includes(was)
	words := subjectOf(a.ptr) + " is now " + is.String() + ", was " + was.String() + ": "
	switch {
	case wider && is.IsGlob() && !was.IsGlob():
		a.say(Widens, words+"a pattern stands where names were listed, and more "+what)
	case wider && narrower:
		a.say(Widens, words+"other "+what)
	case wider:
		a.say(Widens, words+"more "+what)
	case narrower:
		a.say(Narrows, words+"fewer "+what)
	case was.String() != is.String():
		a.say(Neutral, words+"the same "+what)
	}
}

// includes reports whether all that o accepts is accepted by m too. It may be false where that is so,
// but never true where it isn't: a "*" in o's pattern can only be met by a "*" in m's.
func (m Match) includes(o Match) bool {
	if o.IsGlob() {
		return m.IsGlob() && m.Matches(o.Glob)
	}
	for _, s := range o.Any {
		if !m.Matches(s) {
			return false
		}
	}
	return true
}
