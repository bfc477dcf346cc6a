package ticket

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// mine are this repository's tickets by fingerprint, one each: of duplicates the one that counts, and the others are
// closed.
func (p *planner) mine(have []Ticket) map[string]*Ticket {
	all := map[string][]*Ticket{}
	for i := range have {
		t := have[i]
		if t.Repository != RepositoryLabel(p.in.Repository) {
			continue
		}
		if t.Memo.Root != t.Fingerprint || !strings.EqualFold(t.Memo.Repository, p.in.Repository) {
			t.Memo = lost(&t, p.in.Repository)
		}
		if t.Memo.Since.Before(t.Created) && !t.Created.IsZero() {
			t.Memo.Since = t.Created
		}
		if t.Memo.Since.After(p.in.Now) {
			t.Memo.Since = p.in.Now
		}
		all[t.Fingerprint] = append(all[t.Fingerprint], &t)
	}
	out := map[string]*Ticket{}
	for _, print := range slices.Sorted(maps.Keys(all)) {
		same := all[print]
		slices.SortFunc(same, prefer)
		out[print] = same[0]
		for _, t := range same[1:] {
			if t.Open || !t.Memo.Duplicate {
				p.duplicate(t, same[0])
			}
		}
	}
	return out
}

// prefer orders tickets of one fingerprint: first the one that counts.
func prefer(a, b *Ticket) int {
	rank := func(t *Ticket) int {
		switch {
		case t.Memo.Duplicate:
			return 2
		case t.Open:
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Created.Compare(b.Created), cmp.Compare(len(a.Key), len(b.Key)), cmp.Compare(a.Key, b.Key))
}

// lost is the memo of a ticket whose own can't be read any more: nothing is known, so that everything must be proven.
func lost(t *Ticket, repository string) Memo {
	return Memo{Repository: repository, Root: t.Fingerprint, State: Open, Since: t.Created, Provable: true, Owner: t.Memo.Owner}
}

// duplicate closes t, as another ticket has its fingerprint.
func (p *planner) duplicate(t, other *Ticket) {
	m := t.Memo
	m.State, m.Duplicate = Closed, true
	m.Turn++
	m.Sum = m.sum()
	d := p.draft(m, nil, m.State, gone)
	d.Comment = Document{Para(Plain("This is about the same as "), Text(other.Key), Plain(", which counts."))}
	p.out.Changes = append(p.out.Changes, Change{Action: action(t.Open, false), Key: t.Key, From: t.Memo.State, Draft: d})
}
