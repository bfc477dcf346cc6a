package posture

import (
	"fmt"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// secretUnrotated reports stored secrets whose value was set longer ago than their exception lets it be. What was
// set when is the platform's word; secrets that no exception registers have no limit, and are secret-unentitled's.
func secretUnrotated(p *Pass) {
	if p.Manifest == nil || p.Inventory == nil {
		return
	}
	for _, id := range p.Manifest.ExceptionIDs() {
		e := p.Manifest.Exceptions[id]
		for i := range p.Inventory.Secrets {
			s := &p.Inventory.Secrets[i]
			age := p.Now.Sub(s.Updated)
			if !strings.EqualFold(s.Name, e.Secret) || !inStore(s, e.Store) || age <= e.RotateEvery.Std() {
				continue
			}
			pointer := manifest.Pointer("exceptions", id, "rotate-every")
			p.Report(finding.Finding{
				Message: fmt.Sprintf("secret %s (%s) was last set on %s, %d days ago: its exception lets it be %s",
					s.Name, e.Store, s.Updated.Format(time.DateOnly), int(age.Hours())/24, e.RotateEvery),
				Region: p.Manifest.At(pointer),
				Fix:    "make a new credential, store it, and revoke the old one where it was issued",
				Owner:  e.Owner,
				Key:    string(s.Store) + " " + string(s.Scope) + " " + pointer,
			})
		}
	}
}
