package posture

import (
	"fmt"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/secret"
)

// except applies the manifest's exceptions for files to f, a finding of t. One that is in force suppresses
// it; those that register t and are overdue are told instead, and whose they are.
func (p *Pass) except(f *finding.Finding, t *secret.Token) {
	if p.Manifest == nil {
		return
	}
	own := len(f.Related)
	for _, id := range p.Manifest.ExceptionIDs() {
		e := p.Manifest.Exceptions[id]
		if !p.registers(&e, t) {
			continue
		}
		pointer := manifest.Pointer("exceptions", id)
		field, why := overdue(&e, t, p.Now)
		if field == "" {
			f.Suppressed = &finding.Suppression{
				Kind: "exception", Reason: e.Reason, Until: e.Expires.String(), Region: p.Manifest.KeyAt(pointer),
			}
			f.Related, f.Owner = f.Related[:own], e.Owner
			return
		}
		f.Owner = e.Owner
		f.Related = append(f.Related, finding.Related{
			Role: "manifest", Message: fmt.Sprintf("exception %q %s", id, why), Region: p.Manifest.At(pointer + manifest.Pointer(field)),
		})
	}
}

// overdue says which field of e has run out for t, and how; "" where none has. The age of a secret is known
// only where somebody asked the history.
func overdue(e *manifest.Exception, t *secret.Token, now time.Time) (field, why string) {
	if e.Expires.Over(now) {
		return "expires", "ended on " + e.Expires.String()
	}
	if due := t.Since.Add(e.RotateEvery.Std()); !t.Since.IsZero() && now.After(due) {
		return "rotate-every", fmt.Sprintf("wants it rotated every %s, and it has been there since %s", e.RotateEvery, manifest.DateOf(t.Since))
	}
	return "", ""
}

// coversToken reports whether e may register t: by its file and, where the file names its secrets, by name.
func coversToken(e *manifest.Exception, t *secret.Token) bool {
	return e.Store.Kind == manifest.StoreFile && e.Store.Name == t.Region.Path &&
		(t.Key == "" || strings.EqualFold(t.Key, e.Secret))
}

// registers reports whether e registers t and can't be meant for another: of what stands in a file without
// a name, it takes the only value, and only where nothing has its name.
func (p *Pass) registers(e *manifest.Exception, t *secret.Token) bool {
	if !coversToken(e, t) {
		return false
	}
	if t.Key != "" {
		return true
	}
	for i := range p.Tokens {
		o := &p.Tokens[i]
		if o.Region.Path != t.Region.Path || o.Covered || o.Unlikely != "" {
			continue
		}
		if strings.EqualFold(o.Key, e.Secret) || o.Key == "" && !o.Value.Equal(t.Value) {
			return false
		}
	}
	return true
}
