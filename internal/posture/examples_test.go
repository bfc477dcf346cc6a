package posture

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/rules"
)

// TestExamples holds each rule to its own page: the findings of a bad example start exactly on the
// lines that say "# want", and a good one has none.
func TestExamples(t *testing.T) {
	all, err := rules.All()
	if err != nil {
		t.Fatal(err)
	}
	know := newKnowledge(t)
	for _, r := range all {
		for kind, examples := range map[string][]rules.Example{"bad": r.Bad, "good": r.Good} {
			for _, e := range examples {
				t.Run(fmt.Sprintf("%s/%s:%d", r.ID, kind, e.Line), func(t *testing.T) {
					know.checkExample(t, r, e, kind == "bad")
				})
			}
		}
	}
}

// checkExample runs the whole pipeline on e and compares where r reports with where it should.
func (k *knowledge) checkExample(t *testing.T, r *rules.Rule, e rules.Example, bad bool) {
	src, wants := e.Wants()
	if bad != (len(wants) > 0) {
		t.Fatalf("a bad example needs a \"# want\", a good one must have none: found %d", len(wants))
	}
	files := archive(fill(src))
	var got []string
	var messages []string
	for _, f := range k.runAll(t, files) {
		if f.Rule != r.ID || f.Suppressed != nil {
			continue
		}
		checkShape(t, &f)
		line := files.line(f.Region)
		got = append(got, fmt.Sprintf("line %d", line))
		messages = append(messages, fmt.Sprintf("line %d: %s", line, f.Message))
	}
	var want []string
	for _, w := range wants {
		want = append(want, fmt.Sprintf("line %d", w.Line))
		if !slices.ContainsFunc(messages, func(m string) bool {
			return strings.HasPrefix(m, fmt.Sprintf("line %d: ", w.Line)) && strings.Contains(m, w.Message)
		}) {
			t.Errorf("line %d: no message contains %q:\n%s", w.Line, w.Message, strings.Join(messages, "\n"))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Errorf("lines of the block that are reported (-want +got):\n%s\nmessages:\n%s", diff, strings.Join(messages, "\n"))
	}
}

// checkShape holds what every finding must have.
func checkShape(t *testing.T, f *finding.Finding) {
	t.Helper()
	switch {
	case f.Region.Span.IsZero() || f.Region.End.Offset < f.Region.Start.Offset:
		t.Errorf("%s: no place: %v", f.Rule, f.Region)
	case f.Message == "" || f.Fix == "" || f.Key == "":
		t.Errorf("%s: message, fix and key must all be set: %q, %q, %q", f.Rule, f.Message, f.Fix, f.Key)
	case strings.HasSuffix(f.Message, ".") || strings.ContainsAny(f.Message, "\r\n"):
		t.Errorf("%s: a message is one line without a full stop: %q", f.Rule, f.Message)
	}
}

// TestTable holds that code and pages name the same rules, in the catalogue's order.
func TestTable(t *testing.T) {
	all, err := rules.All()
	if err != nil {
		t.Fatal(err)
	}
	var pages, table []string
	for _, r := range all {
		pages = append(pages, r.ID)
	}
	for _, c := range checks() {
		table = append(table, c.ID)
	}
	if diff := cmp.Diff(pages, table); diff != "" {
		t.Errorf("rules/*.md by number (-) and the table in table.go (+):\n%s", diff)
	}
}
