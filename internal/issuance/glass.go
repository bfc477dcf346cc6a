package issuance

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Notifier tells those who must know of a use of break-glass.
type Notifier interface {
	// Notify opens the ticket of the review in the owner's ticket system and returns the ticket's key. It has told the
	// owner and the reviewers when it returns without error; where nobody knows whether it has, that is an error.
	Notify(ctx context.Context, g Glass) (ref string, err error)
}

// Glass is a use of break-glass that comes next.
type Glass struct {
	Use        string // as ledger.UseName has it: what a review names
	Repository string // OWNER/NAME, as the ID token has it; "" where it has none
	Run, Job   string
	Entry      string // of the manifest's break-glass
	Grant      string // IDENTITY/GRANT
	Activator  string // "@alice": who started the run, by the ID token
	Account    string // the number of that account, likewise
	Incident   string
	Reason     string // anybody's text, of one line
	TTL        time.Duration
	Used, Due  time.Time // now, and when the review is overdue
	Reviewer   string    // "@acme/appsec": who must review it
	OwnerID    string    // of the grant's identity, in the manifest
	Owner      manifest.Owner
	Systems    manifest.Systems // where tickets live, by the organisation's policy
}

// Bounds of what an activator says, in characters.
const (
	maxReason   = 300
	maxIncident = 100
)

// emergency is a use on its way.
type emergency struct {
	Glass
	ticket string // of its review
}

// CheckEmergency says what is wrong with what an activator says: it is for people to read, in one line.
func CheckEmergency(e *manifest.Emergency) error {
	for _, said := range []struct {
		name, text string
		most       int
	}{{"reason", e.Reason, maxReason}, {"incident", e.Incident, maxIncident}} {
		switch {
		case utf8.RuneCountInString(said.text) > said.most:
			return errors.New("the " + said.name + " has more than " + strconv.Itoa(said.most) + " characters: say it shorter")
		case !utf8.ValidString(said.text), strings.ContainsFunc(said.text, isControl):
			return errors.New("the " + said.name + " holds a line break or another control character: say it in one line")
		}
	}
	return nil
}

// isControl reports whether a character does something else than to be read: controls, separators of lines, what turns a text
// around or isn't seen. The two joiners are part of how some scripts, and emoji, are written.
func isControl(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Cf, r) && r != nonJoiner && r != joiner
}

// unfit is why break-glass can't be used here, whatever the manifest decides. Who used it must be proven by what outlives
// the job, its ID token: that names who started the run's first attempt, and nobody else.
func (w *way) unfit(j *judgement) []Reason {
	e := w.req.Task.BreakGlass
	if e == nil {
		return nil
	}
	var out []Reason
	refuse := func(what, received, expected, fix string) {
		out = append(out, Reason{Code: string(manifest.CodeBreakGlass), Message: what, Received: received, Expected: expected, Fix: fix})
	}
	attempt, _ := w.who.Get(identity.Attempt)
	if attempt != "1" {
		refuse("break-glass is used in a run's first attempt alone: a re-run goes by the name of who started the first", "attempt "+attempt, "attempt 1", "start a new run")
	}
	if event, _ := w.who.Get(identity.Event); event != ledger.Dispatched {
		refuse("nobody is known to have started this run for it: a push or a merge has its actor's name for the code of others", event,
			ledger.Dispatched, "have one of the activators start the workflow by hand")
	}
	actor, _ := w.who.Get(identity.Actor)
	if by := j.facts.Run.TriggeringActor; by != "" && !strings.EqualFold(by, "@"+actor) {
		refuse("the platform and the ID token name different people as who started this run", by, "@"+actor, "start a new run")
	}
	if account, _ := w.who.Get(identity.ActorID); strings.Trim(account, "0123456789") != "" || account == "" {
		refuse("the ID token doesn't say by which account the run was started", w.who.Claims.Describe(w.who.ClaimFor(identity.ActorID)), "the number of an account", "use a platform whose tokens say it")
	}
	if err := CheckEmergency(e); err != nil {
		refuse("what is said of the emergency isn't fit to be recorded", err.Error(), "words in one line", "say it otherwise")
	}
	if w.old != nil {
		refuse("what was leased by break-glass isn't renewed", "a renewal", "a use that its reviewers are told of", "break the glass once more, if it must be")
	}
	if w.o.Notifier == nil {
		refuse("nothing here can tell owner and reviewers, and the glass isn't broken without", "none", "the owner's ticket system", "read the rules at GitHub, where tickets can be opened")
	}
	return out
}

