package suppress

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// found makes findings from lines of "rule line key message", all of a.yml.
func found(lines ...string) []finding.Finding {
	var out []finding.Finding
	for _, l := range lines {
		var f finding.Finding
		var n int
		parts := strings.SplitN(l, " ", 4)
		f.Rule, f.Key, f.Message = parts[0], parts[2], parts[3]
		if _, err := fmt.Sscan(parts[1], &n); err != nil {
			panic(err)
		}
		pos := source.Pos{Line: n, Col: 1, Offset: n * 100}
		f.Region = source.Region{Path: "a.yml", Span: source.Span{Start: pos, End: pos}}
		out = append(out, f)
	}
	finding.Assign(out)
	return out
}

// said renders findings as "rule line: message [kind until]", with the notes on findings that an ignore
// or entry would silence but doesn't.
func said(fs []finding.Finding) []string {
	var out []string
	for _, f := range fs {
		s := fmt.Sprintf("%s %d: %s", f.Rule, f.Region.Start.Line, f.Message)
		if f.Suppressed != nil {
			s += fmt.Sprintf(" [%s %s %s]", f.Suppressed.Kind, f.Suppressed.Until, f.Suppressed.Reason)
		}
		for _, r := range f.Related {
			s += fmt.Sprintf(" (%s %d)", r.Message, r.Region.Start.Line)
		}
		out = append(out, s)
	}
	return out
}

func options(base *State) Options {
	return Options{Base: base, Rules: []string{"r", "s", ruleID, "manifest-fault"}, Term: manifest.DefaultExceptionTerm.Std(), Now: now}
}

func ignores(src string) State { return State{Ignores: Parse(source.NewText("a.yml", []byte(src)))} }

