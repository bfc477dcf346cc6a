package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/scan"
)

// Term is how long an owner has, by severity.
func Term(s finding.Severity) time.Duration {
	const day = 24 * time.Hour
	switch s {
	case finding.Critical:
		return day
	case finding.High:
		return 7 * day
	case finding.Medium:
		return 30 * day
	}
	return 90 * day
}

// due is when m's time is over.
func (m Memo) due() time.Time { return m.Since.Add(Term(m.Severity)) }

// sight is what a result says of a ticket's root.
type sight int

const (
	unseen  sight = iota // it isn't there, but not all was looked at; or it is another owner's who can't have a ticket
	gone                 // it isn't there
	moved                // another owner has it now
	isDead               // it is in the history alone, and dead by its provider's word
	dying                // it is there, and dead by its provider's word
	accepts              // it is there, and accepted for a while
	byHand               // all of a checklist that can be looked at is gone; the rest is a person's word
	present              // it is there
)

// see says what the result says of t's root, which is nil where it has no such finding.
func (p *planner) see(t *Ticket, r *Root) sight {
	switch {
	case r != nil && len(r.Left) > 0:
		return p.in.sight(r)
	case r == nil && slices.Contains(p.barred, t.Memo.Cause):
		return unseen
	case r == nil && slices.Contains(p.causes, t.Memo.Cause):
		return moved
	case r == nil && p.looked(t.Memo):
		return gone
	case r == nil:
		return unseen
	case len(r.Findings) == 0:
		return accepts
	}
	switch _, died := r.died(); {
	case died && r.past():
		return isDead
	case died:
		return dying
	}
	return present
}

// needs are the sources that must be read to the end: all, where m doesn't know.
func (m Memo) needs() []scan.Source {
	if len(m.Sources) == 0 {
		return scan.Sources()
	}
	return m.Sources
}

// looked reports whether the scan looked wherever m's findings could be.
func (p *planner) looked(m Memo) bool {
	for _, s := range m.needs() {
		if !p.whole(s, m.Paths) {
			return false
		}
	}
	c := &p.in.Result.Checked
	return !m.History || c.Scope == scan.InHistory && !c.HistoryInPart
}

// whole reports whether a source was read to the end, with nothing left out that paths could lie in. Files that no
// scan searches are named in each result: they would keep everything open.
func (p *planner) whole(s scan.Source, paths []string) bool {
	r := p.in.Result
	return slices.Contains(r.Checked.Sources, s) &&
		!slices.ContainsFunc(r.NotChecked, func(n scan.NotChecked) bool { return n.Source == s && mayHold(n.Paths, paths) })
}

// mayHold reports whether one of paths may lie in what was left out; where either isn't known, it may.
func mayHold(left, paths []string) bool {
	if len(left) == 0 || len(paths) == 0 {
		return true
	}
	for _, l := range left {
		if l == "." || slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, l) }) {
			return true
		}
	}
	return false
}

// next is the state that t should be in, by what it was left in, what a person has done to it since, what the result
// says, and the time. m is its memo with what the result adds.
func (p *planner) next(t *Ticket, m Memo, s sight) State {
	ours := t.Memo.State == Closed || t.Memo.State == Suppressed
	overdue := !p.in.Now.Before(m.due())
	proven := !m.Provable || m.Dead
	switch {
	case !t.Open && ours:
		return nextOver(t, s)
	case t.Open && ours && s != present && s != dying && s != moved:
		return t.Memo.State // a person opened it again, for a reason of his own
	case s == moved, s == isDead, s == gone && proven:
		return Closed
	case s == accepts:
		return Suppressed
	case t.Open:
		return nextOpen(t, s, overdue)
	case s == byHand:
		return ClosedUnproven
	case (s == present || s == dying) && overdue && !t.Memo.Escalated:
		return Escalated // closing it by hand doesn't stop the clock
	}
	return ClosedUnproven
}

// nextOver is the state after one in which curfew closed a ticket.
func nextOver(t *Ticket, s sight) State {
	switch {
	case s != present: // what is dead needs nobody
		return t.Memo.State
	case t.Taken:
		return Acknowledged
	}
	return Open
}

// nextOpen is the state of a ticket whose cause isn't proven to be gone.
func nextOpen(t *Ticket, s sight, overdue bool) State {
	was := t.Memo.State
	switch {
	case overdue && was != Closed && was != Suppressed: // after those the clock begins anew
		return Escalated
	case s == unseen && !was.Over():
		return was
	case s == gone || s == dying:
		return Verifying
	case t.Taken:
		return Acknowledged
	}
	return Open
}
