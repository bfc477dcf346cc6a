package posture

import (
	"fmt"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
)

const (
	maxKeyAge  = 365 * 24 * time.Hour
	maxKeyIdle = 90 * 24 * time.Hour
)

// deployKey reports deploy keys that can write, that are old, or that nobody uses: no manifest can bound them, they
// don't expire, and they outlast who added them.
func deployKey(p *Pass) {
	if p.Inventory == nil {
		return
	}
	for i := range p.Inventory.DeployKeys {
		k := &p.Inventory.DeployKeys[i]
		if faults := p.keyFaults(k); len(faults) > 0 {
			severity := finding.Medium
			if !k.ReadOnly {
				severity = finding.High
			}
			p.Report(finding.Finding{
				Severity: severity,
				Message:  fmt.Sprintf("deploy key %.60q of %s %s", k.Title, p.Inventory.Repository.Name, strings.Join(faults, ", and ")),
				Region:   p.platformAt(),
				Fix:      "let the job push by its GITHUB_TOKEN or a GitHub App's token, and remove the key",
				Key:      fmt.Sprintf("key %d", k.ID),
			})
		}
	}
}

func (p *Pass) keyFaults(k *inventory.DeployKey) []string {
	var faults []string
	if !k.ReadOnly {
		faults = append(faults, "can push")
	}
	age := p.Now.Sub(k.Created)
	if age > maxKeyAge {
		faults = append(faults, fmt.Sprintf("is %d days old and never expires", int(age.Hours())/24))
	}
	switch {
	case age <= maxKeyIdle:
	case k.LastUsed == nil:
		faults = append(faults, "was never used, as far as the platform says")
	case p.Now.Sub(*k.LastUsed) > maxKeyIdle:
		faults = append(faults, "was last used on "+k.LastUsed.Format(time.DateOnly))
	}
	return faults
}