func expect(t *testing.T, got []finding.Finding, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, said(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	prints := map[string]bool{}
	for _, f := range got {
		if f.Fingerprint == "" || prints[f.Fingerprint] {
			t.Errorf("%s: fingerprint %q is empty or not the only one", f.Rule, f.Fingerprint)
		}
		prints[f.Fingerprint] = true
	}
}

func TestIgnores(t *testing.T) {
	for _, c := range []struct {
		name, src string
		found     []string
		want      []string
	}{
		{
			"same line", "a # curfew: ignore[r] until=2026-12-31 why\n",
			[]string{"r 1 k m"},
			[]string{"r 1: m [ignore 2026-12-31 why]"},
		},
		{
			"line above", "# curfew: ignore[r] until=2026-12-31 why\na\n",
			[]string{"r 2 k m"},
			[]string{"r 2: m [ignore 2026-12-31 why]"},
		},
		{
			"every finding of the rule there", "a # curfew: ignore[r] until=2026-12-31 why\n",
			[]string{"r 1 k m", "r 1 l n"},
			[]string{"r 1: m [ignore 2026-12-31 why]", "r 1: n [ignore 2026-12-31 why]"},
		},
		{
			"last day", "a # curfew: ignore[r] until=2026-11-23 why\n",
			[]string{"r 1 k m"},
			[]string{"r 1: m [ignore 2026-11-23 why]"},
		},
		{
			"last day that may be", "a # curfew: ignore[r] until=2027-02-21 why\n",
			[]string{"r 1 k m"},
			[]string{"r 1: m [ignore 2027-02-21 why]"},
		},
		{
			"another line", "a # curfew: ignore[r] until=2026-12-31 why\n",
			[]string{"r 2 k m"},
			[]string{"exception-fault 1: the ignore of r silences nothing", "r 2: m"},
		},
		{
			"another rule", "a # curfew: ignore[s] until=2026-12-31 why\n",
			[]string{"r 1 k m"},
			[]string{"exception-fault 1: the ignore of s silences nothing", "r 1: m"},
		},
		{
			"one of two rules", "a # curfew: ignore[r, s] until=2026-12-31 why\n",
			[]string{"r 1 k m"},
			[]string{"exception-fault 1: the ignore of s silences nothing", "r 1: m [ignore 2026-12-31 why]"},
		},
		{
			"ended", "a # curfew: ignore[r] until=2026-11-22 why\n",
			[]string{"r 1 k m"},
			[]string{"exception-fault 1: the ignore of r ended on 2026-11-22", "r 1: m"},
		},
		{
			"ended and unused is said once", "a # curfew: ignore[r] until=2026-11-22 why\n", nil,
			[]string{"exception-fault 1: the ignore of r ended on 2026-11-22"},
		},
		{
			"too long", "a # curfew: ignore[r] until=2027-02-22 why\n",
			[]string{"r 1 k m"},
			[]string{"exception-fault 1: the ignore of r lasts until 2027-02-22: at most 90 days ahead are allowed", "r 1: m"},
		},
		{
			"no reason", "a # curfew: ignore[r] until=2026-12-31\n",
			[]string{"r 1 k m"},
			[]string{"exception-fault 1: the ignore gives no reason: expected one after the date", "r 1: m"},
		},
		{
			"unknown rule", "a # curfew: ignore[q] until=2026-12-31 why\n",
			[]string{"r 1 k m"},
			[]string{`exception-fault 1: the ignore names "q", and no rule is called that`, "r 1: m"},
		},
		{
			"guard", "a # curfew: ignore[exception-fault, manifest-fault] until=2026-12-31 why\n",
			[]string{"manifest-fault 1 k m"},
			[]string{
				"exception-fault 1: exception-fault can't be silenced: it watches over what silences the others",
				"exception-fault 1: manifest-fault can't be silenced: it watches over what silences the others",
				"manifest-fault 1: m",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Apply(found(c.found...), ignores(c.src), options(nil))
			// Findings at one line are told apart by offset, which this table doesn't care about.
			byText(got)
			expect(t, got, c.want...)
		})
	}
}

func byText(fs []finding.Finding) {
	lines := said(fs)
	for i := range fs {
		for j := i + 1; j < len(fs); j++ {
			if lines[j] < lines[i] {
				lines[i], lines[j], fs[i], fs[j] = lines[j], lines[i], fs[j], fs[i]
			}
		}
	}
}

func TestUnjudgedRuleHasNoDeadIgnore(t *testing.T) {
	opt := options(nil)
	opt.Judged = func(rule string) bool { return rule != "r" }
	expect(t, Apply(nil, ignores("a # curfew: ignore[r] until=2026-12-31 why\n"), opt))
}

func TestExceptionStays(t *testing.T) {
	fs := found("r 1 k m")
	fs[0].Suppressed = &finding.Suppression{Kind: "exception", Until: "2026-12-01", Reason: "legacy"}
	got := Apply(fs, State{Baseline: baseline(t, fs)}, options(nil))
	expect(t, got, "r 1: m [exception 2026-12-01 legacy]")
}

func TestApplyLeavesItsInputAlone(t *testing.T) {
	fs := found("r 1 k m")
	Apply(fs, ignores("a # curfew: ignore[r] until=2026-12-31 why\n"), options(nil))
	if fs[0].Suppressed != nil {
		t.Error("the caller's findings were changed")
	}
}

// TestPullRequest holds that a change can't silence its own findings.
func TestPullRequest(t *testing.T) {
	const ignore = "jobs:\n  x: 1 # curfew: ignore[r] until=2026-12-31 why\n"
	for _, c := range []struct{ name, head, base, want string }{
		{"in the base", ignore, ignore, "r 2: m [ignore 2026-12-31 why]"},
		{"not in the base", ignore, "jobs:\n  x: 1\n", "r 2: m (the ignore counts once it is in the base 2)"},
		{"other line text", ignore, strings.Replace(ignore, "x: 1", "x: 2", 1), "r 2: m (the ignore counts once it is in the base 2)"},
		{"other parent", ignore, strings.Replace(ignore, "jobs", "env", 1), "r 2: m (the ignore counts once it is in the base 2)"},
		{"other rule", ignore, strings.Replace(ignore, "[r]", "[s]", 1), "r 2: m (the ignore counts once it is in the base 2)"},
		{"moved", ignore, "name: y\n\n" + ignore, "r 2: m [ignore 2026-12-31 why]"},
		{"longer than the base", ignore, strings.Replace(ignore, "12-31", "12-01", 1), "r 2: m [ignore 2026-12-01 why]"},
		{"shorter than the base", strings.Replace(ignore, "12-31", "12-01", 1), ignore, "r 2: m [ignore 2026-12-01 why]"},
		{"ended in the base", ignore, strings.Replace(ignore, "12-31", "11-01", 1), "r 2: m (the ignore ended on 2026-11-01 in the base 2)"},
		{"reason of the base", strings.Replace(ignore, "why", "because", 1), ignore, "r 2: m [ignore 2026-12-31 why]"},
		{"faulty in the base", ignore, strings.Replace(ignore, "why", "", 1), "r 2: m (the ignore counts once it is in the base 2)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := ignores(c.base)
			expect(t, Apply(found("r 2 k m"), ignores(c.head), options(&base)), c.want)
		})
	}
}

func TestOneIgnoreOfTheBaseCountsOnce(t *testing.T) {
	const one = "x: 1 # curfew: ignore[r] until=2026-12-31 why\n"
	base := ignores(one)
	expect(t, Apply(found("r 1 k m", "r 2 k m"), ignores(one+one), options(&base)),
		"r 1: m [ignore 2026-12-31 why]", "r 2: m (the ignore counts once it is in the base 2)")
}

// TestBaseNeverSilenced: an ignore that was at fault in the base silenced nothing there, so a change that
// mends it brings it.
func TestBaseNeverSilenced(t *testing.T) {
	for _, was := range []string{
		"x: 1 # curfew: ignore[r] until=2099-12-31 why\n",
		"x: 1 # curfew: ignore[r] until=2026-12-01\n",
		"x: 1 # curfew: ignore[r] until=soon why\n",
	} {
		base, here := ignores(was), ignores("x: 1 # curfew: ignore[r] until=2026-12-01 why\n")
		got := Apply(found("r 1 k bad"), here, options(&base))
		expect(t, got, "r 1: bad (the ignore counts once it is in the base 1)")
	}
}
