package ticket

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
)

// Caps are how many tickets a tracker may get.
type Caps struct {
	Open int // of an owner, at a time
	New  int // in a day, of all owners
}

// defaultCaps hold where no policy says otherwise.
func defaultCaps() Caps { return Caps{Open: 5, New: 10} }

// caps are those of the policy.
func (in *Input) caps() Caps {
	if in.Policy == nil || in.Policy.Tickets == nil {
		return defaultCaps()
	}
	return Caps{Open: in.Policy.Tickets.MaxOpenPerOwner, New: in.Policy.Tickets.MaxNewPerDay}
}

// want is a root that should have an open ticket and hasn't: a new one, or one that must be reopened.
type want struct {
	root   *Root
	ticket *Ticket // nil for a new one
	memo   Memo
}

func (w want) severity() finding.Severity {
	if w.root == nil {
		return w.memo.Severity
	}
	return w.root.Severity
}

// tally is how many tickets there are, before what is planned.
type tally struct {
	open  map[string]int // by owner's key, digests not among them
	fresh int            // created today
}

// count counts the tickets that stay open for each owner, of all repositories, and those that were created today.
func (p *planner) count(have []Ticket) tally {
	n := tally{open: map[string]int{}}
	day := p.in.Now.UTC().Truncate(24 * time.Hour)
	for i := range have {
		t := &have[i]
		if !t.Created.Before(day) {
			n.fresh++
		}
		if t.Repository == RepositoryLabel(p.in.Repository) || !t.Open {
			continue // counted when it is known whether they stay open
		}
		n.open[t.Memo.Owner]++
	}
	return n
}

// admit opens as many of wants as the caps allow, the worst first, and lists the rest in digests.
func (p *planner) admit(wants []want, mine map[string]*Ticket) {
	byOwner := map[string][]want{}
	owners := map[string]Owner{}
	for _, w := range wants {
		o, why := p.ownerOfWant(w)
		if why != "" {
			p.out.Held = append(p.out.Held, Held{w.root, o, why})
			continue
		}
		owners[o.Key()] = o
		byOwner[o.Key()] = append(byOwner[o.Key()], w)
	}
	for _, t := range mine {
		if t.Memo.Digest && byOwner[t.Memo.Owner] == nil {
			byOwner[t.Memo.Owner] = []want{}
			if _, known := owners[t.Memo.Owner]; !known {
				owners[t.Memo.Owner] = p.ownerByKey(t.Memo.Owner)
			}
		}
	}
	for _, ws := range byOwner {
		slices.SortFunc(ws, worse)
	}
	left := max(p.in.caps().New-p.tally.fresh, 0)
	for _, key := range slices.SortedFunc(maps.Keys(byOwner), func(a, b string) int {
		return cmp.Or(cmp.Compare(worst(byOwner[b]), worst(byOwner[a])), cmp.Compare(a, b))
	}) {
		left -= p.admitOwner(owners[key], byOwner[key], mine, left)
	}
}

func worse(a, b want) int {
	return cmp.Or(cmp.Compare(b.severity(), a.severity()), cmp.Compare(a.memo.Root, b.memo.Root))
}

func worst(ws []want) finding.Severity {
	if len(ws) == 0 {
		return 0
	}
	return ws[0].severity()
}

func (p *planner) ownerOfWant(w want) (Owner, string) {
	if w.root != nil {
		return p.in.owner(w.root.Owner)
	}
	return p.ownerByKey(w.memo.Owner), ""
}

// ownerNow is the owner of a memo's root, which is nil where the result doesn't have it any more.
func (p *planner) ownerNow(m Memo, r *Root) Owner {
	if r == nil {
		return p.ownerByKey(m.Owner)
	}
	o, _ := p.in.owner(r.Owner)
	return o
}

// ownerByKey is the owner that a memo names, which may not be in the manifest any more.
func (p *planner) ownerByKey(key string) Owner {
	if p.in.Manifest != nil {
		ids := p.in.Manifest.OwnerIDs()
		if p.in.Policy != nil {
			ids = slices.Concat(ids, p.in.Policy.OwnerIDs())
		}
		for _, id := range ids {
			if o, _ := p.in.owner(id); o.Key() == key {
				return o
			}
		}
	}
	return Owner{ID: key}
}

// admitOwner opens what one owner's cap and the day's rest allow, and returns how many tickets are new.
func (p *planner) admitOwner(o Owner, ws []want, mine map[string]*Ticket, left int) int {
	digest := mine[p.digestPrint(o)]
	room := p.in.caps().Open - p.staying(o, mine)
	if digest != nil && digest.Open && !p.looked(digest.Memo) {
		room-- // it can't be closed
	}
	room = max(room, 0)
	admitted, created := take(ws, room, left)
	if len(admitted) < len(ws) {
		admitted, created = take(ws, max(room-1, 0), left-digestCost(digest))
	}
	held := ws[len(admitted):]
	if len(admitted) > 0 && len(held) > 0 {
		held = without(ws, admitted)
	}
	for _, w := range admitted {
		p.open(w)
	}
	for _, w := range held {
		p.out.Held = append(p.out.Held, Held{w.root, o, "as many tickets are open, or new today, as the caps allow"})
	}
	if p.digest(o, held, digest, room > 0, left > created) {
		created++
	}
	return created
}

// take picks the worst of ws that fit: room bounds all of them, fresh those that are new.
func take(ws []want, room, fresh int) (admitted []want, created int) {
	for _, w := range ws {
		isNew := w.ticket == nil
		if len(admitted) >= room || isNew && created >= fresh {
			continue
		}
		if isNew {
			created++
		}
		admitted = append(admitted, w)
	}
	return admitted, created
}

func without(ws, taken []want) []want {
	return slices.DeleteFunc(slices.Clone(ws), func(w want) bool {
		return slices.ContainsFunc(taken, func(t want) bool { return t.memo.Root == w.memo.Root })
	})
}

// staying counts an owner's tickets that are open after what has been planned so far, digests not among those of this
// repository.
func (p *planner) staying(o Owner, mine map[string]*Ticket) int {
	n := p.tally.open[o.Key()]
	for _, t := range mine {
		if t.Open && !t.Memo.Digest && t.Memo.Owner == o.Key() && !p.closes(t.Key) {
			n++
		}
	}
	return n
}

func (p *planner) closes(key string) bool {
	return slices.ContainsFunc(p.out.Changes, func(c Change) bool { return c.Key == key && c.Action == Close })
}

// open plans that w's ticket is created or reopened.
func (p *planner) open(w want) {
	m := w.memo
	if w.ticket != nil {
		p.change(w.ticket, w.root, m, present)
		return
	}
	m.State, m.Since = Open, p.in.Now
	m.Sum = m.sum(p.proofs(w.root)...)
	p.out.Changes = append(p.out.Changes, Change{
		Action: Create, Draft: p.draft(m, w.root, m.State, present), Owner: p.ownerNow(m, w.root).ID, Found: w.root.first(),
	})
}
