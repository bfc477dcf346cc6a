package scan

import (
	"slices"

	"github.com/curfew-ci/curfew/internal/finding"
)

// Schema is the version of Result's JSON form; docs/result.schema.json describes it.
const Schema = 1

// Result is what a scan found, what it looked at, and what it couldn't look at. Findings are sorted
// and masked; suppressed ones are included and marked.
type Result struct {
	Schema     int               `json:"schema"`
	Tool       Tool              `json:"tool"`
	Of         Of                `json:"of"`
	Manifest   Manifest          `json:"manifest"`
	Findings   []finding.Finding `json:"findings"`
	Checked    Checked           `json:"checked"`
	LeftOut    LeftOut           `json:"leftOut"`
	NotChecked []NotChecked      `json:"notChecked"`
}

// Tool is the program that made a result.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Manifest says which manifest judged.
type Manifest struct {
	Path   string `json:"path"`
	From   string `json:"from"`             // "working tree", "base 1a2b3c…", "working tree; base 1a2b3c… has none", "none"
	SHA256 string `json:"sha256,omitempty"` // of its bytes, hex
	Mode   string `json:"mode,omitempty"`
}

// Checked says what was looked at.
type Checked struct {
	// Sources lists those that were read to the end, in the order of Sources(); a part that had to be
	// left out of one is a NotChecked. Code scanning closes the alerts of a source that is uploaded, so
	// a source that could not be read must not stand here.
	Sources []Source `json:"sources"`
	// Scope says how far the search for secrets goes. Beside Tree and History nothing else is judged.
	Scope Scope `json:"scope"`

	// HistoryInPart says that of the history only a part was searched: what --since doesn't leave out, or what the
	// clone has. What an earlier scan found there may be there still.
	HistoryInPart bool `json:"historyInPart,omitempty"`

	Workflows    int `json:"workflows"`
	Actions      int `json:"actions"`
	Jobs         int `json:"jobs"`
	Files        int `json:"files"`        // whose content was searched for secrets
	Secrets      int `json:"secrets"`      // distinct stored secrets that jobs read
	Entitlements int `json:"entitlements"` // identities, grants, exceptions and break-glass entries

	Commits  int   `json:"commits,omitempty"`  // of the history that was searched
	Versions int   `json:"versions,omitempty"` // of files in it, different ones
	Bytes    int64 `json:"bytes,omitempty"`    // of these
}

// Scope is what a scan searches for secrets.
type Scope string

// The scopes.
const (
	InTree    Scope = "tree"    // the files as they are
	InHistory Scope = "history" // these, and all that the commits hold
	InDiff    Scope = "diff"    // what one revision adds to another
	InIndex   Scope = "staged"  // what is staged
	InText    Scope = "stdin"   // a text that is in no file
)

// Alone reports whether something is searched by itself, beside the working tree.
func (s Scope) Alone() bool { return s != InTree && s != InHistory && s != "" }

// LeftOut counts what looks like a credential and is no finding.
type LeftOut struct {
	// Allowlisted counts what the allowlists of the rules let pass in files. In a history it isn't counted: along
	// deltas only what is new to a version is looked at, so that the count would depend on how they are stored.
	Allowlisted int `json:"allowlisted"`
	// Ending counts tokens in files that end within a day by their kind or by what they say, or have ended.
	Ending int `json:"ending"`
	// Unlikely counts the guesses that most likely are something else, by what that is.
	Unlikely []Unlikely `json:"unlikely"`
}

// Unlikely counts guesses that are left out for one reason.
type Unlikely struct {
	What  string `json:"what"` // "identifier", "checksum"
	Count int    `json:"count"`
}

// Source is a thing that a scan reads, as --require names it.
type Source string

// The sources.
const (
	Workflows    Source = "workflows"
	Entitlements Source = "entitlements"
	Secrets      Source = "secrets"
	Platform     Source = "platform" // what the platform holds, by an inventory
)

// Sources returns all sources, in the order in which they are reported.
func Sources() []Source { return []Source{Workflows, Entitlements, Secrets, Platform} }

// NotChecked is something that could not be judged, and what would change that.
type NotChecked struct {
	Source Source `json:"source"`
	What   string `json:"what"`   // "environment secrets", "big.bin"
	Reason string `json:"reason"` // "larger than 100 MB"
	Fix    string `json:"fix,omitempty"`
	// Paths are all files and folders that it is about, where it is about such and they aren't too many; What names
	// the first few. Where there are none, it may be about anything of its source.
	Paths []string `json:"paths,omitempty"`
}

// maxPaths is how many paths a NotChecked lists.
const maxPaths = 10_000

// interrupted is the reason for which the rest of what an interrupted scan would have read isn't checked.
const interrupted = "interrupted"

// Interrupted reports whether the scan was told to stop before its end.
func (r *Result) Interrupted() bool {
	return slices.ContainsFunc(r.NotChecked, func(n NotChecked) bool { return n.Reason == interrupted })
}

// Worst is the highest severity among findings that count; 0 where there is none.
func (r *Result) Worst() finding.Severity {
	var worst finding.Severity
	for i := range r.Findings {
		if r.Findings[i].Counts() {
			worst = max(worst, r.Findings[i].Severity)
		}
	}
	return worst
}
