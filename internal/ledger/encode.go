package ledger

import (
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// Encode is the record's canonical encoding, without a line break. Times are written in UTC and cut to
// whole seconds, except a credential's not_after, which is rounded up: a credential must not look dead
// while it lives. It fails for what Check refuses and for more than MaxRecord bytes.
func (r Record) Encode() ([]byte, error) {
	r = r.normal()
	if err := r.Check(); err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	line, err := jsontree.Line(r)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	if len(line) > MaxRecord {
		return nil, fmt.Errorf("encode record: %d bytes, at most %d are allowed: shorten the reasons", len(line), MaxRecord)
	}
	return line, nil
}

// normal is a copy in which nothing is left that has two encodings.
func (r Record) normal() Record {
	r.Time, r.Task.Trigger.Observed = second(r.Time), second(r.Task.Trigger.Observed)
	r.Links.CausedBy, r.Links.Tickets = orNil(r.Links.CausedBy), orNil(r.Links.Tickets)
	if r.Credential != nil {
		c := *r.Credential
		c.Issued, c.NotAfter = second(c.Issued), roundUp(c.NotAfter)
		r.Credential = &c
	}
	if r.Decision != nil {
		d := *r.Decision
		d.Controls = orNil(d.Controls)
		d.Reasons = append([]string{}, d.Reasons...)
		r.Decision = &d
	}
	if r.Inventory != nil {
		i := *r.Inventory
		i.Taken = second(i.Taken)
		r.Inventory = &i
	}
	if r.Certification != nil {
		c := *r.Certification
		c.By, c.Merged = orNil(c.By), second(c.Merged)
		r.Certification = &c
	}
	if r.BreakGlass != nil {
		g := *r.BreakGlass
		g.Used, g.Due, g.Reviewed = second(g.Used), second(g.Due), second(g.Reviewed)
		r.BreakGlass = &g
	}
	return r
}

func second(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// roundUp is the next whole second, or t where it is one.
func roundUp(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return second(t.Add(time.Second - 1))
}

func orNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}
