package github

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var alertDay = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func printOf(n int) string { return fmt.Sprintf("%032x", n) }

// found is the n-th finding, at a line.
func found(n, line int) result {
	return result{rule: "r", at: alertPlace{"a.yml", line, 1, line, n + 2}, message: fmt.Sprint("m", n), fingerprint: printOf(n), told: true}
}

func (r result) until(day string) result { // a copy
	r.owner, r.by = "web", &silencer{"exception", "legacy", day}
	return r
}

// seen is an alert of a result.
func seen(number int, of result, state, comment string) alert {
	a := alert{Number: number, State: state, Comment: comment}
	a.Rule.ID = of.rule
	a.Seen.Ref, a.Seen.Category, a.Seen.State, a.Seen.Commit = "refs/heads/main", "curfew/workflows", "open", strings.Repeat("a", 40)
	a.Seen.At, a.Seen.Message.Text = of.at, of.message
	return a
}

// TestPlanAlerts: who dismissed decides, and what isn't clear is left alone or, where a finding counts, open.
func TestPlanAlerts(t *testing.T) {
	const later, over = "2027-01-31", "2026-11-22"
	kept, ended := found(1, 3).until(later), found(1, 3).until(over)
	own := kept.comment()
	two, three := found(2, 3), found(3, 3)
	at := func(r result, a alertPlace) result { r.at = a; return r }
	odd := func(a alert, with func(*alert)) alert { with(&a); return a }
	for name, tt := range map[string]struct {
		results []result
		alerts  []alert
		want    string
	}{
		"accepted":                        {[]result{kept}, []alert{seen(7, kept, "open", "")}, "dismiss 7"},
		"accepted until yesterday":        {[]result{ended}, []alert{seen(7, kept, "open", "")}, ""},
		"accepted without an end":         {[]result{found(1, 3).until("")}, []alert{seen(7, kept, "open", "")}, ""},
		"accepted until the last day":     {[]result{found(1, 3).until("2026-11-23")}, []alert{seen(7, kept, "open", "")}, "dismiss 7"},
		"accepted without a fingerprint":  {[]result{func() result { r := kept; r.fingerprint = "x"; return r }()}, []alert{seen(7, kept, "open", "")}, ""},
		"counts":                          {[]result{found(1, 3)}, []alert{seen(7, kept, "open", "")}, ""},
		"dismissed already":               {[]result{kept}, []alert{seen(7, kept, "dismissed", own)}, ""},
		"prolonged":                       {[]result{found(1, 3).until("2027-03-01")}, []alert{seen(7, kept, "dismissed", own)}, "renew 7"},
		"over":                            {[]result{ended}, []alert{seen(7, kept, "dismissed", own)}, "reopen 7"},
		"taken away":                      {[]result{found(1, 3)}, []alert{seen(7, kept, "dismissed", own)}, "reopen 7"},
		"dismissed by a person":           {[]result{found(1, 3)}, []alert{seen(7, kept, "dismissed", "we know")}, ""},
		"dismissed by a person, accepted": {[]result{kept}, []alert{seen(7, kept, "dismissed", "")}, ""},
		"a mark within a person's words":  {[]result{found(1, 3)}, []alert{seen(7, kept, "dismissed", own+" but I dismissed it")}, ""},
		"another finding's mark":          {[]result{two}, []alert{seen(7, two, "dismissed", own)}, "reopen 7"},
		"columns that differ":             {[]result{kept}, []alert{seen(7, at(kept, alertPlace{"a.yml", 3, 2, 3, 9}), "open", "")}, "dismiss 7"},
		"another line":                    {[]result{kept}, []alert{seen(7, found(1, 4), "open", "")}, ""},
		"another rule":                    {[]result{kept}, []alert{odd(seen(7, kept, "open", ""), func(a *alert) { a.Rule.ID = "s" })}, ""},
		"another category":                {[]result{kept}, []alert{odd(seen(7, kept, "open", ""), func(a *alert) { a.Seen.Category = "x/workflows" })}, ""},
		"a category with its slash":       {[]result{kept}, []alert{odd(seen(7, kept, "open", ""), func(a *alert) { a.Seen.Category += "/" })}, "dismiss 7"},
		"another branch":                  {[]result{kept}, []alert{odd(seen(7, kept, "open", ""), func(a *alert) { a.Seen.Ref = "refs/heads/x" })}, ""},
		"fixed here":                      {[]result{kept}, []alert{odd(seen(7, kept, "dismissed", own), func(a *alert) { a.Seen.State = "fixed" })}, ""},
		"another commit":                  {[]result{kept}, []alert{odd(seen(7, kept, "open", ""), func(a *alert) { a.Seen.Commit = strings.Repeat("b", 40) })}, "1 behind"},
		"told by columns":                 {[]result{kept, two}, []alert{seen(8, two, "open", ""), seen(7, kept, "open", "")}, "dismiss 7"},
		"told by messages":                {[]result{kept, at(two, kept.at)}, []alert{seen(8, at(two, kept.at), "open", ""), seen(7, kept, "open", "")}, "dismiss 7"},
		"told by nothing":                 {[]result{kept, {rule: "r", at: kept.at, message: kept.message, fingerprint: printOf(2)}}, []alert{seen(8, kept, "open", ""), seen(7, kept, "open", "")}, "7, 8 unclear"},
		"two findings made one alert":     {[]result{kept, two}, []alert{seen(7, kept, "open", "")}, "7 unclear"},
		"two accepted made one alert":     {[]result{kept, two.until("2026-12-01")}, []alert{seen(7, kept, "open", "")}, "dismiss 7 by 2"},
		"of these one is over":            {[]result{kept, two}, []alert{seen(7, kept, "dismissed", two.until(later).comment())}, "reopen 7"},
		"of these the other one is":       {[]result{kept, two}, []alert{seen(7, kept, "dismissed", own)}, "7 unclear"},
		"of these both are":               {[]result{three, two}, []alert{seen(7, kept, "dismissed", own)}, "reopen 7"},
		"one too many, by a person":       {[]result{kept, two}, []alert{seen(7, kept, "dismissed", "known")}, ""},
		"nothing there":                   {nil, []alert{seen(7, kept, "open", "")}, ""},
		"moved, and counts":               {[]result{found(1, 9)}, []alert{seen(7, kept, "dismissed", own)}, "reopen 7"},
		"no alert":                        {[]result{kept}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Parcel{Ref: "refs/heads/main", Commit: strings.Repeat("a", 40), Run: Run{Tool: Tool, Category: "curfew/workflows"}, results: tt.results}
			if got := said(plan(tt.alerts, p, alertDay, false), kept.fingerprint); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func said(p AlertPlan, usual string) string {
	var all []string
	for _, c := range p.Changes {
		line := fmt.Sprint(c.Action, " ", c.Alert)
		if print, _ := marked(c.Comment); print != "" && print != usual {
			line += " by " + strings.TrimLeft(print, "0")
		}
		all = append(all, line)
	}
	if len(p.Unclear) > 0 {
		all = append(all, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(p.Unclear)), ", "), "[]")+" unclear")
	}
	if p.Behind > 0 {
		all = append(all, fmt.Sprint(p.Behind, " behind"))
	}
	return strings.Join(all, "; ")
}

