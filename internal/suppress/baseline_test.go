package suppress

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

func date(t *testing.T, s string) manifest.Date {
	t.Helper()
	d, err := manifest.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// baseline writes a baseline of fs and reads it back.
func baseline(t *testing.T, fs []finding.Finding) *Baseline {
	t.Helper()
	made, err := NewBaseline(fs, now, date(t, "2027-01-31"), "known")
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseBaseline("base.yml", made.Encode())
	if err != nil {
		t.Fatal(err)
	}
	same := cmp.Options{cmpopts.IgnoreUnexported(Entry{}), cmpopts.IgnoreTypes(source.Region{}), cmpopts.EquateEmpty()}
	if diff := cmp.Diff(made.Entries, read.Entries, same); diff != "" {
		t.Errorf("the baseline is read otherwise than it was made (-made +read):\n%s", diff)
	}
	return read
}

func TestBaseline(t *testing.T) {
	b := baseline(t, found("r 1 k m", "s 7 k \"quoted\": \tand\x7f"))
	got := Apply(found("r 40 k changed words", "s 50 k m", "r 60 new m"), State{Baseline: b}, options(nil))
	expect(t, got,
		"r 40: changed words [baseline 2027-01-31 known]", "s 50: m [baseline 2027-01-31 known]", "r 60: m")
}

func TestBaselineFaults(t *testing.T) {
	src := func(rule, until string) string {
		return "version: 1\nentries:\n  - rule: " + rule + "\n    path: a.yml\n    fingerprint: \"00ff\"\n" +
			"    what: w\n    until: \"" + until + "\"\n    reason: why\n"
	}
	for _, c := range []struct{ name, rule, until, want string }{
		{"unused", "r", "2026-12-31", "exception-fault 5: the baseline's entry of r silences nothing"},
		{"ended", "r", "2026-11-22", "exception-fault 7: the baseline's entry of r ended on 2026-11-22"},
		{"too long", "r", "2027-02-22", "exception-fault 7: the baseline's entry of r lasts until 2027-02-22: at most 90 days ahead are allowed"},
		{"unknown", "q", "2026-12-31", `exception-fault 3: the baseline's entry names "q", and no rule is called that`},
		{"guard", ruleID, "2026-12-31", "exception-fault 3: exception-fault can't be silenced: it watches over what silences the others"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := ParseBaseline("base.yml", []byte(src(c.rule, c.until)))
			if err != nil {
				t.Fatal(err)
			}
			expect(t, Apply(nil, State{Baseline: b}, options(nil)), c.want)
		})
	}
}

// TestTwins holds that of findings with one key, one that goes away or comes doesn't make another new.
func TestTwins(t *testing.T) {
	both := []string{"r 1 k first", "r 2 k second"}
	for _, c := range []struct {
		name      string
		base, now []string
		want      []string
	}{
		{
			"nothing changed", both, both,
			[]string{"r 1: first [baseline 2027-01-31 known]", "r 2: second [baseline 2027-01-31 known]"},
		},
		{
			"the first goes", both, both[1:],
			[]string{"r 2: second [baseline 2027-01-31 known]", "exception-fault 6: the baseline's entry of r silences nothing"},
		},
		{
			"the first comes", both[1:], both,
			[]string{"r 1: first", "r 2: second [baseline 2027-01-31 known]"},
		},
		{
			"the second comes", both[:1], both,
			[]string{"r 1: first [baseline 2027-01-31 known]", "r 2: second"},
		},
		{
			"they change places", both,
			[]string{"r 1 k second", "r 2 k first"},
			[]string{"r 1: second [baseline 2027-01-31 known]", "r 2: first [baseline 2027-01-31 known]"},
		},
		{
			"one of three equals goes",
			[]string{"r 1 k m", "r 2 k m", "r 3 k m"},
			[]string{"r 1 k m", "r 3 k m"},
			[]string{"r 1: m [baseline 2027-01-31 known]", "r 3: m [baseline 2027-01-31 known]", "exception-fault 18: the baseline's entry of r silences nothing"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := baseline(t, found(c.base...))
			got := Apply(found(c.now...), State{Baseline: b}, options(nil))
			expect(t, got, c.want...)
		})
	}
}