// announce tells owner and reviewers of a use of break-glass, and records it, before its slot is taken: whatever happens
// from here on, somebody knows. Where nobody can be told there is no lease.
func (w *way) announce(ctx context.Context) *DeniedError {
	if w.req.Task.BreakGlass == nil {
		return nil
	}
	g := w.emergency()
	asked, cancel := w.limited(ctx)
	defer cancel()
	ref, err := w.o.Notifier.Notify(asked, g)
	if err == nil && (ref == "" || w.say(ref, maxName) != ref) {
		err = errors.New("the ticket system named no ticket")
	}
	if err != nil {
		return denyFor(err, Reason{
			Code: CodeNotify, Message: "owner and reviewers can't be told, and the glass isn't broken without", Expected: "a ticket for the review by " + g.Reviewer,
			Fix: "mend what is said here, and run the job anew",
		})
	}
	w.glass = &emergency{g, ref}
	if denied := ended(ctx); denied != nil {
		return denied
	}
	if _, err := w.o.Records.Append(w.usedRecord()); err != nil {
		return denyFor(err, Reason{
			Code: CodeRecord, Message: "the use of break-glass can't be recorded before it is begun", Expected: "a record on the disk", Fix: "make the folder of the records writable",
		})
	}
	return ended(ctx)
}

// emergency is what is known of the use that comes next.
func (w *way) emergency() Glass {
	e, m := w.req.Task.BreakGlass, w.rules.manifest
	entry, id := m.BreakGlass[e.Entry], m.Identities[w.first.identity]
	g := Glass{
		Job: w.o.Job, Entry: e.Entry, Grant: w.req.Grant, Incident: w.say(e.Incident, maxIncident), Reason: w.say(e.Reason, maxReason),
		TTL: w.ttl, Used: w.first.at, Due: w.first.at.Add(entry.Review.Within.Std()), Reviewer: entry.Review.By, OwnerID: id.Owner,
	}
	actor, _ := w.who.Get(identity.Actor)
	g.Activator = "@" + actor
	g.Account, _ = w.who.Get(identity.ActorID)
	g.Repository, _ = w.who.Claims.Text("repository")
	g.Run, _ = w.who.Get(identity.Run)
	project, _ := w.who.Get(identity.Project)
	g.Use = ledger.UseName(project, g.Run, w.id)
	g.Owner, _ = m.OwnerOf(id.Owner, w.rules.org)
	if w.rules.org != nil {
		g.Systems = w.rules.org.Systems
	}
	return g
}

func (w *way) usedRecord() ledger.Record {
	r, g := w.record(ledger.BreakGlassUsed, ledger.Open), w.glass
	r.Links = w.links()
	r.BreakGlass = &ledger.BreakGlass{
		Use: w.id, RunID: g.Run, Entry: g.Entry, Activator: g.Activator, ActivatorID: g.Account, Used: g.Used, Due: g.Due, Incident: g.Incident, Reason: g.Reason,
	}
	return r
}

// slot is what the slot of a use says of it.
func (e *emergency) slot() *ledger.Use {
	return &ledger.Use{
		Grant: e.Grant, Activator: e.Activator, ActivatorID: e.Account, RunID: e.Run, Attempt: 1, Ticket: e.ticket, Incident: e.Incident, Reason: e.Reason,
	}
}
