package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/source"
)

// crowd is a result with n findings, a fifth of them high.
func crowd(n int) *scan.Result {
	r := &scan.Result{Manifest: scan.Manifest{From: "none"}}
	for i := range n {
		f := finding.Finding{
			Rule: "long-lived-token", Severity: finding.Low, Message: fmt.Sprintf("token %d stands in a file", i), Fix: "take it out",
			Region:      source.Region{Path: fmt.Sprintf("docs/%d.md", i%7)},
			Fingerprint: fmt.Sprintf("%08x%024x", i, i),
		}
		if i%5 == 4 {
			f.Rule, f.Severity = "secret-unentitled", finding.High
			f.Related = []finding.Related{{Role: "manifest", Message: "there is no manifest"}}
		}
		r.Findings = append(r.Findings, f)
	}
	return r
}

func textOf(t *testing.T, r *scan.Result, opt Options) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, Text, r, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestManyFindings: of 300 findings nobody gets a wall. The worst come first, each kind is counted, and none is lost without
// a word: what is shown and what is said to be left adds up.
func TestManyFindings(t *testing.T) {
	got := textOf(t, crowd(300), Options{})
	if lines := strings.Count(got, "\n"); lines > 60 {
		t.Errorf("%d lines:\n%s", lines, got)
	}
	if !strings.HasPrefix(got, "high[secret-unentitled]: token 4 ") {
		t.Errorf("the worst doesn't come first:\n%s", got)
	}
	total := strings.Count(got, "= fix: ")
	for _, m := range regexp.MustCompile(`(?m)^\w+\[[a-z-]+\]: (\d+) more in 7 files$`).FindAllStringSubmatch(got, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	if total != 300 {
		t.Errorf("%d findings are accounted for:\n%s", total, got)
	}
	for _, says := range []string{
		"300 findings: 60 high, 240 low\n",
		"Manifest: none; curfew init writes one from what is there: 60 findings would be entitled by it, for an owner to review.\n",
		"--full shows each finding with its source", "--write-baseline", "`mode: observe`",
	} {
		if !strings.Contains(got, says) {
			t.Errorf("%q isn't in\n%s", says, got)
		}
	}
}

// TestManyInFull has all that few findings have, and what to do next for who has begun is less.
func TestManyInFull(t *testing.T) {
	r := crowd(300)
	got := textOf(t, r, Options{Full: true})
	if n := strings.Count(got, "= fix: "); n != 300 || strings.Contains(got, "--full") {
		t.Errorf("%d findings with their source", n)
	}
	r.Manifest = scan.Manifest{Path: ".github/curfew.yml", From: "working tree", Mode: "observe"}
	if got := textOf(t, r, Options{}); strings.Contains(got, "--write-baseline") || !strings.Contains(got, "Next: ") {
		t.Errorf("who observes is told to begin:\n%s", got)
	}
	if got := textOf(t, crowd(maxFull), Options{}); strings.Contains(got, " more in ") || strings.Contains(got, "Next: ") {
		t.Errorf("%d findings are shortened:\n%s", maxFull, got)
	}
}
