package github

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// AlertAction is what a change does to an alert.
type AlertAction string

// The actions.
const (
	DismissAlert AlertAction = "dismiss" // what silences its finding holds
	RenewAlert   AlertAction = "renew"   // it is dismissed, and what its comment says isn't so any more
	ReopenAlert  AlertAction = "reopen"  // it was dismissed by curfew, and nothing silences its finding any more
)

// AlertChange brings one alert in line.
type AlertChange struct {
	Alert   int
	Action  AlertAction
	Rule    string
	Path    string
	Line    int
	Comment string // of the dismissal
}

// AlertPlan is what it takes to bring alerts in line with what was uploaded.
type AlertPlan struct {
	Changes []AlertChange
	// Unclear are alerts that can't be told from others at the same place: they are left alone.
	Unclear []int
	// Behind counts alerts that are of another commit than the upload: that of a later one, or not worked through yet.
	Behind int
}

// alert is one of code scanning, as lists have it.
type alert struct {
	Number  int    `json:"number"`
	State   string `json:"state"`             // open, dismissed or fixed
	Comment string `json:"dismissed_comment"` // null where there is none
	Rule    struct {
		ID string `json:"id"`
	} `json:"rule"`
	Seen struct {
		Ref      string `json:"ref"`
		Category string `json:"category"`
		State    string `json:"state"`
		Commit   string `json:"commit_sha"`
		Message  struct {
			Text string `json:"text"`
		} `json:"message"`
		At alertPlace `json:"location"`
	} `json:"most_recent_instance"`
}

// accepted reports whether what silences r holds on: it says until when, and that isn't over. A finding without a
// fingerprint isn't known again.
func (r result) accepted(now time.Time) bool {
	if r.by == nil || !validPrint.MatchString(r.fingerprint) {
		return false
	}
	until, err := manifest.ParseDate(r.by.until)
	return err == nil && !until.Over(now)
}

// spot is what an alert and its result have in common whatever code scanning makes of columns and texts.
type spot struct {
	rule, path string
	line       int
}

// pairing is one call of plan.
type pairing struct {
	now     time.Time
	results []result // of the run
	out     AlertPlan
}

// plan says what to change about alerts so that they fit p, which was uploaded. rehearsed also looks at alerts of other
// commits, as p wasn't. Code scanning doesn't say which fingerprint an alert was made by: it is told by rule and place,
// and where several share these, by columns and message; by these only if there are as many alerts as results.
func plan(alerts []alert, p *Parcel, now time.Time, rehearsed bool) AlertPlan {
	g := pairing{now: now, results: p.results}
	found := map[spot][]*result{}
	for i := range p.results {
		r := &p.results[i]
		at := spot{r.rule, r.at.Path, r.at.StartLine}
		found[at] = append(found[at], r)
	}
	here := map[spot][]*alert{}
	var order []spot
	for i := range alerts {
		a := &alerts[i]
		switch {
		case a.Seen.Ref != p.Ref, strings.TrimSuffix(a.Seen.Category, "/") != p.Run.Category, a.State == "fixed", a.Seen.State == "fixed":
			continue
		case a.Seen.Commit != p.Commit && !rehearsed:
			g.out.Behind++
			continue
		}
		at := spot{a.Rule.ID, a.Seen.At.Path, a.Seen.At.StartLine}
		if here[at] == nil {
			order = append(order, at)
		}
		here[at] = append(here[at], a)
	}
	for _, at := range order {
		g.pair(found[at], here[at], 0)
	}
	slices.SortStableFunc(g.out.Changes, func(a, b AlertChange) int { return cmp.Compare(a.Alert, b.Alert) })
	slices.Sort(g.out.Unclear)
	return g.out
}

// finer are what tells results and alerts of one spot apart, one after the other.
func finer(at alertPlace, message string) []string { return []string{fmt.Sprint(at), message} }

// pair finds which alert is of which result.
func (g *pairing) pair(rs []*result, as []*alert, depth int) {
	switch {
	case len(rs) == 1 && len(as) == 1:
		g.judge(rs[0], as[0])
		return
	case len(rs) != len(as) || depth == len(finer(alertPlace{}, "")):
		g.unpaired(rs, as)
		return
	}
	found, here := map[string][]*result{}, map[string][]*alert{}
	for _, r := range rs {
		key := finer(r.at, r.message)[depth]
		found[key] = append(found[key], r)
	}
	var order []string
	for _, a := range as {
		key := finer(a.Seen.At, a.Seen.Message.Text)[depth]
		if here[key] == nil {
			order = append(order, key)
		}
		here[key] = append(here[key], a)
	}
	fits := len(found) == len(here)
	for key := range found {
		fits = fits && len(found[key]) == len(here[key])
	}
	if !fits { // this doesn't tell them apart; the next may
		g.pair(rs, as, depth+1)
		return
	}
	for _, key := range order {
		g.pair(found[key], here[key], depth+1)
	}
}

// judge plans the change of an alert whose result is known. What a person has dismissed stays as it is.
func (g *pairing) judge(r *result, a *alert) {
	_, own := marked(a.Comment)
	switch accepted := r.accepted(g.now); {
	case a.State == "open" && accepted:
		g.change(a, DismissAlert, r.comment())
	case a.State == "dismissed" && own && !accepted:
		g.change(a, ReopenAlert, "")
	case a.State == "dismissed" && own && strings.TrimSpace(a.Comment) != r.comment():
		g.change(a, RenewAlert, r.comment())
	}
}

// unpaired plans the changes of alerts of which it isn't known which result they are of. Where all results are accepted,
// or none is, that doesn't matter; and one that was dismissed for a finding which counts now is reopened.
func (g *pairing) unpaired(rs []*result, as []*alert) {
	accepted := slices.DeleteFunc(slices.Clone(rs), func(r *result) bool { return !r.accepted(g.now) })
	slices.SortStableFunc(accepted, func(a, b *result) int { return cmp.Compare(a.by.until, b.by.until) })
	for _, a := range as {
		print, own := marked(a.Comment)
		switch {
		case len(rs) == 0 && !own: // code scanning has it, for whatever reason
		case len(accepted) == len(rs) && len(rs) > 0:
			g.judge(accepted[0], a)
		case a.State == "dismissed" && own && (len(accepted) == 0 && len(rs) > 0 || g.counts(print)):
			g.change(a, ReopenAlert, "")
		case a.State == "open" && len(accepted) == 0, a.State == "dismissed" && !own:
		default:
			g.out.Unclear = append(g.out.Unclear, a.Number)
		}
	}
}

// counts reports whether a fingerprint is of findings that nothing accepts.
func (g *pairing) counts(print string) bool {
	is := func(accepted bool) bool {
		return slices.ContainsFunc(g.results, func(r result) bool { return r.fingerprint == print && r.accepted(g.now) == accepted })
	}
	return is(false) && !is(true)
}

func (g *pairing) change(a *alert, action AlertAction, comment string) {
	g.out.Changes = append(g.out.Changes, AlertChange{
		Alert: a.Number, Action: action, Rule: a.Rule.ID, Path: a.Seen.At.Path, Line: a.Seen.At.StartLine, Comment: comment,
	})
}
