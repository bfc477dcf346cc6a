package manifest

import (
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
)

func extendsRule(a at) {
	switch before, after := a.before.String(), a.after.String(); {
	case after == "":
		a.say(Widens, "the manifest doesn't extend "+quote(before)+" any more: the organisation's limits are gone")
	case before == "":
		a.say(Narrows, "the manifest now extends "+quote(after)+": the organisation's limits hold")
	default:
		a.say(Widens, "the manifest now extends "+quote(after)+", not "+quote(before)+": other limits hold")
	}
}

func modeRule(a at) {
	if Mode(a.after.String()) == Observe {
		a.say(Widens, "mode is now observe: a scan's findings fail nothing any more")
		return
	}
	a.say(Narrows, "mode is now "+a.after.String()+": a scan's findings fail it again")
}

// ownerPresence is for owners that come or go. One that something waited for makes that lawful.
func ownerPresence(a at) {
	id := lastName(a.ptr)
	if !a.after.IsValid() {
		a.say(Narrows, subjectOf(a.ptr)+" is removed: nobody answers for what names it")
		return
	}
	for _, name := range a.differ.before.IdentityIDs() {
		if a.differ.before.Identities[name].Owner == id {
			a.say(Widens, subjectOf(a.ptr)+" is new: identity "+quote(name)+", for which nobody answered, has an owner")
			return
		}
	}
	for _, name := range a.differ.before.ExceptionIDs() {
		if a.differ.before.Exceptions[name].Owner == id {
			a.say(Widens, subjectOf(a.ptr)+" is new: exception "+quote(name)+", for which nobody answered, has an owner")
			return
		}
	}
	a.say(Neutral, subjectOf(a.ptr)+" is new")
}

// identityPresence says what comes or goes with an identity.
func identityPresence(a at) {
	if !a.after.IsValid() {
		a.say(Narrows, subjectOf(a.ptr)+" is removed, with all that it was entitled to")
		return
	}
	x := a.after.Interface().(Identity)
	var with []string
	for _, scope := range keys(x.Token) {
		with = append(with, scope+": "+string(x.Token[scope]))
	}
	for _, s := range x.Secrets {
		with = append(with, "secret "+s)
	}
	for _, g := range a.differ.after.GrantIDs(lastName(a.ptr)) {
		with = append(with, "grant "+g)
	}
	if len(with) == 0 {
		with = []string{"nothing yet"}
	}
	a.say(Widens, subjectOf(a.ptr)+" is new, for job "+x.RunsAs.Job.String()+" of "+x.RunsAs.Workflow.String()+", entitled to "+list(with, "and"))
}

func grantPresence(a at) {
	if !a.after.IsValid() {
		a.say(Narrows, subjectOf(a.ptr)+" is removed")
		return
	}
	g := a.after.Interface().(Grant)
	ttl := "an unknown time"
	if g.TTL != nil {
		ttl = g.TTL.String()
	}
	a.say(Widens, subjectOf(a.ptr)+" is new: "+g.Provider()+" for "+ttl+", when "+g.When.String())
}

// kindRule: contractors have an end that a sponsor sets, and agents are watched more closely.
func kindRule(a at) {
	before, after := Kind(a.before.String()), Kind(a.after.String())
	effect := Widens
	if before != Contractor && before != AIAgent && (after == Contractor || after == AIAgent) {
		effect = Narrows
	}
	a.say(effect, subjectOf(a.ptr)+" is now "+string(after)+", was "+string(before))
}

func privilegeRule(a at) {
	before, after := Privilege(a.before.String()), Privilege(a.after.String())
	// Who doesn't say is held to the strictest.
	rank := func(p Privilege) int {
		if p.Rank() == 0 {
			return PrivilegeCritical.Rank()
		}
		return p.Rank()
	}
	if rank(after) < rank(before) {
		a.say(Widens, subjectOf(a.ptr)+" is now "+show(a.after)+", was "+show(a.before)+": it is reviewed less often, and ceilings are higher")
		return
	}
	a.say(Narrows, subjectOf(a.ptr)+" is now "+show(a.after)+", was "+show(a.before)+": it is reviewed more often, and ceilings are lower")
}

