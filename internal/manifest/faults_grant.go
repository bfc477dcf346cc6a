package manifest

import (
	"slices"
	"strconv"
	"strings"
)

// grant looks at one grant: its lifetime, its privilege, and what it needs that isn't there.
func (f *faulter) grant(id, name string, x *Identity, g *Grant) {
	ptr := Pointer("identities", id, "grants", name)
	f.adopt(FaultTerm, ptr+"/ttl", f.standing.leaseCeiling(id, name, x, g))
	f.adopt(FaultSeparation, ptr, f.standing.conflicts(id, name))
	if g.TTL != nil {
		f.tooShort(g, *g.TTL, ptr+"/ttl")
	}
	if least := f.p.PrivilegeOf(x, g); least != x.Privilege {
		f.report(FaultPrivilege, ptr, "the organisation takes this grant as "+string(least)+", its identity says "+string(x.Privilege),
			"write privilege: "+string(least)+", or move the grant to an identity of its own")
	}
	if g.Limits != nil && !g.Limits.None && f.needsLedger() {
		f.report(FaultLedger, ptr+"/limits", "limits are always denied: leases are counted in a shared ledger store, and there is none",
			"let the organisation's policy name a ledger, or write limits: none")
	}
	if g.When != nil {
		f.trigger(ptr+"/when", x, g.When)
	}
}

// tooShort looks at a ttl that no lease can have.
func (f *faulter) tooShort(g *Grant, ttl Duration, ptr string) {
	if least := g.Least(); ttl < least {
		f.report(FaultContradiction, ptr, "a lease for "+ttl.String()+" is always denied: "+g.Provider()+" issues for "+least.String()+", and nothing ends that before",
			"write ttl: "+least.String()+" or more")
	}
}

// trigger looks for tasks that are no restriction, or that can't be proven.
func (f *faulter) trigger(ptr string, x *Identity, w *When) {
	if w.Always {
		f.report(FaultStanding, ptr, "the grant is standing privilege: no task triggers it", "name the task, or shrink the grant")
	}
	if t := w.Ticket; t != nil {
		f.ticket(ptr+"/ticket", t)
	}
	f.impossible(ptr, x, w)
	for i := range w.Any {
		sub := ptr + Pointer("any", strconv.Itoa(i))
		if w.Any[i].Always && len(w.Any) > 1 {
			f.report(FaultContradiction, sub, "always stands beside other triggers in any: they count for nothing", "remove always, or the others")
		}
		f.trigger(sub, x, &w.Any[i])
	}
	for i := range w.All {
		f.trigger(ptr+Pointer("all", strconv.Itoa(i)), x, &w.All[i])
	}
}

// impossible looks for triggers that the identity's claims rule out or leave open.
func (f *faulter) impossible(ptr string, x *Identity, w *When) {
	event, hasEvent := x.Claims["event_name"]
	ref, hasRef := x.Claims["ref"]
	_, hasEnvironment := x.Claims["environment"]
	switch {
	case w.Schedule != nil && hasEvent && !event.Matches("schedule"):
		f.report(FaultContradiction, ptr+"/schedule", "a scheduled run never has the event that claims.event_name asks for",
			"add schedule to claims.event_name, or remove the trigger")
	case w.SignedTag != nil && hasRef && !ref.mayBegin("refs/tags/"):
		f.report(FaultContradiction, ptr+"/signed-tag", "a tag never has the ref that claims.ref asks for",
			"let claims.ref name tags, or remove the trigger")
	case w.EnvironmentApproval != nil && !hasEnvironment:
		f.report(FaultContradiction, ptr+"/environment-approval", "the approval of an environment is asked for, but no claim says of which",
			"add environment to the identity's claims")
	}
}

// mayBegin reports whether a value that begins with prefix can match.
func (m Match) mayBegin(prefix string) bool {
	if m.Glob == "" {
		return slices.ContainsFunc(m.Any, func(s string) bool { return strings.HasPrefix(s, prefix) })
	}
	literal, _, _ := strings.Cut(m.Glob, "*")
	return strings.HasPrefix(literal, prefix) || strings.HasPrefix(prefix, literal)
}

func (f *faulter) ticket(ptr string, t *TicketTrigger) {
	if t.Use == UseOnce && f.needsLedger() {
		f.report(FaultLedger, ptr+"/use", "use: once is always denied: uses are counted in a shared ledger store, and there is none",
			"let the organisation's policy name a ledger, or write use: reusable")
	}
	f.adopt(FaultSystem, ptr, f.standing.ticketSystems(strings.TrimSuffix(ptr, "/ticket"), &When{Trigger: Trigger{Ticket: t}}))
	if f.p == nil && f.m.Extends == "" && t.System != SystemGitHub {
		f.report(FaultSystem, ptr+"/system", "nobody says where "+string(t.System)+" is: its tickets can't be proven",
			"let an organisation's policy name it under systems, and extend that")
	}
	if f.p == nil || t.System == SystemGitHub {
		return
	}
	if s := f.p.Systems.Get(t.System); s != nil && len(s.People) == 0 {
		f.report(FaultSystem, ptr+"/system", "nobody says who the accounts of "+string(t.System)+" are on the platform: no approval there can be proven",
			"let the organisation's policy name them under systems."+string(t.System)+".people")
	}
}
