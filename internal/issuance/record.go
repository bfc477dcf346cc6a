package issuance

import (
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
)

// engine is what decides, as records name it.
const engine = "manifest+opa"

// record begins one with all that is known by now. Of a job that no token has proven, it says what the
// environment does; who writes the file fills in the rest.
func (w *way) record(t ledger.Type, o ledger.Outcome) ledger.Record {
	r := ledger.Record{Plane: ledger.Issuance, Type: t, Outcome: o, Time: w.o.Now(), Identity: ledger.Identity{RepositoryID: w.o.Project}}
	if w.who.Platform() != "" {
		r.Identity.RepositoryID, _ = w.who.Get(identity.Project)
		r.Task = w.task()
	}
	if w.rules == nil {
		return r
	}
	r.Manifest = ledger.Manifest{
		Commit: hexOnly(w.rules.Rules.Manifest.Commit), SHA256: digest(w.rules.Rules.Manifest.Src), Guard: w.rules.guard(w.first.decision.Guard),
	}
	if w.rules.Org != nil {
		r.Manifest.OrgCommit = hexOnly(w.rules.Org.Commit)
	}
	// Only names that the manifest has: what was asked for may be anything.
	if i, ok := w.rules.manifest.Identities[w.first.identity]; ok {
		r.Identity.ID, r.Identity.Owner = w.first.identity, i.Owner
		if _, ok := i.Grants[w.first.name]; ok {
			r.Identity.Grant = w.first.name
		}
	}
	return r
}

// task is the job as its token proves it.
func (w *way) task() ledger.Task {
	t := ledger.Task{Job: w.o.Job}
	t.RunID, _ = w.who.Get(identity.Run)
	attempt, _ := w.who.Get(identity.Attempt)
	t.Attempt, _ = strconv.ParseInt(attempt, 10, 64) // recordable has looked
	sha, _ := w.who.Get(identity.Revision)
	t.SHA = hexOnly(sha)
	// An actor who would have to be escaped isn't named, as a record must say what the token does.
	if actor, ok := w.who.Get(identity.Actor); ok && w.say(actor, maxName) == actor {
		t.Actor = actor
	}
	for _, taken := range w.first.decision.Triggers {
		if t.Trigger.Kind == "" {
			t.Trigger = ledger.Trigger{Kind: taken.Kind, Ref: w.say(taken.Ref, maxName), Status: w.say(taken.Status, maxName), Observed: w.first.at}
		}
	}
	return t
}

// hexOnly is a commit, or nothing where it isn't written as one.
func hexOnly(s string) string {
	if (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == "" {
		return s
	}
	return ""
}

// decision is by what was decided.
func (w *way) decision() *ledger.Decision {
	d := &ledger.Decision{Engine: engine, Reasons: []string{}}
	if w.rules != nil {
		d.PolicySHA256 = w.rules.policies.Digest()
	}
	return d
}

// links leads to the other records of the lease, and to its tickets.
func (w *way) links() ledger.Links {
	var l ledger.Links
	if w.intended {
		l.CausedBy = []string{w.id}
	}
	if w.old != nil {
		l.CausedBy = append(l.CausedBy, w.old.Issued)
	}
	for _, t := range w.first.decision.Triggers {
		if t.Kind == "ticket" {
			l.Tickets = append(l.Tickets, w.say(t.Ref, maxName))
		}
	}
	if w.glass != nil {
		l.Tickets = append(l.Tickets, w.glass.ticket)
	}
	return l
}

func (w *way) intentRecord() ledger.Record {
	r := w.record(ledger.LeaseIntent, ledger.Allow)
	r.ID, r.Decision, r.Links = w.id, w.decision(), w.links()
	r.Credential = &ledger.Credential{Provider: w.first.grant.Provider(), NotAfter: w.latest}
	return r
}

func (w *way) issuedRecord(c *lease.Credential) ledger.Record {
	t := ledger.LeaseIssued
	if w.old != nil {
		t = ledger.LeaseRenewed
	}
	r := w.record(t, ledger.Allow)
	r.Decision, r.Links, r.Credential = w.decision(), w.links(), w.credential(c)
	return r
}

// credential is what a record may hold of one.
func (b *Broker) credential(c *lease.Credential) *ledger.Credential {
	out := &ledger.Credential{
		Provider: c.Provider, Handle: c.Handle, Issued: c.Issued, NotAfter: c.NotAfter, Revocable: ledger.Revocable(c.Revocable),
	}
	for _, v := range c.Values {
		if !v.Public { // the first is the credential itself, the others may be what it reads
			out.Fingerprint = ledger.Fingerprint(v.Value, c.Provider, strength(v.Value))
			break
		}
	}
	// Where the provider lies, a record still takes its times: none before the beginning, or out of the years.
	if year := out.NotAfter.Year(); year < 1970 || year > 9999 {
		out.NotAfter = time.Time{}
	}
	if out.NotAfter.Before(out.Issued) {
		out.Issued = time.Time{}
	}
	return out
}

// strength is how many random bits a value has at least: five for each character after its prefix, where
// there are many different ones.
func strength(s redact.Secret) int {
	value := string(s.Reveal())
	for _, prefix := range []string{"ghs_", "hvs.", "hvb.", "s.", "b."} {
		value = strings.TrimPrefix(value, prefix)
	}
	different := map[rune]bool{}
	for _, r := range value {
		different[r] = true
	}
	if len(different) < 12 {
		return 0
	}
	return 5 * len(value)
}

// recordDenial records a denial with all reasons.
func (w *way) recordDenial(d *DeniedError) {
	r := w.record(ledger.LeaseDenied, ledger.Deny)
	r.Decision, r.Links = w.decision(), w.links()
	if d.failed {
		r.Type, r.Outcome = ledger.LeaseFailed, ledger.Failed
		r.Credential = &ledger.Credential{Provider: w.first.grant.Provider(), NotAfter: w.latest}
	}
	for _, reason := range d.Reasons {
		r.Decision.Reasons = append(r.Decision.Reasons, reason.line())
	}
	id, err := w.o.Records.Append(r)
	if err != nil && r.Task.RunID != "" {
		// Perhaps the token is of another run than the file; that it was denied is still to be told.
		r.Task, r.Identity = ledger.Task{}, ledger.Identity{RepositoryID: w.o.Project}
		id, err = w.o.Records.Append(r)
	}
	d.Record, d.Unrecorded = id, err
}
