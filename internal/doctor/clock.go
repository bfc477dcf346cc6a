package doctor

import (
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// clock is whether this machine's clock is near enough to the platform's.
func (e *exam) clock() Finding {
	if !e.proven {
		return unchecked("needs an ID token, which says when it was issued")
	}
	var dated *time.Duration
	if ahead, ok := e.o.Ahead(); ok {
		dated = &ahead
	}
	return compareClocks(e.first, dated)
}

// compareClocks judges by when a token that was just given says it was issued and, where it is known, by how the
// platform's answers date themselves: ahead is by how much that is later than our clock. A token may have been issued a
// while before it is given; it can't have been issued after it.
func compareClocks(s seen, ahead *time.Duration) Finding {
	off, known := time.Duration(0), true
	switch {
	case s.issued.Sub(s.after) > identity.MaxSkew:
		off = s.issued.Sub(s.after)
	case ahead != nil:
		off = *ahead
	case s.before.Sub(s.issued) > identity.MaxSkew:
		off, known = s.issued.Sub(s.before), s.late != nil
	}
	point := Point{
		What: "now", Received: stamp(s.after), Expected: fmt.Sprintf("%s, give or take %s", stamp(s.after.Add(off)), identity.MaxSkew),
	}
	switch {
	case off.Abs() <= identity.MaxSkew && s.late == nil:
		return ok(fmt.Sprintf("within %s of the platform's", identity.MaxSkew))
	case !known:
		return unchecked("the token was issued at "+stamp(s.issued)+", a while before it was given at "+stamp(s.after)+" by this clock; needs an answer that dates itself",
			"compare `date -u` with another machine's")
	case s.late != nil && off.Abs() <= identity.MaxSkew:
		return wrong("the token doesn't hold at the time that this clock shows: "+s.late.Error(), "let the job ask for a new one")
	}
	way := "behind"
	if off < 0 {
		way = "ahead of"
	}
	return wrong(fmt.Sprintf("this machine's clock is %s %s the platform's", off.Abs().Round(time.Second), way),
		"set the machine's clock, such as by chrony or systemd-timesyncd").with(point)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
