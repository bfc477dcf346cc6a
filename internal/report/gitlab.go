package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
)

// issue is one entry of GitLab's Code Quality report
// (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format).
type issue struct {
	Description string     `json:"description"`
	CheckName   string     `json:"check_name"`
	Fingerprint string     `json:"fingerprint"`
	Severity    string     `json:"severity"`
	Location    issuePlace `json:"location"`
}

type issuePlace struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

// maxIssue is how long one description may be, in code points: GitLab shows it in a line.
const maxIssue = 1000

// writeGitLab writes a Code Quality report, the worst finding first. GitLab shows what a merge request brings by comparing
// fingerprints with the target branch's report; so what wasn't checked stands there as an issue of its own, which is news only where
// it has changed.
func writeGitLab(w io.Writer, r *scan.Result) error {
	all := []issue{}
	for _, f := range worstFirst(counting(r)) {
		all = append(all, issue{
			Description: describe(f), CheckName: f.Rule, Fingerprint: f.Fingerprint, Severity: gitLabSeverity(f.Severity),
			Location: locate(r, f.Region.Path, f.Region.Start.Line),
		})
	}
	if len(r.NotChecked) > 0 {
		text := notCheckedLines(r.NotChecked)
		sum := sha256.Sum256([]byte("curfew/not-checked/v1\x00" + text + "\x00"))
		all = append(all, issue{
			Description: markup.Clip(strings.ReplaceAll(text, "\n", " "), maxIssue), CheckName: "not-checked", Fingerprint: hex.EncodeToString(sum[:16]),
			Severity: gitLabSeverity(finding.Note), Location: locate(r, "", 0),
		})
	}
	return encode(w, all)
}

// describe is what a finding is, with what only its history and its service tell, and what to do.
func describe(f *finding.Finding) string {
	text := f.Message
	if f.History != nil {
		text += "; in the history: " + f.History.String()
	}
	if f.Liveness != nil {
		text += "; " + f.Liveness.String()
	}
	if f.Fix != "" {
		text += ". Fix: " + f.Fix
	}
	return markup.Clip(markup.Visible(text), maxIssue)
}

// locate is a place from the repository's root. GitLab takes no issue without one, so that what has none stands at the manifest,
// which decided.
func locate(r *scan.Result, file string, line int) issuePlace {
	if file == "" {
		file = r.Manifest.Path
	}
	if file == "" {
		file = manifest.Path
	}
	at := issuePlace{Path: path.Join(r.Of.Folder, file)}
	at.Lines.Begin = max(line, 1)
	return at
}

// gitLabSeverity is GitLab's word for a severity, of which it has five as well.
func gitLabSeverity(s finding.Severity) string {
	switch s {
	case finding.Critical:
		return "blocker"
	case finding.High:
		return "critical"
	case finding.Medium:
		return "major"
	case finding.Low:
		return "minor"
	case finding.Note:
	}
	return "info"
}
