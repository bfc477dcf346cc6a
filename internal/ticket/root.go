package ticket

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/rules"
)

// Root is one cause of findings with one owner: a stored secret, a token wherever it stands, or what one rule says of
// one job or one line of the manifest.
type Root struct {
	Fingerprint string // stays the same when lines move
	Cause       string // the same without the owner
	What        string // in words, for a title; as the repository says it
	Owner       string // an owner's id; "" where nobody is
	Severity    finding.Severity
	Findings    []*finding.Finding // that count
	Accepted    []*finding.Finding // that are suppressed by what still holds
	Steps       *Steps
	Sources     []scan.Source

	Left []Leftover // of a checklist, which has no findings
	of   string     // the identity that left it
	more int        // and so many that there was no room for in the memo
	// archived says that nothing runs in its repository any more: the manifest there entitles to nothing.
	archived bool
}

// roots groups a result's findings. Notes make no root unless they are about what is dead.
func (in *Input) roots(steps []*Steps) ([]*Root, error) {
	all, err := rules.All()
	if err != nil {
		return nil, err
	}
	sources := map[string]scan.Source{}
	for _, r := range all {
		sources[r.ID] = scan.Source(r.Source)
	}
	found := map[string]*Root{}
	for i := range in.Result.Findings {
		f := &in.Result.Findings[i]
		if f.Severity <= finding.Note && !dead(f) {
			continue
		}
		r := in.root(f, steps)
		if have := found[r.Fingerprint]; have != nil {
			r = have
		}
		found[r.Fingerprint] = r
		source := sources[f.Rule]
		if f.Source != "" && source != "" { // which was judged in the light of what the rule reads first
			r.Sources = append(r.Sources, source)
			source = scan.Source(f.Source)
		}
		r.add(f, source, in)
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *Root) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Fingerprint, b.Fingerprint))
	}), nil
}

// root is the root of f without any findings.
func (in *Input) root(f *finding.Finding, steps []*Steps) *Root {
	cause, what := causeOf(f)
	r := &Root{What: what, Owner: in.ownerOf(f), Steps: stepsFor(f.Credential, steps)}
	r.Cause = hash(append([]string{"curfew/cause/v1", strings.ToLower(in.Repository)}, cause...)...)
	r.Fingerprint = hash("curfew/root/v1", r.Cause, r.Owner)
	return r
}

// causeOf names what findings with the same cause share.
func causeOf(f *finding.Finding) (cause []string, what string) {
	c := f.Credential
	switch {
	case c != nil && c.Secret != "":
		return []string{"secret", strings.ToUpper(c.Secret)}, "secret " + c.Secret
	case c != nil && c.Fingerprint != "":
		return []string{"token", c.Fingerprint}, cmp.Or(c.Kind, "a credential") + " in " + f.Region.Path
	case c != nil:
		return []string{"guess", c.Detector, f.Region.Path, f.Key}, cmp.Or(c.Kind, "a credential") + " in " + f.Region.Path
	case f.Job != "":
		return []string{"job", f.Rule, f.Region.Path, f.Job, f.Identity}, f.Rule + " in job " + f.Job + " of " + f.Region.Path
	}
	return []string{"place", f.Rule, f.Region.Path, f.Key}, f.Rule + " in " + f.Region.Path
}

// ownerOf is the id of who must act: the finding's owner, or its identity's.
func (in *Input) ownerOf(f *finding.Finding) string {
	if f.Owner != "" || in.Manifest == nil {
		return f.Owner
	}
	return in.Manifest.Identities[f.Identity].Owner
}

func (r *Root) add(f *finding.Finding, source scan.Source, in *Input) {
	r.Sources = append(r.Sources, source)
	switch {
	case source == "": // a rule of another version: nothing less than everything says that it is gone
		r.Sources = scan.Sources()
	case source == scan.Platform && f.Owner != "": // who owns it is the manifest's word, without which nobody judges it
		r.Sources = append(r.Sources, scan.Entitlements)
	}
	if source == scan.Platform && f.Job != "" { // what the job does with it is the workflow's
		r.Sources = append(r.Sources, scan.Workflows)
	}
	slices.Sort(r.Sources)
	r.Sources = slices.Compact(r.Sources)
	if accepted(f, in) {
		r.Accepted = append(r.Accepted, f)
		return
	}
	r.Findings = append(r.Findings, f)
	r.Severity = max(r.Severity, f.Severity)
}

// accepted reports whether f is suppressed by what says until when, and that day isn't over.
func accepted(f *finding.Finding, in *Input) bool {
	if f.Suppressed == nil {
		return false
	}
	until, err := manifest.ParseDate(f.Suppressed.Until)
	return err == nil && !until.Over(in.Now)
}

// first are the findings that a memo has place for; r may be nil.
func (r *Root) first() []*finding.Finding {
	if r == nil {
		return nil
	}
	return r.Findings[:min(len(r.Findings), maxFindings)]
}

// identity is the one that all findings are about; "" where they are about several, or none.
func (r *Root) identity() string {
	for _, f := range r.Findings {
		if f.Identity != r.Findings[0].Identity {
			return ""
		}
	}
	return r.Findings[0].Identity
}

// paths lists where r's findings stand, and more; nothing where that is too much for a memo.
func (r *Root) paths(more ...string) []string {
	seen := map[string]bool{}
	for _, path := range more {
		seen[path] = true
	}
	for _, f := range r.Findings {
		seen[f.Region.Path] = true
		for _, s := range f.Flow {
			seen[s.Region.Path] = true
		}
	}
	paths := slices.Sorted(maps.Keys(seen))
	if quoted(paths...) > maxPaths {
		return nil
	}
	return paths
}

// provable reports whether a provider can say that the credential is dead.
func (r *Root) provable() bool {
	return r.Steps != nil && r.Steps.Word && slices.ContainsFunc(r.Findings, func(f *finding.Finding) bool {
		return f.Credential != nil && f.Credential.Detector != ""
	})
}

// died is the provider's word: some finding's credential is dead, and none's lives. Of guesses each must be dead, as
// they needn't be of one value.
func (r *Root) died() (said, is bool) {
	mixed := false
	for _, f := range r.Findings {
		switch {
		case f.Liveness != nil && f.Liveness.Status == "live":
			return true, false
		case dead(f):
			said, is = true, true
		default:
			mixed = mixed || guessed(f)
		}
	}
	return said, is && !mixed
}

// guessed reports whether f's credential is known by its place alone: another may come to stand there.
func guessed(f *finding.Finding) bool {
	return f.Credential != nil && f.Credential.Secret == "" && f.Credential.Fingerprint == ""
}

func dead(f *finding.Finding) bool { return f.Liveness != nil && f.Liveness.Status == "dead" }

// past reports whether all that is left stands in the history, which nothing takes it out of.
func (r *Root) past() bool {
	return !slices.ContainsFunc(r.Findings, func(f *finding.Finding) bool { return f.History == nil })
}

func (r *Root) inHistory() bool {
	return slices.ContainsFunc(r.Findings, func(f *finding.Finding) bool { return f.History != nil })
}

// calls reports whether a cause calls for a ticket.
func (p *planner) calls(r *Root) bool {
	if len(r.Left) > 0 {
		return p.in.sight(r) != gone
	}
	return len(r.Findings) > 0 && !r.quiet()
}

// quiet reports whether nothing is left to be done about r: its credential is dead.
func (r *Root) quiet() bool {
	_, died := r.died()
	return died
}
