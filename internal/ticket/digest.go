package ticket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// digestPrint is the fingerprint of an owner's digest.
func (p *planner) digestPrint(o Owner) string {
	return hash("curfew/digest/v1", strings.ToLower(p.in.Repository), o.Key())
}

// digestCost is how many new tickets the digest would be.
func digestCost(have *Ticket) int {
	if have == nil {
		return 1
	}
	return 0
}

// digest plans the ticket that lists what the caps hold back, and reports whether it is new.
func (p *planner) digest(o Owner, held []want, have *Ticket, room, fresh bool) bool {
	m := Memo{Repository: p.in.Repository, Root: p.digestPrint(o), Owner: o.Key(), Digest: true, State: Open, Since: p.in.Now}
	m.What = fmt.Sprintf("%d more causes of findings", len(held))
	for _, w := range held {
		m.Findings = append(m.Findings, w.memo.Root)
		m.Severity = max(m.Severity, w.severity())
		m.Sources, m.History = append(m.Sources, w.memo.Sources...), m.History || w.memo.History
	}
	if have != nil && have.Open && !p.looked(have.Memo) { // what was held back before may be there still
		m.Sources, m.History = append(m.Sources, have.Memo.needs()...), m.History || have.Memo.History
	}
	m.Sources = slices.Compact(slices.Sorted(slices.Values(m.Sources)))
	more := strings.Join(m.Findings, " ")
	m.Findings = m.Findings[:min(len(m.Findings), maxFindings)]
	switch {
	case have != nil:
		m.Turn, m.Since = have.Memo.Turn, have.Memo.Since
		p.updateDigest(have, o, m, held, room, more)
		return false
	case len(held) == 0 || !room || !fresh:
		return false
	}
	m.Sum = m.sum(more)
	p.out.Changes = append(p.out.Changes, Change{Action: Create, Draft: p.digestDraft(m, o, held)})
	return true
}

// updateDigest brings a digest that is there in line: it is closed when nothing is held back any more, and all was
// looked at.
func (p *planner) updateDigest(t *Ticket, o Owner, m Memo, held []want, room bool, more string) {
	over := len(held) == 0
	switch {
	case over && (!t.Open && t.Memo.State.Over() || t.Open && !p.looked(t.Memo)), !over && !t.Open && !room:
		return
	case over:
		m.State, m.What = Closed, t.Memo.What
	case t.Taken:
		m.State = Acknowledged
	default:
		m.State = Open
	}
	if m.State != t.Memo.State {
		m.Turn++
	}
	m.Sum = m.sum(more)
	if m.Sum == t.Memo.Sum && m.State == t.Memo.State && t.Open != over {
		return
	}
	p.out.Changes = append(p.out.Changes, Change{
		Action: action(t.Open, !over), Key: t.Key, From: t.Memo.State, Draft: p.digestDraft(m, o, held),
	})
}

// digestDraft writes the digest.
func (p *planner) digestDraft(m Memo, o Owner, held []want) Draft {
	d := p.frame(m, o)
	d.Title = Inert(fmt.Sprintf("curfew: %s wait for %s", count(len(held), "more cause", "more causes"), name(o)), maxTitle)
	if len(held) == 0 {
		d.Title = Inert("curfew: nothing waits for "+name(o), maxTitle)
		d.Comment = Document{Para(Plain("Nothing is held back any more: each cause has a ticket of its own, or is gone."))}
	}
	body := Document{Para(Plain("So as not to flood you, curfew keeps to "), Plain(strconv.Itoa(p.in.caps().Open)),
		Plain(" open tickets for each owner and "), Plain(strconv.Itoa(p.in.caps().New)), Plain(" new ones a day. These wait for a place, the worst first:"))}
	table := Block{Kind: Table, Head: []string{"Severity", "What", "Findings"}}
	for _, w := range held {
		table.Rows = append(table.Rows, [][]Span{{Plain(w.severity().String())}, {Text(w.memo.What)}, {Code(strings.Join(w.memo.Findings, " "))}})
	}
	d.Body = append(append(body, table), p.foot(m)...)
	return d
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
