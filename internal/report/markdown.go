package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
)

const (
	maxSummary = 1 << 20 // bytes that GitHub takes of a step's summary
	cutNotice  = 512     // bytes kept for the sentence that ends what doesn't fit
)

// writeMarkdown writes the job summary: what the scan came to, what wasn't checked, and a table of the
// findings that count, the worst first.
func writeMarkdown(w io.Writer, r *scan.Result, opt Options) error {
	var b strings.Builder
	fs := worstFirst(counting(r))
	fmt.Fprintf(&b, "## curfew: %s\n\n", strings.ToLower(tally(r, fs)))
	if line := summaryLine(r, fs); line != "" {
		b.WriteString(line + "\n\n")
	}
	b.WriteString(checked(r.Checked) + "\n")
	for _, line := range []string{markup.Text(leftOut(r.LeftOut)), judge(r, markup.Text)} {
		if line != "" {
			b.WriteString("\n" + line + "\n")
		}
	}
	if len(r.NotChecked) > 0 {
		b.WriteString("\n")
		notCheckedList(&b, r.NotChecked, maxSummary/2)
	}
	if len(fs) > 0 {
		table(&b, fs, opt, maxSummary-cutNotice)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// summaryLine says "**1 high, 2 medium** (4 in baseline)".
func summaryLine(r *scan.Result, fs []*finding.Finding) string {
	var parts []string
	if len(fs) > 0 {
		parts = append(parts, "**"+bySeverity(fs)+"**")
	}
	if s := suppressed(r); s != "" {
		parts = append(parts, "("+markup.Text(s)+")")
	}
	return strings.Join(parts, " ")
}

// notCheckedList writes items as long as b stays below limit bytes and says how many are left out.
func notCheckedList(b *strings.Builder, all []scan.NotChecked, limit int) {
	for i, n := range all {
		item := "- " + notChecked(n, markup.Text) + "\n"
		if i == maxNotCheckedLines || b.Len()+len(item) > limit {
			fmt.Fprintf(b, "- Not checked: %s more; the JSON result lists them.\n", number(len(all)-i))
			return
		}
		b.WriteString(item)
	}
}

// table writes rows as long as b stays below limit bytes and says how many are left out.
func table(b *strings.Builder, fs []*finding.Finding, opt Options, limit int) {
	b.WriteString("\n| Severity | Rule | Place | What | Owner |\n| --- | --- | --- | --- | --- |\n")
	for i, f := range fs {
		row := tableRow(f, opt)
		if b.Len()+len(row) > limit {
			fmt.Fprintf(b, "\n**%s left out: a job summary holds 1 MiB.** The JSON result has them all.\n",
				count(len(fs)-i, "finding"))
			return
		}
		b.WriteString(row)
	}
}

func tableRow(f *finding.Finding, opt Options) string {
	what := markup.Text(f.Message)
	if f.History != nil {
		what += "<br>history: " + markup.Text(f.History.String())
	}
	if f.Liveness != nil {
		what += "<br>" + markup.Text(f.Liveness.String())
	}
	if f.Fix != "" {
		what += "<br>fix: " + markup.Text(f.Fix)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n",
		f.Severity, ruleLink(f.Rule), placeLink(f, opt), what, markup.Text(f.Owner))
}

func ruleLink(id string) string {
	if !isRuleID(id) {
		return markup.Text(id)
	}
	return "[" + id + "](" + ruleURL(id) + ")"
}

// placeLink shows path:line, as a link to the line at the commit where Options say which.
func placeLink(f *finding.Finding, opt Options) string {
	place := f.Region.Path
	fragment := ""
	if !f.Region.Span.IsZero() {
		place += fmt.Sprintf(":%d", f.Region.Start.Line)
		fragment = fmt.Sprintf("#L%d", f.Region.Start.Line)
		if last := lastLine(f.Region); last > f.Region.Start.Line {
			fragment += fmt.Sprintf("-L%d", last)
		}
	}
	if f.Region.Path == "" || opt.SHA == "" || !isWebURL(opt.Repository) {
		return markup.Text(place)
	}
	sha := opt.SHA
	if f.History != nil {
		sha = cmp.Or(f.History.First.ID, sha)
	}
	return fmt.Sprintf("[%s](%s%s%s/%s%s)", markup.Text(place), opt.Repository, cmp.Or(opt.Blob, "/blob/"), escapePath(sha), escapePath(f.Region.Path), fragment)
}