func sponsorRule(a at) {
	before, after := a.before.Interface().(*Sponsor), a.after.Interface().(*Sponsor)
	subject := subjectOf(parent(a.ptr))
	switch {
	case after == nil:
		a.say(Widens, subject+" has no sponsor any more: no engagement's end ends it")
		return
	case before == nil:
		a.say(Narrows, subject+" has a sponsor: it ends with the engagement, on "+after.Ends.String())
		return
	}
	if before.Person != after.Person || before.Company != after.Company {
		a.say(Widens, subject+" is now sponsored by "+after.Person+" for "+after.Company+", was by "+before.Person+" for "+before.Company)
	}
	switch c := before.Ends.Compare(after.Ends); {
	case c < 0:
		a.say(Widens, subject+"'s engagement now ends on "+after.Ends.String()+", was "+before.Ends.String())
	case c > 0:
		a.say(Narrows, subject+"'s engagement now ends on "+after.Ends.String()+", was "+before.Ends.String())
	}
}

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

func narrowRule(a at) {
	before, after := a.before.Interface().(*Narrow), a.after.Interface().(*Narrow)
	words := subjectOf(a.ptr) + " is now " + show(a.after) + ", was " + show(a.before) + ": "
	switch {
	case after == nil || after.None:
		a.say(Widens, words+"nothing is taken off what the role may do")
	case before == nil || before.None:
		a.say(Narrows, words+"less than the role may be done")
	default:
		a.say(Widens, words+"another policy narrows the session")
	}
}

func limitsRule(a at) {
	before, after := a.before.Interface().(*Limits), a.after.Interface().(*Limits)
	subject := subjectOf(a.ptr)
	switch {
	case after == nil || after.None:
		a.say(Widens, subject+" are gone: any number of leases")
		return
	case before == nil || before.None:
		a.say(Narrows, subject+" are new: "+strconv.Itoa(after.Concurrent)+" at one time, "+strconv.Itoa(after.PerDay)+" a day")
		return
	}
	for _, n := range []struct {
		key     string
		was, is int
	}{{"concurrent", before.Concurrent, after.Concurrent}, {"per-day", before.PerDay, after.PerDay}} {
		here := a
		here.ptr = a.ptr + Pointer(n.key)
		effect := Widens
		if n.is < n.was {
			effect = Narrows
		}
		if n.is != n.was {
			here.say(effect, subjectOf(here.ptr)+" is now "+strconv.Itoa(n.is)+", was "+strconv.Itoa(n.was))
		}
	}
}

// restriction is for lists that restrict what is asked for, where none restricts nothing.
func restriction(a at) {
	before, after := a.before.Interface().(*List), a.after.Interface().(*List)
	words := subjectOf(a.ptr) + " is now " + show(a.after) + ", was " + show(a.before) + ": "
	switch {
	case after == nil || after.None:
		a.say(Widens, words+"nothing restricts it")
	case before == nil || before.None:
		a.say(Narrows, words+"it is restricted")
	default:
		entries("it may have", "it may not have any more", Widens)(at{a.differ, a.ptr + "/", a.before.Elem().FieldByName("Items"), a.after.Elem().FieldByName("Items")})
	}
}

func readRule(a at) {
	before, after := a.before.Interface().(map[string]string), a.after.Interface().(map[string]string)
	for _, path := range keys(mergeKeys(before, after)) {
		here := a
		here.ptr = a.ptr + Pointer(path)
		was, had := before[path]
		is, has := after[path]
		subject := subjectOf(parent(parent(a.ptr)))
		switch {
		case !had:
			here.say(Widens, subject+" also reads "+quote(path)+" into "+is)
		case !has:
			here.say(Narrows, subject+" doesn't read "+quote(path)+" any more")
		case was != is:
			here.say(Neutral, subject+" reads "+quote(path)+" into "+is+", was into "+was)
		}
	}
}

func lastName(ptr string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(ptr[strings.LastIndexByte(ptr, '/')+1:])
}
