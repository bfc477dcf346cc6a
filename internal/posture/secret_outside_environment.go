package posture

import (
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// secretOutsideEnvironment reports secrets that the manifest registers in an environment and that jobs come by without
// it: what guards the environment then doesn't guard the secret.
func secretOutsideEnvironment(p *Pass) {
	if p.Manifest == nil {
		return
	}
	for _, u := range p.unentitled() {
		if e := p.elsewhere(u); e != nil {
			p.reportOutside(u, e)
		}
	}
	if p.Inventory == nil {
		return
	}
	for _, id := range p.Manifest.ExceptionIDs() {
		if e := p.Manifest.Exceptions[id]; e.Store.Kind == manifest.StoreActionsEnv {
			p.reportStoredBeside(id, &e)
		}
	}
}

// elsewhere is the exception for a secret that jobs read outside of the environment that it is for; nil where there is
// none.
func (p *Pass) elsewhere(u *unentitledRead) *entry {
	if p.Manifest == nil || p.differ(u.jobs) {
		return nil
	}
	others := p.exceptionsFor(u.read.Name, p.own(u.jobs[0]))
	if len(others) == 0 || others[0].exception.Store.Kind != manifest.StoreActionsEnv {
		return nil
	}
	return &others[0]
}

func (p *Pass) reportOutside(u *unentitledRead, e *entry) {
	r, j, store := u.read, u.jobs[0], e.exception.Store
	f := finding.Finding{
		Message: fmt.Sprintf("%s is read by %s outside of environment %q, for which exception %q is", r.Name, jobNames(u.jobs), store.Name, e.id),
		Region:  r.Region, Label: jobNames(u.jobs), Job: oneJob(u.jobs), Owner: e.exception.Owner, Identity: e.identity,
		Fix: fmt.Sprintf("write `environment: %s` in the job, or add an exception for the %s that it reads", store.Name, r.Name),
		Related: []finding.Related{manifestLine(p.Manifest.At(manifest.Pointer("exceptions", e.id, "store")),
			"exception %q says where %s is kept", e.id, r.Name)},
		Flow:       flow("secret "+r.Name, r.Region, j, j.File, r.Step),
		Key:        "secret " + r.Name + " " + scopeKey(r.String),
		Credential: &finding.Credential{Secret: r.Name},
	}
	if r.Via != nil {
		f.Flow = flow("secret "+r.Name, r.Region, j, r.Via.File, r.Step)
		f.Key = "job " + j.Job.ID.Value + " secret " + r.Name
	}
	if p.isIdentifier(r) {
		asIdentifier(&f, r)
	}
	p.Report(f)
}

// reportStoredBeside reports a secret of the same name that every job of the repository may read, unless the manifest says
// that it is there.
func (p *Pass) reportStoredBeside(id string, e *manifest.Exception) {
	for _, beside := range []struct {
		scope inventory.Scope
		store manifest.StoreKind
	}{{inventory.OfRepository, manifest.StoreActions}, {inventory.OfOrganization, manifest.StoreActionsOrg}} {
		if p.stored(e.Secret, beside.scope, "") == nil || p.excepts(e.Secret, manifest.Store{Kind: beside.store}) {
			continue
		}
		pointer := manifest.Pointer("exceptions", id, "store")
		p.ReportLive(finding.Finding{
			Message: fmt.Sprintf("secret %s of environment %q is stored for the %s as well, which no exception registers: any job that leaves the environment out reads that",
				e.Secret, e.Store.Name, beside.scope),
			Region: p.Manifest.At(pointer), Owner: e.Owner,
			Fix: fmt.Sprintf("delete the %s's, and revoke it where it was issued if it is another; where it is meant, add an exception for it with `store: %s`",
				beside.scope, beside.store),
			Key:        string(beside.scope) + " " + pointer,
			Credential: &finding.Credential{Secret: strings.ToUpper(e.Secret)},
		})
	}
}
