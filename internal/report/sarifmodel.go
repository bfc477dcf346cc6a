package report

import "github.com/owenrumney/go-sarif/v2/sarif"

// go-sarif v2 has no rule's relationships, and neither a component reference nor a suppression that can leave out what it
// lacks (it writes null, which the schema refuses). The types below are its own with those fields put over
// them; encoding/json lets the outer field win.

type sarifLog struct {
	Schema  string      `json:"$schema"`
	Version string      `json:"version"`
	Runs    []*sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool sarifTool `json:"tool"` // before the embedded run: it is written first
	sarif.Run
	Results    []sarifResult   `json:"results"`
	Taxonomies []sarifTaxonomy `json:"taxonomies,omitempty"`
}

type sarifResult struct {
	*sarif.Result
	// Suppressions are in all results of a run or in none (SARIF 2.1.0, 3.27.23).
	Suppressions *[]sarifSuppression `json:"suppressions,omitempty"`
}

type sarifSuppression struct {
	Kind          string            `json:"kind"`
	Status        string            `json:"status"`
	Justification string            `json:"justification,omitempty"`
	Properties    map[string]string `json:"properties,omitempty"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	sarif.ToolComponent
	Rules               []sarifRule      `json:"rules"`
	SupportedTaxonomies []sarifComponent `json:"supportedTaxonomies,omitempty"`
}

type sarifRule struct {
	sarif.ReportingDescriptor
	Relationships []sarifRelationship `json:"relationships,omitempty"`
}

type sarifTaxonomy struct {
	sarif.ToolComponent
	Rules []sarifRule `json:"rules,omitempty"` // none: only keeps go-sarif's null out
}

type sarifRelationship struct {
	Target sarifTarget `json:"target"`
	Kinds  []string    `json:"kinds"`
}

// sarifTarget names a taxon by its id and its place in the run's taxonomies.
type sarifTarget struct {
	ID        string         `json:"id"`
	Index     int            `json:"index"`
	Component sarifComponent `json:"toolComponent"`
}

type sarifComponent struct {
	Name  string `json:"name"`
	Index int    `json:"index"`
}

func text(s string) *sarif.MultiformatMessageString {
	return &sarif.MultiformatMessageString{Text: &s}
}

func message(s string) *sarif.Message { return &sarif.Message{Text: &s} }
