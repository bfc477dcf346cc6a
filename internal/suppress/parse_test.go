package suppress

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/source"
)

// written is what a test says about an ignore, in short.
type written struct {
	At     string // line:col-line:col
	Rules  string
	Until  string
	Reason string
	Line   int
	Faults []string // line:col message
}

func short(igs []Ignore) []written {
	var out []written
	for _, ig := range igs {
		w := written{
			At:    ig.Region.Start.String() + "-" + ig.Region.End.String(),
			Until: ig.Until.String(), Reason: ig.Reason, Line: ig.Line,
		}
		var ids []string
		for _, r := range ig.Rules {
			ids = append(ids, r.ID+"@"+r.Region.Start.String())
		}
		w.Rules = strings.Join(ids, " ")
		for _, f := range ig.Faults {
			w.Faults = append(w.Faults, f.Region.Start.String()+" "+f.Message)
		}
		out = append(out, w)
	}
	return out
}

func TestParse(t *testing.T) {
	const good = "curfew: ignore[a-rule] until=2026-12-31 the reason"
	for _, c := range []struct {
		name, path, src string
		want            []written
	}{
		{"own line", "x.yml", "a: 1 # " + good + " \n", []written{
			{"1:6-1:58", "a-rule@1:23", "2026-12-31", "the reason", 1, nil},
		}},
		{"next line", "x.yml", "# " + good + "\na: 1\n", []written{
			{"1:1-1:53", "a-rule@1:18", "2026-12-31", "the reason", 2, nil},
		}},
		{"over comments", "x.yml", "  # " + good + "\n  # another\n  a: 1\n", []written{
			{"1:3-1:55", "a-rule@1:20", "2026-12-31", "the reason", 3, nil},
		}},
		{"not over blank lines", "x.yml", "# " + good + "\n\na: 1\n", []written{
			{"1:1-1:53", "a-rule@1:18", "2026-12-31", "the reason", 2, nil},
		}},
		{"at the end", "x.yml", "# " + good, []written{
			{"1:1-1:53", "a-rule@1:18", "2026-12-31", "the reason", 0, nil},
		}},
		{"several rules", "x.yml", "# curfew: ignore[a, b-c ,d] until=2026-12-31 r\nx", []written{
			{"1:1-1:47", "a@1:18 b-c@1:21 d@1:26", "2026-12-31", "r", 2, nil},
		}},
		{"carriage return", "x.yml", "# curfew: ignore[a] until=2026-12-31 r\r\nx\r\n", []written{
			{"1:1-1:39", "a@1:18", "2026-12-31", "r", 2, nil},
		}},
		{"columns are code points", "x.yml", "é: ü # curfew: ignore[a] until=2026-12-31 ö", []written{
			{"1:6-1:44", "a@1:23", "2026-12-31", "ö", 1, nil},
		}},
		{"slashes", "x.go", "f() // " + good + "\n", []written{
			{"1:5-1:58", "a-rule@1:23", "2026-12-31", "the reason", 1, nil},
		}},
		{"dashes", "x.sql", "-- " + good + "\nselect", []written{
			{"1:1-1:54", "a-rule@1:19", "2026-12-31", "the reason", 2, nil},
		}},
		{"semicolon", "x.ini", "; " + good + "\na=1", []written{
			{"1:1-1:53", "a-rule@1:18", "2026-12-31", "the reason", 2, nil},
		}},
		{"markup", "x.md", "x <!-- " + good + " --> y\n", []written{
			{"1:3-1:58", "a-rule@1:23", "2026-12-31", "the reason", 1, nil},
		}},
		{"unknown name takes every comment", "LICENSE", "a # " + good + "\nb -- " + good + "\n", []written{
			{"1:3-1:55", "a-rule@1:20", "2026-12-31", "the reason", 1, nil},
			{"2:3-2:56", "a-rule@2:21", "2026-12-31", "the reason", 2, nil},
		}},

		{"no comment of this language", "x.go", "a # " + good, nil},
		{"no mark", "x.yml", "a " + good, nil},
		{"mark inside a word", "x.yml", "a# " + good, nil},
		{"another word", "x.yml", "# curfew: ignored files\n# curfew: see the docs\n", nil},

		{"no brackets", "x.yml", "a # curfew: ignore until=2026-12-31 r", []written{
			{"1:3-1:38", "", "", "", 1, []string{"1:3 the ignore names no rule: expected ignore[rule-id]"}},
		}},
		{"open brackets", "x.yml", "a # curfew: ignore[b until=2026-12-31 r", []written{
			{"1:3-1:40", "", "", "", 1, []string{"1:3 the ignore names no rule: expected ignore[rule-id]"}},
		}},
		{"empty place", "x.yml", "a # curfew: ignore[b,] until=2026-12-31 r", []written{
			{"1:3-1:42", "b@1:20", "2026-12-31", "r", 1, []string{"1:22 the ignore has an empty place in its brackets: expected a rule's id"}},
		}},
		{"rule twice", "x.yml", "a # curfew: ignore[b,b] until=2026-12-31 r", []written{
			{"1:3-1:43", "b@1:20", "2026-12-31", "r", 1, []string{`1:22 the ignore names "b" twice`}},
		}},
		{"no end", "x.yml", "a # curfew: ignore[b] because", []written{
			{"1:3-1:30", "b@1:20", "", "because", 1, []string{"1:3 the ignore has no end: expected until=YYYY-MM-DD after the brackets"}},
		}},
		{"end is glued", "x.yml", "a # curfew: ignore[b]until=2026-12-31 r", []written{
			{"1:3-1:40", "b@1:20", "", "until=2026-12-31 r", 1, []string{"1:3 the ignore has no end: expected until=YYYY-MM-DD after the brackets"}},
		}},
		{"no date", "x.yml", "a # curfew: ignore[b] until=2026-02-30 r", []written{
			{"1:3-1:41", "b@1:20", "", "r", 1, []string{"1:29 the ignore's end is not a date: expected until=YYYY-MM-DD"}},
		}},
		{"no reason", "x.yml", "a # curfew: ignore[b] until=2026-12-31 ", []written{
			{"1:3-1:39", "b@1:20", "2026-12-31", "", 1, []string{"1:3 the ignore gives no reason: expected one after the date"}},
		}},
		{"nothing", "x.yml", "a # curfew: ignore[b]", []written{
			{"1:3-1:22", "b@1:20", "", "", 1, []string{
				"1:3 the ignore has no end: expected until=YYYY-MM-DD after the brackets",
				"1:3 the ignore gives no reason: expected one after the date",
			}},
		}},
		{"open markup", "x.md", "<!-- " + good, []written{
			{"1:1-1:56", "a-rule@1:21", "2026-12-31", "the reason", 0, []string{
				"1:1 the comment isn't closed on its line: expected -->",
			}},
		}},
		{"two in one", "x.yml", "a # curfew: ignore[b] until=2026-12-31 r # curfew: ignore[c] until=2026-12-31 s", []written{
			{"1:3-1:80", "b@1:20", "2026-12-31", "r # curfew: ignore[c] until=2026-12-31 s", 1, []string{
				"1:40 a second ignore stands in the first one's reason: expected one ignore a line",
			}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := short(Parse(source.NewText(c.path, []byte(c.src))))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestPlaces holds that the same line under other keys is another place.
func TestPlaces(t *testing.T) {
	const ignore = "    # curfew: ignore[a] until=2026-12-31 r\n    t: 1\n"
	place := func(src string) string { return Parse(source.NewText("x.yml", []byte(src)))[0].place }
	job := place("jobs:\n  x:\n    other: 2\n" + ignore)
	if moved := place("\n\njobs:\n  y:\n    other: 3\n  x:\n" + ignore); job != moved {
		t.Errorf("the same place under moved lines: %q and %q", job, moved)
	}
	if other := place("jobs:\n  y:\n" + ignore); job == other {
		t.Errorf("two places are the same: %q", job)
	}
	if trailing := place("jobs:\n  x:\n    t: 1 # curfew: ignore[a] until=2026-12-31 r\n"); job != trailing {
		t.Errorf("above and behind the line are two places: %q and %q", job, trailing)
	}
}

func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, path, src string) {
		text := source.NewText(path, []byte(src))
		for _, ig := range Parse(text) {
			checkIgnore(t, text, ig)
		}
	})
}

// checkIgnore holds what is true of every ignore: its places lie in the text, and one without faults
// means the same when it is written out plainly.
func checkIgnore(t *testing.T, text *source.Text, ig Ignore) {
	inside := func(r source.Region) bool {
		return ig.Region.Start.Offset <= r.Start.Offset && r.Start.Offset <= r.End.Offset && r.End.Offset <= ig.Region.End.Offset
	}
	if !inside(ig.Region) || ig.Region.Start.Line != ig.Region.End.Line || ig.Line > text.Lines() {
		t.Fatalf("impossible place: %+v", ig)
	}
	for _, r := range ig.Rules {
		if got := string(text.Src[r.Region.Start.Offset:r.Region.End.Offset]); got != r.ID || !inside(r.Region) {
			t.Fatalf("rule %q stands at %q", r.ID, got)
		}
	}
	for _, f := range ig.Faults {
		if !inside(f.Region) {
			t.Fatalf("a fault lies outside of its ignore: %+v", f)
		}
	}
	if len(ig.Faults) > 0 {
		return
	}
	var ids []string
	for _, r := range ig.Rules {
		ids = append(ids, r.ID)
	}
	plain := "# curfew: ignore[" + strings.Join(ids, ", ") + "] until=" + ig.Until.String() + " " + ig.Reason
	again := Parse(source.NewText("x.yml", []byte(plain)))
	if len(again) != 1 || again[0].Until != ig.Until || again[0].Reason != ig.Reason ||
		!slices.EqualFunc(again[0].Rules, ids, func(r RuleName, id string) bool { return r.ID == id }) {
		t.Fatalf("%q is read as %+v, not as %+v", plain, again, ig)
	}
}
