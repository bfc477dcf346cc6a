package posture

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// manifestFault reports what is legal in the manifest but wrong all the same, and whom its branch lets change it alone.
// Faults of exceptions are exception-fault's.
func manifestFault(p *Pass) {
	for i := range p.Faults {
		if f := &p.Faults[i]; !ofException(f) {
			p.reportFault(f)
		}
	}
	p.unguarded()
}

func ofException(f *manifest.Fault) bool { return strings.HasPrefix(f.Pointer, "/exceptions/") }

func (p *Pass) reportFault(f *manifest.Fault) {
	p.Report(finding.Finding{
		Severity: f.Kind.Severity(),
		Message:  f.Message,
		Region:   f.Region,
		Fix:      f.Fix,
		Owner:    p.ownerAt(f.Pointer),
		Identity: idAt(f.Pointer, "identities"),
		Key:      string(f.Kind) + " " + f.Pointer,
	})
}

// idAt is the id that a JSON Pointer names below the given top-level key; "" where it names none.
func idAt(pointer, top string) string {
	rest, ok := strings.CutPrefix(pointer, "/"+top+"/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(id)
}

// ownerAt is the owner of what a JSON Pointer names in the manifest; "" where nobody is.
func (p *Pass) ownerAt(pointer string) string {
	if p.Manifest == nil {
		return ""
	}
	if id := idAt(pointer, "identities"); id != "" {
		return p.Manifest.Identities[id].Owner
	}
	return p.Manifest.Exceptions[idAt(pointer, "exceptions")].Owner
}
