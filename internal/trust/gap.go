package trust

import "github.com/curfew-ci/curfew/internal/source"

// Gap is where what is rendered and what the manifest says differ.
type Gap struct {
	Grant   string // IDENTITY/GRANT
	Kind    GapKind
	Message string
	Fix     string
	Region  source.Region // the line of the manifest that asks for it
}

// GapKind says what a gap comes to.
type GapKind string

// The kinds.
const (
	// Missing: the grant has no document.
	Missing GapKind = "missing"
	// Wider: the document lets in what the manifest doesn't, and nothing stands in for it.
	Wider GapKind = "wider"
	// Elsewhere: the document holds only with something outside of it, such as a protected environment.
	Elsewhere GapKind = "elsewhere"
	// Narrower: the document turns away what the manifest lets in.
	Narrower GapKind = "narrower"
)

// Open reports whether the cloud would not hold to the manifest: there is no document, or it is too wide.
func (k GapKind) Open() bool { return k != Elsewhere && k != Narrower }
