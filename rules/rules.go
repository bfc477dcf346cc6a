package rules

import "github.com/curfew-ci/curfew/internal/finding"

// Rule is one rules/<id>.md.
type Rule struct {
	ID       string
	Number   int    // its place in the catalogue, for ordering
	Title    string // one line, lower case
	Severity finding.Severity
	Since    string   // the version that brought it
	Source   string   // what is read to judge it: workflows, secrets, entitlements, platform
	Live     bool     // an inventory, where there is one, tells more: "workflows, platform"
	Tags     []string // owasp/nhi2, nist-csf/pr.aa-05, cwe/cwe-798, cicd-sec/cicd-sec-6
	Meaning  string   // Markdown: what it means
	Risk     string   // Markdown: why it matters
	Remedy   string   // Markdown: how to fix it
	Bad      []Example
	Good     []Example
}

// Example is one fenced block of a rule's file: a workflow, or several files in txtar form. Lines on
// which the rule must report end in "# want", or "# want: part of the message".
type Example struct {
	Source string
	Line   int // of the block's first line in the .md
}
