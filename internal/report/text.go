package report

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
)

// writeText writes each finding that counts with its source, the worst first, then what the scan came to.
func writeText(w io.Writer, r *scan.Result, opt Options) error {
	var b strings.Builder
	ids := shortIDs(r)
	p := paint(opt.Color)
	fs := counting(r)
	many := len(fs) > maxFull
	if many && !opt.Full {
		textMany(&b, p, fs, ids)
		fs = nil
	}
	for _, f := range worstFirst(fs) {
		textFinding(&b, p, f, ids[f.Fingerprint])
		b.WriteByte('\n')
	}
	b.WriteString(p.bold(headline(r)) + "\n")
	b.WriteString(checked(r.Checked) + "\n")
	for _, line := range []string{leftOut(r.LeftOut), judge(r, markup.Visible)} {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	for _, n := range r.NotChecked {
		b.WriteString(notChecked(n, markup.Visible) + "\n")
	}
	if line := next(r, many, opt.Full); line != "" {
		b.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteFinding writes one finding as the text format shows it among others.
func WriteFinding(w io.Writer, f *finding.Finding, color bool) error {
	var b strings.Builder
	textFinding(&b, paint(color), f, f.Fingerprint[:min(len(f.Fingerprint), minID)])
	_, err := io.WriteString(w, b.String())
	return err
}

func textFinding(b *strings.Builder, p paint, f *finding.Finding, id string) {
	head := p.severity(f.Severity, f.Severity.String()+"["+markup.Visible(f.Rule)+"]")
	b.WriteString(head + ": " + p.bold(markup.Visible(f.Message)) + "\n")
	fr := frame{out: b, paint: p, sev: f.Severity, region: f.Region, label: markup.Visible(f.Label), gutter: gutter(f)}
	margin := strings.Repeat(" ", fr.gutter)
	if f.Region.Path != "" {
		b.WriteString(margin + p.frame("-->") + " " + markup.Visible(f.Region.String()) + "\n")
	}
	if !f.Snippet.IsZero() {
		fr.draw(f.Snippet)
	}
	note := func(name, text string) {
		b.WriteString(margin + " " + p.frame("=") + " " + p.bold(name+":") + " " + text + "\n")
	}
	if f.History != nil {
		note("history", markup.Visible(f.History.String()))
	}
	for _, rel := range f.Related {
		note(markup.Visible(rel.Role), textRelated(rel))
	}
	if f.Liveness != nil {
		note("verified", markup.Visible(f.Liveness.String()))
	}
	if f.Fix != "" {
		note("fix", markup.Visible(f.Fix))
	}
	if id != "" {
		again := "curfew explain " + markup.Visible(id)
		if f.History != nil {
			again += " --history"
		}
		note("id", markup.Visible(id)+"   "+again)
	}
}

// textRelated says what else explains a finding, and where: "identity … (path:line)".
func textRelated(rel finding.Related) string {
	if rel.Region.Path == "" {
		return markup.Visible(rel.Message)
	}
	place := rel.Region.Path
	if !rel.Region.Span.IsZero() {
		place += ":" + strconv.Itoa(rel.Region.Start.Line)
	}
	return markup.Visible(rel.Message) + " (" + markup.Visible(place) + ")"
}

// gutter is the width of the widest line number in f's frame.
func gutter(f *finding.Finding) int {
	last := max(f.Region.Start.Line, 1)
	if !f.Snippet.IsZero() {
		last = max(last, f.Snippet.FirstLine+len(f.Snippet.Lines)-1)
	}
	return len(strconv.Itoa(last))
}

// minID is the least length of a fingerprint's prefix.
const minID = 8

// shortIDs gives each fingerprint of r its shortest prefix of at least minID bytes that no other
// fingerprint has, suppressed ones included: explain looks among them too.
func shortIDs(r *scan.Result) map[string]string {
	all := make([]string, len(r.Findings))
	for i := range r.Findings {
		all[i] = r.Findings[i].Fingerprint
	}
	slices.Sort(all)
	all = slices.Compact(all)
	ids := make(map[string]string, len(all))
	for i, id := range all {
		n := minID
		if i > 0 {
			n = max(n, commonPrefix(id, all[i-1])+1)
		}
		if i+1 < len(all) {
			n = max(n, commonPrefix(id, all[i+1])+1)
		}
		ids[id] = id[:min(n, len(id))]
	}
	return ids
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
