package posture

import (
	"fmt"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/usage"
)

// tokenExceedsGrant reports rights of a job's GITHUB_TOKEN beyond what its identities are granted, once
// for each identity and line that gives them. Jobs without an identity may read; what they can write is reported. A
// token that nobody sized is token-default's.
func tokenExceedsGrant(p *Pass) {
	if p.Manifest == nil {
		return
	}
	var out []*excess
	seen := map[excessKey]*excess{}
	for _, j := range p.Usage.Jobs {
		for _, x := range p.excesses(j) {
			if at := seen[x.key()]; at != nil {
				at.jobs = append(at.jobs, j)
				continue
			}
			seen[x.key()] = x
			out = append(out, x)
		}
	}
	for _, x := range out {
		p.reportExcess(x)
	}
}

// excess is one line that gives jobs more than they are granted.
type excess struct {
	scopes  []usage.TokenScope // one, or several that write-all or read-all stands for
	all     string             // write-all or read-all
	granted manifest.Access    // of the one scope
	match   *manifest.JobMatch // nil where no identity runs as the job
	jobs    []*usage.Job
}

type excessKey struct {
	path     string
	offset   int
	scope    string
	identity string
}

func (x *excess) key() excessKey {
	s := x.scopes[0]
	k := excessKey{path: s.Region.Path, offset: s.Region.Start.Offset, scope: s.Name}
	if x.all != "" {
		k.scope = x.all
	}
	if x.match != nil {
		k.identity = x.match.ID
	}
	return k
}

// excesses compares one job's token with what its identities are granted together.
func (p *Pass) excesses(j *usage.Job) []*excess {
	if !j.Token.Declared {
		return nil
	}
	matches := p.own(j)
	if j.OnlyCalled && len(matches) == 0 {
		return nil // it has what the jobs that call it give
	}
	var match *manifest.JobMatch
	if len(matches) > 0 {
		match = &matches[0]
	}
	var out []*excess
	for _, s := range j.Token.Levels() {
		granted := grantedAccess(matches, s.Name)
		if granted.Covers(manifest.Access(s.Level)) || match == nil && s.Level == "read" {
			continue
		}
		if j.Token.All != "" && len(out) > 0 {
			out[0].scopes = append(out[0].scopes, s)
			continue
		}
		out = append(out, &excess{
			scopes: []usage.TokenScope{s}, all: j.Token.All, granted: granted, match: match, jobs: []*usage.Job{j},
		})
	}
	return out
}

// grantedAccess is the highest level of a scope that any of matches grants.
func grantedAccess(matches []manifest.JobMatch, scope string) manifest.Access {
	var out manifest.Access
	for _, m := range matches {
		if a := m.Identity.Token[scope]; out == "" || a == manifest.Write {
			out = a
		}
	}
	return out
}

func (p *Pass) reportExcess(x *excess) {
	s, j := x.scopes[0], x.jobs[0]
	right := s.Name + ": " + s.Level
	f := finding.Finding{
		Region: s.Region, Label: jobNames(x.jobs), Job: oneJob(x.jobs),
		Key:  "token " + right + " " + x.where(),
		Flow: flow("GITHUB_TOKEN with "+right, s.Region, j, j.File, nil),
	}
	if x.worst() == "read" {
		f.Severity = finding.Low
	}
	p.explainExcess(&f, x, right)
	p.Report(f)
}

// explainExcess says what is granted, and what would bring both in line.
func (p *Pass) explainExcess(f *finding.Finding, x *excess, right string) {
	j, who := x.jobs[0], jobNames(x.jobs)
	if x.all != "" {
		right = x.all
		f.Key = "token " + x.all + " " + x.where()
	}
	if x.match == nil {
		f.Message = fmt.Sprintf("%s %s %s, but no identity runs as %s", who, has(x.jobs), right, it(x.jobs))
		f.Fix = fmt.Sprintf("take the right away, or add an identity with %s and `token: { %s }`", runsAs(j), x.rights())
		f.Related = []finding.Related{manifestLine(p.Manifest.KeyAt("/identities"), "no identity runs as job %q of %s", j.Job.ID.Value, j.File.Path)}
		return
	}
	id := x.match.ID
	f.Identity, f.Owner = id, x.match.Identity.Owner
	f.Key += " identity " + id
	region := p.tokenOf(id)
	if x.all != "" {
		f.Message = fmt.Sprintf("%s %s %s, which is more than identity %q is granted: %s", who, has(x.jobs), right, id, x.listed())
		f.Fix = fmt.Sprintf("list the scopes in `permissions:` that identity %q has under `token:`", id)
		f.Related = []finding.Related{manifestLine(region, "identity %q is granted no more than this", id)}
		return
	}
	granted := "nothing of it"
	fix := "remove the line"
	if x.granted != "" {
		granted = fmt.Sprintf("%s: %s", x.scopes[0].Name, x.granted)
		fix = fmt.Sprintf("write `%s`", granted)
		region = p.Manifest.At(manifest.Pointer("identities", id, "token", x.scopes[0].Name))
	}
	f.Message = fmt.Sprintf("%s %s %s, but identity %q is granted %s", who, has(x.jobs), right, id, granted)
	f.Fix = fmt.Sprintf("%s, or have the owner write `%s` under `token:` of identity %q", fix, right, id)
	f.Related = []finding.Related{manifestLine(region, "identity %q is granted %s", id, granted)}
}

// tokenOf is where an identity's ceiling stands, or the identity where it has none.
func (p *Pass) tokenOf(id string) source.Region {
	if len(p.Manifest.Identities[id].Token) == 0 {
		return p.Manifest.KeyAt(manifest.Pointer("identities", id))
	}
	return p.Manifest.KeyAt(manifest.Pointer("identities", id, "token"))
}

// where tells the workflow's permissions from a job's own by names that stay when lines move.
func (x *excess) where() string {
	j := x.jobs[0]
	if p := j.Job.Permissions; p != nil && p.Span.Contains(x.scopes[0].Region.Start.Offset) {
		return "job " + j.Job.ID.Value
	}
	return "workflow"
}

func (x *excess) worst() string {
	for _, s := range x.scopes {
		if s.Level == "write" {
			return "write"
		}
	}
	return "read"
}

// rights renders the scopes as a flow mapping's entries.
func (x *excess) rights() string {
	if x.all != "" {
		return "contents: read"
	}
	return x.scopes[0].Name + ": " + x.scopes[0].Level
}

func (x *excess) listed() string {
	names := make([]string, len(x.scopes))
	for i, s := range x.scopes {
		names[i] = s.Name + ": " + s.Level
	}
	return listed(names, 3)
}

func has(jobs []*usage.Job) string {
	if len(jobs) == 1 {
		return "has"
	}
	return "have"
}

func it(jobs []*usage.Job) string {
	if len(jobs) == 1 {
		return "it"
	}
	return "them"
}
