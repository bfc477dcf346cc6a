package manifest

import (
	"slices"
	"strings"
)

// maxWays bounds how many ways to prove a task are compared. A trigger that has more can't be judged.
const maxWays = 256

// whenRule compares the tasks that trigger a lease by the ways in which they can be proven.
func whenRule(a at) {
	before, after := a.before.Interface().(*When), a.after.Interface().(*When)
	words := subjectOf(a.ptr) + " is now " + after.String() + ", was " + before.String() + ": "
	was, okOld := before.ways()
	is, okNew := after.ways()
	switch {
	case after == nil || after.Always:
		a.say(Widens, words+"no task is needed any more")
	case !okOld || !okNew:
		a.say(Widens, words+"too many ways to compare, review what it means")
	case !impliedBy(was, is) && !impliedBy(is, was):
		a.say(Widens, words+"another task triggers it")
	case !impliedBy(was, is):
		a.say(Widens, words+"less is needed for a lease")
	case !impliedBy(is, was):
		a.say(Narrows, words+"more is needed for a lease")
	default:
		a.say(Neutral, words+"the same is needed for a lease")
	}
}

// way is one way to prove a task: all of its triggers hold.
type way []*Trigger

// ways lists every way in which w can be proven; false where there are too many.
func (w *When) ways() ([]way, bool) {
	switch {
	case w == nil:
		return nil, true
	case len(w.Any) > 0:
		var out []way
		for i := range w.Any {
			some, ok := w.Any[i].ways()
			if out = append(out, some...); !ok || len(out) > maxWays {
				return nil, false
			}
		}
		return out, true
	case len(w.All) > 0:
		out := []way{nil}
		for i := range w.All {
			some, ok := w.All[i].ways()
			if !ok || len(out)*len(some) > maxWays {
				return nil, false
			}
			var next []way
			for _, left := range out {
				for _, right := range some {
					next = append(next, append(slices.Clone(left), right...))
				}
			}
			out = next
		}
		return out, true
	}
	return []way{{&w.Trigger}}, true
}

// impliedBy reports whether whoever can prove one of b can prove one of a too.
func impliedBy(a, b []way) bool {
	for _, strong := range b {
		if !slices.ContainsFunc(a, func(weak way) bool { return strong.proves(weak) }) {
			return false
		}
	}
	return true
}

// proves reports whether each trigger of weak is implied by one of w.
func (w way) proves(weak way) bool {
	for _, t := range weak {
		if !slices.ContainsFunc(w, func(s *Trigger) bool { return s.implies(t) }) {
			return false
		}
	}
	return true
}

// implies reports whether whatever proves t proves o.
func (t *Trigger) implies(o *Trigger) bool {
	switch {
	case o.Always:
		return true
	case t.Ticket != nil && o.Ticket != nil:
		return t.Ticket.implies(o.Ticket)
	case t.EnvironmentApproval != nil && o.EnvironmentApproval != nil:
		return t.EnvironmentApproval.Min >= o.EnvironmentApproval.Min
	case t.SignedTag != nil && o.SignedTag != nil:
		return subset(t.SignedTag.Keys, o.SignedTag.Keys)
	case t.Schedule != nil && o.Schedule != nil:
		return slices.Equal(strings.Fields(t.Schedule.Cron), strings.Fields(o.Schedule.Cron)) && t.Schedule.Window <= o.Schedule.Window
	case t.Policy != nil && o.Policy != nil:
		return t.Policy.Rule == o.Policy.Rule
	}
	return false
}

func (t *TicketTrigger) implies(o *TicketTrigger) bool {
	return t.System == o.System && t.Project == o.Project && t.References == o.References &&
		subset(t.Status, o.Status) && (t.Use == o.Use || o.Use == UseReusable)
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// asksForApproval reports whether w has an environment's approval anywhere.
func (w *When) asksForApproval() bool {
	here := func(x When) bool { return x.asksForApproval() }
	return w != nil && (w.EnvironmentApproval != nil || slices.ContainsFunc(w.Any, here) || slices.ContainsFunc(w.All, here))
}

// String says what a task asks for.
func (w *When) String() string {
	if w == nil {
		return "nothing"
	}
	parts := func(ws []When, word string) string {
		out := make([]string, len(ws))
		for i := range ws {
			out[i] = ws[i].String()
			if len(ws[i].Any)+len(ws[i].All) > 0 {
				out[i] = "(" + out[i] + ")"
			}
		}
		return strings.Join(out, " "+word+" ")
	}
	switch {
	case len(w.Any) > 0:
		return parts(w.Any, "or")
	case len(w.All) > 0:
		return parts(w.All, "and")
	}
	return w.Trigger.String()
}
