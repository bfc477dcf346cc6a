package manifest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// ticket compares a ticket with what the trigger asks of it.
func (j *judge) ticket(ptr string, t *TicketTrigger, p *TicketProof) verdict {
	v := j.expect(p.System == t.System, ptr+"/system", "the ticket is in another system", string(p.System), string(t.System), "use a ticket of that system")
	v = v.and(j.expect(p.Project == t.Project, ptr+"/project", "the ticket is in another project", p.Project, t.Project, "use a ticket of that project"))
	v = v.and(j.expect(slices.Contains(t.Status, p.Status), ptr+"/status", "the ticket "+p.ID+" isn't approved",
		p.Status, list(t.Status, "or"), "have the ticket approved"))
	named, attribute := p.SHA, identity.Revision
	if t.References != ReferenceSHA {
		named, attribute = p.Run, identity.Run
	}
	want, ok := j.who.Get(attribute)
	v = v.and(j.expect(ok && named == want, ptr+"/references", "the ticket "+p.ID+" doesn't name this "+string(t.References),
		orAbsent(named), j.q.Claims.Describe(j.who.ClaimFor(attribute)), "name the "+string(t.References)+" in the ticket"))
	v = v.and(j.approvers(ptr+"/status", p.Approvers, 1))
	if t.Use != UseReusable {
		v = v.and(j.unused(ptr+"/use", p))
	}
	return v
}

// unused checks that a ticket for one use has had none.
func (j *judge) unused(ptr string, p *TicketProof) verdict {
	v := j.store(j.Manifest.At(ptr), "use: once")
	switch {
	case p.Used == nil:
		return v.and(refused(Reason{
			Code: CodeTrigger, Message: "how often the ticket " + p.ID + " was used is unknown", Received: "unknown", Expected: "0",
			Fix: "make the ledger's store readable", Unknown: true, Region: j.Manifest.At(ptr),
		}))
	case *p.Used != 0:
		return v.and(j.expect(false, ptr, "the ticket "+p.ID+" was used already", strconv.Itoa(*p.Used), "0", "have a new ticket approved"))
	}
	return v
}

// approval compares the approvals of an environment with how many are asked for.
func (j *judge) approval(ptr string, t *EnvironmentTrigger, p *ApprovalProof) verdict {
	name := j.who.ClaimFor(identity.Environment)
	env, ok := j.who.Get(identity.Environment)
	_, listed := j.identity.Claims[name]
	v := j.expect(listed, ptr, "an approval is asked for, but no claim says of which environment",
		"absent", name+" under claims", "add "+name+" under claims")
	v = v.and(j.expect(ok && p.Environment == env, ptr, "the approval is of another environment than the job's",
		p.Environment, j.q.Claims.Describe(name), "let the job run in the environment that was approved"))
	return v.and(j.approvers(ptr+"/min", p.Approvers, max(t.Min, 1)))
}

// signedTag compares a verified tag with the ref that the run is for.
func (j *judge) signedTag(ptr string, t *SignedTagTrigger, p *TagProof) verdict {
	ref, okRef := j.who.Get(identity.Ref)
	sha, okSHA := j.who.Get(identity.Revision)
	v := j.expect(okRef && p.Ref == ref && strings.HasPrefix(ref, "refs/tags/"), ptr, "the tag isn't the ref that the run is for",
		p.Ref, j.q.Claims.Describe(j.who.ClaimFor(identity.Ref)), "run the job for the signed tag")
	v = v.and(j.expect(okSHA && p.SHA == sha, ptr, "the tag points to another commit",
		p.SHA, j.q.Claims.Describe(j.who.ClaimFor(identity.Revision)), "run the job for the signed tag as it is now"))
	return v.and(j.expect(slices.Contains(t.Keys, p.Key), ptr+"/keys", "the tag is signed by another key",
		p.Key, list(t.Keys, "or"), "have the tag signed by one of these"))
}

