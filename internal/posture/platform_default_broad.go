package posture

import (
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
)

// platformDefaultBroad reports settings by which a workflow that says nothing gets a token that can write, and by
// which workflows may approve pull requests.
func platformDefaultBroad(p *Pass) {
	if p.Inventory == nil {
		return
	}
	for _, d := range p.Inventory.Workflows {
		whose := p.Inventory.Repository.Name
		if d.Scope == inventory.OfOrganization {
			whose = "the organisation " + strings.SplitN(whose, "/", 2)[0]
		}
		report := func(kind, message, fix string) {
			p.Report(finding.Finding{Message: message, Region: p.platformAt(), Fix: fix, Key: string(d.Scope) + " " + kind})
		}
		if d.Permissions != "read" {
			report("write", fmt.Sprintf("the workflow permissions of %s give jobs that don't say what they need a GITHUB_TOKEN that can write", whose),
				"choose \"read repository contents and packages permissions\" in the settings of Actions")
		}
		if d.MayApprovePR {
			report("approve", fmt.Sprintf("the settings of %s let workflows approve pull requests: one job can write a change and approve it", whose),
				"clear \"allow GitHub Actions to create and approve pull requests\" in the settings of Actions")
		}
	}
}
