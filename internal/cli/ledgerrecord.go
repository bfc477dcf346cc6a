package cli

import (
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// recordText is all that a record says, for a person.
func recordText(r *ledger.Record) string {
	var b strings.Builder
	say := func(name string, parts ...string) {
		if text := joinSaid(parts...); text != "" {
			fmt.Fprintf(&b, "  %-11s %s\n", name, text)
		}
	}
	fmt.Fprintf(&b, "%s %s (%s) at %s\n", r.ID, r.Type, r.Outcome, stamp(r.Time))
	say("identity", r.Identity.ID, said("grant", r.Identity.Grant), said("owner", r.Identity.Owner), said("repository", r.Identity.RepositoryID))
	say("task", said("run", r.Task.RunID), fmt.Sprint("attempt ", r.Task.Attempt), said("job", r.Task.Job), said("commit", r.Task.SHA), said("actor", r.Task.Actor))
	t := r.Task.Trigger
	say("trigger", t.Kind, t.Ref, t.Status, saidTime("observed", stamp(t.Observed)))
	m := r.Manifest
	say("manifest", said("commit", m.Commit), said("sha256", m.SHA256), said("policy's commit", m.OrgCommit), said("guard", m.Guard))
	if c := r.Credential; c != nil {
		say("credential", c.Provider, c.Fingerprint, saidTime("issued", stamp(c.Issued)), saidTime("until", stamp(c.NotAfter)), said("revocable by", string(c.Revocable)))
		fmt.Fprintf(&b, "  %-11s %s\n", "handle", hidden(c.Handle))
	}
	if d := r.Decision; d != nil {
		say("decision", said("by", d.Engine), said("policy", d.PolicySHA256), strings.Join(d.Controls, " "))
		for _, reason := range d.Reasons {
			say("because", reason)
		}
	}
	sayParts(r, say)
	say("caused by", r.Links.CausedBy...)
	say("tickets", r.Links.Tickets...)
	say("session", r.Links.Session)
	return b.String()
}

// sayParts says what records are about that are not of a lease's decision or credential.
func sayParts(r *ledger.Record, say func(name string, parts ...string)) {
	if f := r.Finding; f != nil {
		say("finding", f.Rule, f.Fingerprint)
	}
	if i := r.Inventory; i != nil {
		say("inventory", saidTime("taken", stamp(i.Taken)), said("sha256", i.SHA256))
		say("guard", guardText(i.Guard))
	}
	if c := r.Certification; c != nil {
		say("certified", string(c.Action), said("until", c.Until), said("by", strings.Join(c.By, " ")))
		say("merged", stamp(c.Merged), c.PullRequest, said("commit", c.Commit))
	}
	if s := r.Session; s != nil {
		say("recording", s.Format, saidSize(s), s.Reason)
	}
	if g := r.BreakGlass; g != nil {
		say("break-glass", ledger.UseName(r.Identity.RepositoryID, g.RunID, g.Use), said("entry", g.Entry), said("by", g.Activator), said("for", g.Incident),
			saidTime("used", stamp(g.Used)), saidTime("review due", stamp(g.Due)))
		say("review", string(g.Verdict), said("by", g.By), saidTime("at", stamp(g.Reviewed)))
		say("reason", g.Reason)
	}
}

func saidSize(s *ledger.Session) string {
	switch {
	case s.Bytes == 0:
		return ""
	case s.Truncated:
		return fmt.Sprintf("%d bytes and truncated", s.Bytes)
	}
	return fmt.Sprintf("%d bytes", s.Bytes)
}

// aboutOf is what a record is about, as short as can be: an identity's grant, a ticket, a rule that found something, or
// the repository.
func aboutOf(r *ledger.Record) string {
	switch {
	case len(r.Links.Tickets) > 0 && r.Plane == ledger.Response:
		return strings.Join(r.Links.Tickets, " ")
	case r.Finding != nil: // its id as a scan prints it; who only sees it gone knows of no rule
		return strings.TrimSpace(r.Finding.Fingerprint[:8] + " " + r.Finding.Rule)
	case r.Identity.Grant != "":
		return r.Identity.ID + "/" + r.Identity.Grant
	case r.Identity.ID != "":
		return r.Identity.ID
	case r.Plane != ledger.Issuance:
		return "repository " + r.Identity.RepositoryID
	}
	return ""
}

// joinSaid joins what there is to say, in one line that nothing in it can leave.
func joinSaid(parts ...string) string {
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, cell(p))
		}
	}
	return strings.Join(there, ", ")
}

func said(name, value string) string {
	if value == "" {
		return ""
	}
	return name + " " + value
}

func saidTime(name, value string) string {
	if value == "-" {
		return ""
	}
	return name + " " + value
}
