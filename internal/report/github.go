package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
)

// GitHub shows ten annotations of each level for a step. Two notices are kept for what the findings
// don't say: how many more there are, and what wasn't checked.
const (
	maxAnnotations = 10
	maxNotices     = maxAnnotations - 2
)

// writeGitHub writes workflow commands: the worst findings as annotations, a notice with the count of
// the rest, and a notice that says what wasn't checked.
func writeGitHub(w io.Writer, r *scan.Result) error {
	var b strings.Builder
	fs := worstFirst(counting(r))
	shown, notices := 0, 0
	for _, f := range fs {
		level := annotationLevel(f.Severity)
		if shown == maxAnnotations || level == "notice" && notices == maxNotices {
			break
		}
		shown++
		if level == "notice" {
			notices++
		}
		b.WriteString(annotation(level, f))
	}
	if rest := fs[shown:]; len(rest) > 0 {
		b.WriteString(command("notice", []string{"title=curfew"},
			count(len(rest), "more finding")+": "+bySeverity(rest)+". GitHub shows ten annotations a step."))
	}
	if len(r.NotChecked) > 0 {
		b.WriteString(command("notice", []string{"title=curfew"}, notCheckedLines(r.NotChecked)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const (
	maxNotCheckedLines = 50   // of what wasn't checked that an annotation, a run or a summary lists
	maxNotice          = 8000 // code points of one annotation
)

func notCheckedLines(all []scan.NotChecked) string {
	var lines []string
	for i, n := range all {
		if i == maxNotCheckedLines {
			lines = append(lines, "Not checked: "+number(len(all)-i)+" more.")
			break
		}
		lines = append(lines, notChecked(n, markup.Visible))
	}
	return markup.Clip(strings.Join(lines, "\n"), maxNotice)
}

func annotation(level string, f *finding.Finding) string {
	message := markup.Visible(f.Message)
	if f.History != nil {
		message += "\nplace: " + markup.Visible(f.Region.String()) + "\nhistory: " + markup.Visible(f.History.String())
	}
	if f.Liveness != nil {
		message += "\n" + markup.Visible(f.Liveness.String())
	}
	if f.Fix != "" {
		message += "\nfix: " + markup.Visible(f.Fix)
	}
	title := "title=" + commandProperty(f.Severity.String()+"["+markup.Visible(f.Rule)+"]")
	return command(level, append(place(f), title), message)
}

// place gives a finding's position as properties; of one in the history none, since annotations are about the
// files as they are. GitHub takes columns only where a region begins and
// ends on one line, and counts the last one in (actions/runner, ValidateLinesAndColumns).
func place(f *finding.Finding) []string {
	if f.Region.Path == "" || f.History != nil {
		return nil
	}
	props := []string{"file=" + commandProperty(markup.Visible(f.Region.Path))}
	start, end := f.Region.Start, f.Region.End
	if start.IsZero() {
		return props
	}
	props = append(props, "line="+strconv.Itoa(start.Line))
	if end.Line > start.Line {
		return append(props, "endLine="+strconv.Itoa(end.Line))
	}
	return append(props, "col="+strconv.Itoa(start.Col), "endLine="+strconv.Itoa(start.Line),
		"endColumn="+strconv.Itoa(max(start.Col, end.Col-1)))
}

// command writes one workflow command; properties are escaped already, data isn't.
func command(name string, properties []string, data string) string {
	return fmt.Sprintf("::%s %s::%s\n", name, strings.Join(properties, ","), commandData(data))
}

// commandData escapes what follows a command's second "::", as actions/toolkit's core does.
func commandData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// commandProperty escapes a value between a command's "::".
func commandProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

func annotationLevel(s finding.Severity) string {
	switch s {
	case finding.Critical, finding.High:
		return "error"
	case finding.Medium:
		return "warning"
	}
	return "notice"
}