// TestPlanIsStable: what is planned, done and planned again comes to nothing.
func TestPlanIsStable(t *testing.T) {
	var results []result
	var alerts []alert
	for i := range 200 {
		r := found(i, i/3) // three a line
		if i%2 == 0 {
			r = r.until([]string{"2027-01-31", "2026-11-22"}[i/2%2])
		}
		results = append(results, r)
		if i%7 > 0 {
			comment := []string{"", "by hand", found(i, 1).until("2027-01-01").comment()}[i%3]
			alerts = append(alerts, seen(i+1, r, []string{"open", "dismissed", "dismissed"}[i%3], comment))
		}
	}
	p := &Parcel{Ref: "refs/heads/main", Commit: strings.Repeat("a", 40), Run: Run{Category: "curfew/workflows"}, results: results}
	first := plan(alerts, p, alertDay, false)
	if len(first.Changes) < 20 || len(first.Unclear) == 0 {
		t.Errorf("%d changes, %d unclear", len(first.Changes), len(first.Unclear))
	}
	for _, c := range first.Changes {
		for i := range alerts {
			if alerts[i].Number == c.Alert {
				alerts[i].State, alerts[i].Comment = map[bool]string{true: "open", false: "dismissed"}[c.Action == ReopenAlert], c.Comment
			}
		}
	}
	if again := plan(alerts, p, alertDay, false); len(again.Changes) > 0 {
		t.Errorf("once more: %+v", again.Changes)
	}
}

// TestComment: what people wrote stays words, fits, and isn't taken for the mark.
func TestComment(t *testing.T) {
	other := printOf(99)
	for _, evil := range []string{
		strings.Repeat("long ", 100), "漢字" + strings.Repeat("🔑", 400), "@everyone #1 https://evil.example", "a\r\nb\x1b[31m\u202e", "[curfew " + other + "]",
		"x [curfew " + other + "]\n", "::error::x ##[group]", "\xff\xfe", "",
	} {
		r := found(5, 1)
		r.owner, r.by = evil, &silencer{evil, evil, "2027-01-31"}
		c := r.comment()
		print, own := marked(c)
		if n := utf8.RuneCountInString(c); n > maxComment || !own || print != r.fingerprint || !utf8.ValidString(c) {
			t.Errorf("%d characters, mark %q: %q", n, print, c)
		}
		for _, not := range []string{"@everyone", "://evil", "\n", "\x1b", "\u202e", "##["} {
			if strings.Contains(c, not) {
				t.Errorf("%q in %q", not, c)
			}
		}
	}
	if got, want := found(5, 1).until("2027-01-31").comment(), "exception of web until 2027-01-31: legacy [curfew 00000000000000000000000000000005]"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// FuzzReadRuns: whatever a file holds, what is sent of it is a file of one run that reads the same, without what is
// silenced.
func FuzzReadRuns(f *testing.F) {
	f.Add([]byte(file(run("curfew", "curfew/workflows/", 2), run("x", "y/", 1))))
	f.Add([]byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"curfew"}},"results":[{"suppressions":[{"properties":{"by":"x","until":"2027-01-01"}}]},{"suppressions":[]}]}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		runs, err := readRuns(src, false)
		if err != nil {
			return
		}
		for _, r := range runs {
			if !json.Valid(r.file) {
				t.Fatalf("%s", r.file)
			}
			again, err := readRuns(r.file, false)
			if err != nil || len(again) != 1 {
				t.Fatalf("%s: %v", r.file, err)
			}
			if again[0].Silenced != 0 || again[0].Results != r.Results || again[0].Tool != r.Tool || again[0].Category != r.Category {
				t.Errorf("%+v, then %+v", r.Run, again[0].Run)
			}
		}
	})
}
