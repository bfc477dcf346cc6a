package issuance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Schedule proves that a run was started by a schedule, and by which tick. The token says that it was by one,
// but neither by which nor when: that is proven only where the workflow has one schedule, and for a run's first
// attempt, since the next may be made by anybody at any time.
type Schedule struct {
	// Crons are all schedules of the run's workflow, read at the commit that the token names.
	Crons []string
	// Started is when the run was created, as the platform's API says.
	Started time.Time
}

// Prove gives the newest tick before the run was started.
func (s Schedule) Prove(_ context.Context, c Case) ([]manifest.Proof, error) {
	event, _ := c.Who.Get(identity.Event)
	attempt, _ := c.Who.Get(identity.Attempt)
	switch {
	case c.Trigger.Schedule == nil || event != "schedule":
		return nil, nil
	case attempt != "1":
		return nil, errors.New("when another than the first attempt was started isn't known: wait for the schedule")
	case s.Started.IsZero() || s.Started.After(c.Now):
		return nil, errors.New("when the run was started isn't known")
	case len(s.Crons) != 1:
		return nil, fmt.Errorf("the workflow has %d schedules, and by which of them it was started isn't known: give it one", len(s.Crons))
	}
	due, err := lastTick(s.Crons[0], s.Started, c.Trigger.Schedule.Window.Std())
	if err != nil {
		return nil, err
	}
	return []manifest.Proof{{Schedule: &manifest.ScheduleProof{Cron: s.Crons[0], Due: manifest.Instant{Time: due}}}}, nil
}

// longestBack is how far before a run's start its tick is looked for.
const longestBack = 7 * 24 * time.Hour

// lastTick is the newest tick of a cron at or before a time, no further back than a window, in UTC as GitHub
// has it.
func lastTick(cron string, at time.Time, back time.Duration) (time.Time, error) {
	fields := strings.Fields(cron)
	if len(fields) != 5 {
		return time.Time{}, errors.New("the schedule isn't one of five fields")
	}
	tick := at.UTC().Truncate(time.Minute)
	for oldest := tick.Add(-min(back, longestBack)); !tick.Before(oldest); tick = tick.Add(-time.Minute) {
		if onTick(fields, tick) {
			return tick, nil
		}
	}
	return time.Time{}, errors.New("the schedule has no tick in the window before the run was started")
}

// onTick reports whether a minute is one of a schedule's. Of day and weekday one is enough where both are
// restricted: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/crontab.html.
func onTick(fields []string, t time.Time) bool {
	months := strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
	days := strings.Fields("SUN MON TUE WED THU FRI SAT")
	if !inField(fields[0], t.Minute(), 0, 59, nil) || !inField(fields[1], t.Hour(), 0, 23, nil) || !inField(fields[3], int(t.Month()), 1, 12, months) {
		return false
	}
	day, weekday := inField(fields[2], t.Day(), 1, 31, nil), inField(fields[4], int(t.Weekday()), 0, 6, days)
	if strings.HasPrefix(fields[2], "*") || strings.HasPrefix(fields[4], "*") {
		return day && weekday
	}
	return day || weekday
}

// inField reports whether a value is in a list of values, ranges and "*", each with an optional step.
func inField(field string, v, low, high int, names []string) bool {
	number := func(s string) int {
		if i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, s) }); i >= 0 {
			return low + i
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			return -1
		}
		return n
	}
	for part := range strings.SplitSeq(field, ",") {
		span, step, stepped := strings.Cut(part, "/")
		first, last := low, high
		if span != "*" {
			from, to, ranged := strings.Cut(span, "-")
			first = number(from)
			switch {
			case ranged:
				last = number(to)
			case !stepped:
				last = first
			}
		}
		every := 1
		if stepped {
			every = number(step)
		}
		if first >= low && every > 0 && v >= first && v <= last && (v-first)%every == 0 {
			return true
		}
	}
	return false
}
