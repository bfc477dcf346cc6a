package report

import "github.com/owenrumney/go-sarif/v2/sarif"

// go-sarif v2 has neither a rule's relationships nor a component reference that can leave out its guid
// (it writes null, which the schema refuses). The types below are its own with those fields put over
// them; encoding/json lets the outer field win.

type sarifLog struct {
	Schema  string      `json:"$schema"`
	Version string      `json:"version"`
	Runs    []*sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool sarifTool `json:"tool"` // before the embedded run: it is written first
	sarif.Run
	Taxonomies []sarifTaxonomy `json:"taxonomies,omitempty"`
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
