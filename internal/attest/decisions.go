package attest

import (
	"cmp"
	"slices"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Decisions are the newest decision of an owner on each identity of one repository, by the identity's id. An older one
// says nothing any more: who was certified, then removed, and stands there again under the same name, was never certified.
type Decisions map[string]ledger.Record

// Add takes over a record, where it is a decision and newer than the one that is known. Of two of the same time that one
// counts by which the identity isn't needed. What became of one grant alone doesn't end the identity's certification.
func (d Decisions) Add(r ledger.Record) {
	if r.Type != ledger.CertificationMerged || r.Identity.Grant != "" && !r.Certification.Action.Certifies() {
		return
	}
	if have, ok := d[r.Identity.ID]; ok {
		newer := r.Certification.Merged.Compare(have.Certification.Merged)
		if newer < 0 || newer == 0 && r.Certification.Action.Certifies() {
			return
		}
	}
	d[r.Identity.ID] = r
}

// certifying lists those by which an identity is still needed, in the order of ids.
func (d Decisions) certifying() []ledger.Record {
	var out []ledger.Record
	for _, r := range d {
		if r.Certification.Action.Certifies() {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b ledger.Record) int { return cmp.Compare(a.Identity.ID, b.Identity.ID) })
	return out
}

// Certified is when each identity was certified that is.
func (d Decisions) Certified() map[string]manifest.Certified {
	out := map[string]manifest.Certified{}
	for _, r := range d.certifying() {
		out[r.Identity.ID] = manifest.Certified{Time: manifest.Instant{Time: r.Certification.Merged}}
	}
	return out
}
