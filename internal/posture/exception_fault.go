package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// exceptionFault reports exceptions of the manifest that have ended, outlast what is allowed, have no
// owner that is known, or have no use. Faults of ignore comments and of the baseline bear the same id and
// come from package suppress, which alone knows what they silence.
func exceptionFault(p *Pass) {
	for i := range p.Faults {
		if f := &p.Faults[i]; ofException(f) {
			p.reportFault(f)
		}
	}
	if p.Manifest == nil {
		return
	}
	for _, id := range p.Manifest.ExceptionIDs() {
		e := p.Manifest.Exceptions[id]
		if e.Expires.Over(p.Now) {
			p.exception(id, "expires", "ended", fmt.Sprintf("exception %q of secret %s ended on %s", id, e.Secret, e.Expires),
				"replace the secret and remove the exception, or have its owner accept the risk again until a later day")
		}
		if p.provenUnused(&e) {
			p.exception(id, "", "unused", fmt.Sprintf("exception %q has no use: %s", id, noUse(&e)),
				"revoke the secret and remove the exception")
		}
	}
}

func (p *Pass) exception(id, field, kind, message, fix string) {
	pointer := manifest.Pointer("exceptions", id)
	region := p.Manifest.KeyAt(pointer)
	if field != "" {
		region = p.Manifest.At(pointer + manifest.Pointer(field))
	}
	p.Report(finding.Finding{
		Message: message, Region: region, Fix: fix, Owner: p.Manifest.Exceptions[id].Owner, Key: kind + " " + pointer,
	})
}

func noUse(e *manifest.Exception) string {
	if e.Store.Kind == manifest.StoreFile {
		return "no such token stands in " + e.Store.Name
	}
	return "no job reads " + e.Secret
}

// provenUnused reports whether nothing can use e. Secrets of other services' stores, and jobs that read
// secrets by computed names or hand all of them on, leave it open.
func (p *Pass) provenUnused(e *manifest.Exception) bool {
	switch e.Store.Kind {
	case manifest.StoreFile:
		for i := range p.Tokens {
			if coversToken(e, &p.Tokens[i]) {
				return false
			}
		}
		return !slices.Contains(p.Unread, e.Store.Name)
	case manifest.StoreActions, manifest.StoreActionsEnv, manifest.StoreActionsOrg:
		for _, j := range p.Usage.Jobs {
			for i := range j.Secrets {
				if name := j.Secrets[i].Name; name == "" || strings.EqualFold(name, e.Secret) {
					return false
				}
			}
		}
		return true
	}
	return false
}
