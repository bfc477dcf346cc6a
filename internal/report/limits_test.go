package report

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
)

// many is a result with n[i] findings of the i-th severity, the worst first.
func many(message string, n ...int) sample {
	r := clean()
	for i, sev := range finding.Severities()[:len(n)] {
		for range n[i] {
			r.Findings = append(r.Findings, finding.Finding{
				Rule: "token-default", Severity: sev, Message: message, Key: strconv.Itoa(len(r.Findings)),
			})
		}
	}
	return sample{"many", tree{}, finish(r)}
}

func TestAnnotations(t *testing.T) {
	for _, c := range []struct {
		name     string
		findings []int
		want     map[string]int
		rest     string
	}{
		{"none", nil, map[string]int{}, ""},
		{"ten", []int{4, 4, 2}, map[string]int{"error": 8, "warning": 2}, ""},
		{"eleven", []int{4, 4, 2, 1}, map[string]int{"error": 8, "warning": 2, "notice": 1}, "1 more finding: 1 low."},
		{"many", []int{0, 12, 30, 1200, 4}, map[string]int{"error": 10, "notice": 1}, "1,236 more findings: 2 high, 30 medium, 1,200 low, 4 note."},
		{"notices only", []int{0, 0, 0, 6, 6}, map[string]int{"notice": 9}, "4 more findings: 4 note."},
	} {
		out := many("m", c.findings...).write(t, GitHub, Options{})
		got := map[string]int{}
		for line := range strings.Lines(out) {
			level, _, _ := strings.Cut(strings.TrimPrefix(line, "::"), " ")
			got[level]++
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		rest := strings.Contains(out, "::notice title=curfew::"+c.rest)
		if c.rest == "" && strings.Contains(out, "more finding") || c.rest != "" && !rest {
			t.Errorf("%s: expected %q in\n%s", c.name, c.rest, out)
		}
	}
}

func TestSummaryHoldsOneMiB(t *testing.T) {
	s := many(strings.Repeat("|", markup.MaxField), 300, 300, 300)
	s.result.Findings[0].Suppressed = &finding.Suppression{Kind: strings.Repeat("\x01", markup.MaxField)}
	for i := range 2 * maxNotCheckedLines {
		long := strings.Repeat("\U000e0041", markup.MaxField)
		s.result.NotChecked = append(s.result.NotChecked, scan.NotChecked{Source: scan.Secrets, What: strconv.Itoa(i), Reason: long, Fix: long})
	}
	out := s.write(t, Markdown, s.options())
	if len(out) > maxSummary || len(out) < maxSummary*9/10 {
		t.Errorf("%d bytes, want close to %d and no more", len(out), maxSummary)
	}
	rows := strings.Count(out, "| critical |") + strings.Count(out, "| high |") + strings.Count(out, "| medium |")
	if want := fmt.Sprintf("\n**%s left out: a job summary holds 1 MiB.** The JSON result has them all.\n", count(899-rows, "finding")); !strings.HasSuffix(out, want) {
		t.Errorf("%d rows, and the end is %q, want %q", rows, out[len(out)-200:], want)
	}
	listed := strings.Count(out, "\n- Not checked (")
	if want := fmt.Sprintf("\n- Not checked: %d more; the JSON result lists them.\n", 2*maxNotCheckedLines-listed); !strings.Contains(out, want) {
		t.Errorf("%d items, and no %q", listed, want)
	}
}

func TestLinksNeedAWebURL(t *testing.T) {
	for _, c := range []struct {
		repository, sha string
		linked          bool
	}{
		{"https://github.com/acme/app", "9f2c41e", true},
		{"http://ghes.example:8080/acme/app", "9f2c41e", true},
		{"https://github.com/acme/app", "", false},
		{"", "9f2c41e", false},
		{"javascript:alert(1)", "9f2c41e", false},
		{"//github.com/acme/app", "9f2c41e", false},
		{"https://github.com/acme/app) [x](https://evil.example", "9f2c41e", false},
		{"https://github.com/acme/app\n", "9f2c41e", false},
	} {
		s := example()
		opt := Options{Repository: c.repository, SHA: c.sha}
		if linked := strings.Contains(s.write(t, Markdown, opt), "/blob/9f2c41e/.github/workflows/release.yml#L31)"); linked != c.linked {
			t.Errorf("%q at %q: linked %v, want %v", c.repository, c.sha, linked, c.linked)
		}
		opt.Rules = testRules()
		if linked := strings.Contains(s.write(t, SARIF, opt), "versionControlProvenance"); linked != c.linked {
			t.Errorf("%q at %q: in SARIF %v, want %v", c.repository, c.sha, linked, c.linked)
		}
	}
}
