package ticket

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

// Input is what tickets are planned by. All of it is the caller's; Plan changes none.
type Input struct {
	Repository string // OWNER/NAME: tickets of others aren't touched
	Result     *scan.Result
	Manifest   *manifest.Manifest // nil where there is none: nobody owns anything then
	Policy     *manifest.Policy   // may be nil
	// Before is the manifest as it was: what of it Manifest hasn't any more makes a checklist of what is to be deleted. nil:
	// nothing new does.
	Before *manifest.Manifest
	// Archived says that nothing runs in the repository any more: all that it has is left behind.
	Archived bool
	// Inventory is what the platform holds, which proves that something is deleted; nil where nobody looked.
	Inventory *inventory.Inventory
	// Place says where the tickets of an owner go, or why they have no place in this tracker. Nil: nowhere in
	// particular.
	Place func(owner string, o manifest.Owner) (project, why string)
	Now   time.Time
	// Old says that the result is of too long ago to say what has ended or come back since: nothing is closed, reopened
	// or taken for proven by it. What it found and nobody has a ticket for gets one, and deadlines pass.
	Old bool
}

// Action is what a change does to the tracker.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update" // it stays open or closed
	Reopen Action = "reopen"
	Close  Action = "close"
)

// Change brings one ticket to what it should be.
type Change struct {
	Action Action
	Key    string // the tracker's name for the ticket; "" until it is created
	From   State  // "" where it is created
	Draft  Draft
	Owner  string             // its id in the manifest; "" where nobody is
	Found  []*finding.Finding // the first few of what it is about
	Gone   []string           // fingerprints of what it was about, where all was looked at and they aren't there
}

// Held is a cause without a ticket.
type Held struct {
	Root  *Root
	Owner Owner
	Why   string
}

// Result is what Plan comes to.
type Result struct {
	Changes  []Change
	Held     []Held   // by the caps, or as their owner has no place in this tracker
	Unproven []string // keys of tickets that were closed by hand, without proof
	Waiting  []string // keys of tickets that can't be closed: not all was looked at, or who has the cause now has no place
}

// planner is one call of Plan.
type planner struct {
	in     *Input
	kinds  []*Steps
	roots  []*Root
	causes []string // of findings that count
	barred []string // of those whose owner can't have a ticket here
	tally  tally
	out    Result
}

// Plan says what must change so that the tickets in have fit the result: of this repository those that the tracker
// holds, open or closed, and of others at least the open ones and those of today, for the caps. It is
// deterministic, and has no change for what is in line already.
func Plan(have []Ticket, in Input) (*Result, error) {
	steps, err := AllSteps()
	if err != nil {
		return nil, err
	}
	roots, err := in.roots(steps)
	if err != nil {
		return nil, err
	}
	roots = append(roots, in.leftRoots()...)
	p := &planner{in: &in, kinds: steps, roots: roots}
	byRoot := map[string]*Root{}
	for _, r := range roots {
		byRoot[r.Fingerprint] = r
		if len(r.Findings) == 0 {
			continue
		}
		p.causes = append(p.causes, r.Cause)
		if _, why := in.owner(r.Owner); why != "" {
			p.barred = append(p.barred, r.Cause)
		}
	}
	mine := p.mine(have)
	p.tally = p.count(have)
	waiting := p.existing(mine, byRoot)
	p.admit(waiting, mine)
	if in.Old {
		p.out.Changes = slices.DeleteFunc(p.out.Changes, func(c Change) bool { return c.Action == Close || c.Action == Reopen })
	}
	slices.SortStableFunc(p.out.Changes, func(a, b Change) int { return cmp.Compare(order(a.Action), order(b.Action)) })
	return &p.out, nil
}

// order puts what ends before what begins, so that no cap is exceeded on the way.
func order(a Action) int { return slices.Index([]Action{Close, Update, Reopen, Create}, a) }

