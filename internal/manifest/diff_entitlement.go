package manifest

import (
	"strconv"
	"strings"
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
		if p.rank() == 0 {
			return PrivilegeCritical.rank()
		}
		return p.rank()
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
