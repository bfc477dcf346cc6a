package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/rules"
)

// Format is a way of writing a Result.
type Format string

// The formats.
const (
	Text     Format = "text"
	JSON     Format = "json"
	SARIF    Format = "sarif"
	GitHub   Format = "github"
	Markdown Format = "markdown"
	GitLab   Format = "gitlab" // its Code Quality report
)

// Formats returns all formats, in the order in which help lists them.
func Formats() []Format { return []Format{Text, JSON, SARIF, GitHub, Markdown, GitLab} }

// ParseFormat finds the format called name.
func ParseFormat(name string) (Format, error) {
	names := make([]string, 0, len(Formats()))
	for _, f := range Formats() {
		if string(f) == name {
			return f, nil
		}
		names = append(names, string(f))
	}
	return "", fmt.Errorf("unknown format %q: expected %s", name, strings.Join(names, ", "))
}

// Options is what a Result doesn't say. The zero value will do for every format but SARIF.
type Options struct {
	// Color paints text with ANSI escapes.
	Color bool
	// Full has text show each finding with its source, however many there are.
	Full bool

	// Rules describes every rule that a finding may name. SARIF needs it.
	Rules []*rules.Rule
	// Category begins each SARIF run's category, which ends with the run's source: "curfew", also where
	// it is empty, makes "curfew/workflows/".
	Category string
	// Silenced has SARIF hold silenced findings as well, each with what silences it. Code scanning doesn't look at
	// that, so that whoever uploads them has to dismiss their alerts.
	Silenced bool
	// Source reads a scanned file by the path that findings name it with; SARIF's line hashes are made
	// from it, and nothing of it is printed. It returns an error that wraps fs.ErrNotExist for a file
	// that isn't there. Where it is nil or a file isn't there, a finding's own fingerprint stands in.
	Source func(path string) ([]byte, error)

	// Repository, Blob and SHA make links to lines: "https://github.com/acme/app", "/blob/" (which is meant where it is empty), and
	// a commit.
	Repository, Blob, SHA string
}

// Write writes r to w in format. An error is w's, Source's, or names what Options lack for r.
func Write(w io.Writer, format Format, r *scan.Result, opt Options) error {
	switch format {
	case Text:
		return writeText(w, r, opt)
	case JSON:
		return writeJSON(w, r)
	case SARIF:
		return writeSARIF(w, r, opt)
	case GitHub:
		return writeGitHub(w, r)
	case Markdown:
		return writeMarkdown(w, r, opt)
	case GitLab:
		return writeGitLab(w, r)
	}
	_, err := ParseFormat(string(format))
	return err
}