// existing plans the changes of tickets that are there, and returns the roots that want a ticket opened.
func (p *planner) existing(mine map[string]*Ticket, byRoot map[string]*Root) []want {
	var wants []want
	for _, print := range slices.Sorted(maps.Keys(mine)) {
		t := mine[print]
		if t.Memo.Digest {
			continue
		}
		r := p.checklist(t.Memo, byRoot[print])
		m, s := t.Memo, unseen
		if !p.in.Old {
			m, s = p.refresh(t.Memo, r), p.see(t, r)
		}
		t.Memo.Owner = m.Owner // for the caps: its handle may be another one now, and who lost the memo still owns it
		m.State = p.next(t, m, s)
		if s == unseen && !t.Memo.State.Over() && !p.in.Old {
			p.out.Waiting = append(p.out.Waiting, t.Key)
		}
		if m.State == ClosedUnproven {
			p.out.Unproven = append(p.out.Unproven, t.Key)
		}
		if !m.State.Over() && !t.Open {
			wants = append(wants, want{root: r, ticket: t, memo: m})
			continue
		}
		p.change(t, r, m, s)
	}
	for _, r := range p.roots {
		if mine[r.Fingerprint] == nil && p.calls(r) {
			wants = append(wants, want{root: r, memo: p.refresh(Memo{}, r)})
		}
	}
	return wants
}

// refresh is what m comes to by what the result says of its root.
func (p *planner) refresh(m Memo, r *Root) Memo {
	if r == nil {
		return m
	}
	owner, _ := p.in.owner(r.Owner)
	m.Repository, m.Root, m.Cause = p.in.Repository, r.Fingerprint, r.Cause
	m.Owner = owner.Key()
	if len(r.Left) > 0 {
		m.keep(r)
		return m
	}
	if said, died := r.died(); said || slices.ContainsFunc(r.Findings, guessed) {
		m.Dead = died
	}
	m.History = m.History || r.inHistory()
	left := p.left(m)
	m.Sources = slices.Compact(slices.Sorted(slices.Values(slices.Concat(r.Sources, left))))
	if len(r.Findings) == 0 {
		return m // what it was about stays as it was
	}
	m.What, m.Severity = brief(r.What), r.Severity
	m.Provable = r.provable()
	m.Kind = ""
	if r.Steps != nil {
		m.Kind = r.Steps.Title
	}
	m.Identity = r.identity()
	m.Findings = nil
	for _, f := range r.first() {
		m.Findings = append(m.Findings, f.Fingerprint)
	}
	if len(left) == 0 {
		m.Paths = r.paths()
	} else if len(m.Paths) > 0 {
		m.Paths = r.paths(m.Paths...)
	}
	return m
}

// left are the sources that m's findings need and this scan didn't read to the end: what an earlier one found there
// may be there still, whatever else this one finds. A memo that was lost needs none, as it is made anew.
func (p *planner) left(m Memo) []scan.Source {
	return slices.DeleteFunc(slices.Clone(m.Sources), func(s scan.Source) bool { return p.whole(s, m.Paths) })
}

// With these the longest memo is shorter than 4000 bytes, the least that a tracker's text holds.
const (
	maxPaths     = 800 // bytes in the memo
	maxWhat      = 160 // characters
	maxWhatBytes = 480 // in the memo
	maxFindings  = 10
)

// change plans the change of t to m, where there is one. What a person opened again without a cause is left to them.
func (p *planner) change(t *Ticket, r *Root, m Memo, s sight) {
	was, open := t.Memo.State, !m.State.Over()
	m.Escalated = m.State == Escalated || m.Escalated
	if open && (was == Closed || was == Suppressed) {
		m.Since, m.Escalated = p.in.Now, false // the clock begins anew
	}
	m.Sum = m.sum(p.proofs(r)...)
	turned := m.State != was
	switch {
	case turned:
		m.Turn++
	case t.Open && !open:
		return
	case m.Sum == t.Memo.Sum && open == t.Open:
		return
	}
	p.out.Changes = append(p.out.Changes, Change{
		Action: action(t.Open, open), Key: t.Key, From: was, Draft: p.draft(m, r, was, s),
		Owner: p.ownerNow(m, r).ID, Found: r.first(), Gone: p.gone(m, s),
	})
}

// action is what brings a ticket from open or closed to open or closed.
func action(was, is bool) Action {
	switch {
	case is && !was:
		return Reopen
	case was && !is:
		return Close
	}
	return Update
}
