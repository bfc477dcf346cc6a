package posture

import (
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/ownership"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// Facts is everything that the checks may look at.
type Facts struct {
	Files    []*workflow.File   // workflows and actions, sorted by path
	Usage    *usage.Repo        // of Files
	Manifest *manifest.Manifest // nil where the repository has none
	Policy   *manifest.Policy   // the organisation's; nil where none was given
	Faults   []manifest.Fault   // what the manifest's decoder and cross-checks found legal but wrong
	Tokens   []secret.Token     // in the files that were searched, those of Literals included
	Past     []Past             // tokens in the history; nil where it wasn't searched
	Unread   []string           // paths of files that could not be searched for tokens
	Base     *Base              // what a change starts from; nil where nothing is compared
	// Inventory is what the platform holds; nil where nobody asked. What it didn't read, no check takes for nothing.
	Inventory *inventory.Inventory
	// Emergencies are the uses of break-glass that the ledger tells of; nil where nobody gave it.
	Emergencies []manifest.GlassUse
	// CodeOwners says whose review a change needs; nil where there is no such file, or none that can be read.
	CodeOwners *ownership.File
	// Proposed is the manifest as the change under scan leaves it. It entitles nothing yet, but says what
	// was meant. Nil where there is none or nothing is compared.
	Proposed *manifest.Manifest
	// Repository is "owner/name"; "" where that isn't known. Its owner's actions are no third party's.
	Repository string
	Now        time.Time
}

// Past is a token at one path of the history, as the first commit that has it there does.
type Past struct {
	Token   secret.Token
	History finding.History
	Excerpt []string // the masked lines under the token's region
}

// Base is the state that a change starts from.
type Base struct {
	Usage *usage.Repo
}

// Check binds a rule's id to its code.
type Check struct {
	ID  string
	Run func(*Pass)
}

// Pass is one check's view of the facts.
type Pass struct {
	*Facts
	Rule     *rules.Rule
	findings []finding.Finding
}

// ReportLive adds what the platform alone tells, of a rule that reads something else first.
func (p *Pass) ReportLive(f finding.Finding) {
	f.Source = "platform"
	p.Report(f)
}

// Report adds f. Rule and, where f has none, Severity come from the rule.
func (p *Pass) Report(f finding.Finding) {
	f.Rule = p.Rule.ID
	if f.Severity == 0 {
		f.Severity = p.Rule.Severity
	}
	p.findings = append(p.findings, f)
}