func TestBaselineOnPullRequest(t *testing.T) {
	fs := found("r 1 k m")
	with := State{Baseline: baseline(t, fs)}
	expect(t, Apply(fs, with, options(&with)), "r 1: m [baseline 2027-01-31 known]")
	expect(t, Apply(fs, with, options(&State{})), "r 1: m (the baseline's entry counts once it is in the base 6)")
	shorter := *with.Baseline
	shorter.Entries = append([]Entry(nil), shorter.Entries...)
	shorter.Entries[0].Until = date(t, "2026-12-01")
	expect(t, Apply(fs, with, options(&State{Baseline: &shorter})), "r 1: m [baseline 2026-12-01 known]")
}

func TestNewBaselineKeepsWhatItKnows(t *testing.T) {
	fs := found("r 1 old m", "r 2 new m", "r 3 ignored m", "manifest-fault 4 k m")
	fs[0].Suppressed = &finding.Suppression{Kind: "baseline", Until: "2026-12-01", Reason: "first"}
	fs[2].Suppressed = &finding.Suppression{Kind: "ignore", Until: "2026-12-01", Reason: "comment"}
	var got []string
	for _, e := range baseline(t, fs).Entries {
		got = append(got, e.Until.String()+" "+e.Reason)
	}
	if len(got) != 2 || !strings.Contains(strings.Join(got, ","), "2026-12-01 first") ||
		!strings.Contains(strings.Join(got, ","), "2027-01-31 known") {
		t.Errorf("entries: %q", got)
	}
}

func TestNewBaselineRefuses(t *testing.T) {
	if _, err := NewBaseline(nil, now, date(t, "2026-11-22"), "r"); err == nil {
		t.Error("a baseline that has ended already was made")
	}
	if _, err := NewBaseline(nil, now, date(t, "2026-12-31"), " "); err == nil {
		t.Error("a baseline without a reason was made")
	}
}

func TestParseBaselineRefuses(t *testing.T) {
	const good = "version: 1\nentries:\n  - rule: r\n    path: a.yml\n    fingerprint: \"00ff\"\n    what: w\n    until: \"2026-12-31\"\n    reason: why\n"
	if _, err := ParseBaseline("b.yml", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"empty", good, "", "b.yml: expected the keys version, entries"},
		{"list", good, "- 1\n", "b.yml:1:1: expected the keys"},
		{"version", "version: 1", "version: 2", "b.yml:1:10: expected version: 1"},
		{"unknown key", "what: w", "whut: w", `b.yml:6:5: unknown key "whut"`},
		{"missing", "    reason: why\n", "", `missing key "reason"`},
		{"number", "\"00ff\"", "12", "b.yml:5:18: fingerprint: expected a text in quotes"},
		{"unquoted date", "\"2026-12-31\"", "2026-12-31", "b.yml:7:12: until: expected a text in quotes"},
		{"no date", "2026-12-31", "2026-12-32", "b.yml:7:12: until: expected a day"},
		{"blank", "reason: why", "reason: \" \"", "b.yml:8:13: reason: expected a text"},
		{"entries", good[11:], "entries: x\n", "expected a list of entries"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseBaseline("b.yml", []byte(strings.Replace(good, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v: expected %q", err, c.want)
			}
		})
	}
}

func TestEmptyBaseline(t *testing.T) {
	if b := baseline(t, nil); len(b.Entries) != 0 {
		t.Errorf("entries from nowhere: %+v", b.Entries)
	}
}

// FuzzParseBaseline holds that a baseline that is taken means the same when it is written out.
func FuzzParseBaseline(f *testing.F) {
	f.Fuzz(func(t *testing.T, src []byte) {
		read, err := ParseBaseline("b.yml", src)
		if err != nil {
			if read != nil || err.Error() == "" {
				t.Fatalf("a refused baseline is %+v, %q", read, err)
			}
			return
		}
		again, err := ParseBaseline("b.yml", read.Encode())
		if err != nil {
			t.Fatalf("written out it is refused: %v\n%s", err, read.Encode())
		}
		same := cmp.Options{cmpopts.IgnoreUnexported(Entry{}), cmpopts.IgnoreTypes(source.Region{}), cmpopts.EquateEmpty()}
		if diff := cmp.Diff(read, again, same); diff != "" {
			t.Fatalf("written out it means something else (-read +again):\n%s", diff)
		}
	})
}