// schedule compares the tick that started the run with the schedule, and with how late it may be.
func (j *judge) schedule(ptr string, t *ScheduleTrigger, p *ScheduleProof) verdict {
	event, ok := j.who.Get(identity.Event)
	v := j.expect(ok && event == "schedule", ptr, "the run wasn't started by a schedule",
		j.q.Claims.Describe(j.who.ClaimFor(identity.Event)), `"schedule"`, "wait for the schedule")
	v = v.and(j.expect(slices.Equal(strings.Fields(p.Cron), strings.Fields(t.Cron)), ptr+"/cron", "the run was started by another schedule",
		p.Cron, t.Cron, "wait for that schedule, or have the owner change it"))
	late := j.Now.Sub(p.Due.Time)
	return v.and(j.expect(!p.Due.IsZero() && -maxSkew <= late && late <= t.Window.Std(), ptr+"/window", "the run is out of the schedule's time",
		p.Due.UTC().Format(time.RFC3339), fmt.Sprintf("a time at most %s ago", t.Window), "wait for the schedule, or have the owner widen the window"))
}

// rule takes what a Rego rule said.
func (j *judge) rule(ptr string, t *PolicyTrigger, p *PolicyProof) verdict {
	v := j.expect(p.Rule == t.Rule, ptr+"/rule", "another rule was evaluated", p.Rule, t.Rule, "evaluate that rule")
	return v.and(j.expect(p.Allow, ptr+"/rule", "the rule "+t.Rule+" doesn't allow it", "not true", "true", "see why the rule doesn't hold"))
}

// approvers checks that enough people approved who aren't those whom it benefits: neither who started
// the run or this attempt of it nor, where the organisation says so, who wrote the change.
func (j *judge) approvers(ptr string, approvers []string, least int) verdict {
	barred, v := j.barred(ptr)
	var free []string
	for _, a := range approvers {
		if strings.TrimPrefix(a, "@") != "" && !containsUser(barred, a) && !containsUser(free, a) {
			free = append(free, a)
		}
	}
	received := "nobody"
	if len(approvers) > 0 {
		received = strings.Join(approvers, ", ")
	}
	expected := fmt.Sprintf("at least %d", least)
	if len(barred) > 0 {
		expected += " other than " + list(barred, "and")
	}
	return v.and(j.expect(len(free) >= least, ptr, "too few have approved who may", received, expected, "have someone else approve"))
}

// barred lists who can't approve. Each of them must be known: else an approver might be one.
func (j *judge) barred(ptr string) ([]string, verdict) {
	actor, _ := j.who.Get(identity.Actor)
	people := []struct{ who, what, name string }{
		{actor, "who started the run", j.who.ClaimFor(identity.Actor)},
		{j.Facts.Run.TriggeringActor, "who started this attempt of the run", "run.triggering-actor"},
	}
	if j.authorsBarred() {
		people = append(people, struct{ who, what, name string }{j.Facts.Run.ChangeAuthor, "who wrote the change", "run.change-author"})
	}
	var barred []string
	v := proven()
	for _, p := range people {
		name := strings.TrimPrefix(p.who, "@")
		switch {
		case name == "":
			v = v.and(refused(Reason{
				Code: CodeTrigger, Message: p.what + " is unknown, and might be the approver", Received: "unknown",
				Expected: p.name, Fix: "give " + p.name, Unknown: true, Region: j.Manifest.At(ptr),
			}))
		case !containsUser(barred, name):
			barred = append(barred, "@"+name)
		}
	}
	return barred, v
}

// authorsBarred reports whether authors may not approve. The actor never may.
func (j *judge) authorsBarred() bool { return j.Policy.BarsAuthors() }

// BarsAuthors reports whether the organisation keeps authors from approving their own change; without a policy nobody does.
func (p *Policy) BarsAuthors() bool {
	return p != nil && slices.ContainsFunc(p.Separation, func(rule Separation) bool {
		return rule.Never == DutyApprover && slices.Contains(rule.Is, RoleOwnerOfChange)
	})
}
