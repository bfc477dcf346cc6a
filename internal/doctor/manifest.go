package doctor

import (
	"context"
	"errors"
	"io/fs"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/policy"
)

// manifest is whether what decides can be read, and is right.
func (e *exam) manifest(ctx context.Context) Finding {
	switch {
	case e.o.GovernanceErr != nil:
		return wrong(e.o.GovernanceErr.Error(), e.o.Job.Platform.Rules...)
	case !e.proven:
		return unchecked("needs an ID token, which proves whose manifest is read")
	}
	asked, cancel := e.limited(ctx)
	defer cancel()
	rules, err := e.o.Governance.Rules(asked, e.who, e.o.Task.Org)
	if err != nil {
		return wrong("what decides over leases can't be read: "+err.Error(), e.unread(err)...)
	}
	var points []Point
	m, faults := manifest.Parse(rules.Manifest.Path, rules.Manifest.Src)
	points = append(points, faulty(faults)...)
	var p *manifest.Policy
	if rules.Org != nil {
		p, faults = manifest.ParsePolicy(rules.Org.Path, rules.Org.Src)
		points = append(points, faulty(faults)...)
	}
	points = append(points, uncompiled(ctx, "organisation", rules.OrgRego)...)
	points = append(points, uncompiled(ctx, "repository", rules.RepoRego)...)
	if len(points) > 0 {
		return wrong("what decides over leases isn't right", "mend it in the repository that it is read from").with(points...)
	}
	e.m, e.p, e.rules = m, p, rules
	return e.read()
}

// read says what was read.
func (e *exam) read() Finding {
	r := e.rules
	f := ok(r.Manifest.Path + place(r.Manifest.Commit))
	switch {
	case r.Org != nil:
		f = f.with(Point{What: "the organisation's policy", Received: r.Org.Path + place(r.Org.Commit)})
	case e.m.Extends != "":
		f = wrong(f.Message+" extends "+e.m.Extends+", whose policy wasn't found", "see that the repository has "+manifest.PolicyPath+", or name it by --org-rules-from")
	}
	if !r.Workspace {
		return f
	}
	at := Point{What: "guard", Received: "unverified: every step of the job can have written what decides"}
	if e.p != nil && e.p.Guard != nil && e.p.Guard.Required {
		at.Expected, at.Fix = "the manifest at a commit of the guarded branch", "leave out --trust-workspace"
		at.Place = e.p.At(manifest.Pointer("guard", "required")).String()
		f.Status = Wrong
	}
	return f.with(at)
}

func place(commit string) string {
	if commit == "" {
		return ", in the workspace"
	}
	return " at commit " + commit
}

// faulty is all that is wrong with a file.
func faulty(faults manifest.Errors) []Point {
	var out []Point
	for _, f := range faults {
		out = append(out, Point{What: f.Message, Fix: f.Try, Place: f.Region.String()})
	}
	return out
}

// uncompiled is what is wrong with a policy in Rego.
func uncompiled(ctx context.Context, name string, modules []policy.Module) []Point {
	if modules == nil {
		return nil
	}
	if _, err := policy.Compile(ctx, name, modules); err != nil {
		return []Point{{What: "the " + name + "'s policy in Rego can't be compiled", Received: err.Error(), Expected: "modules that docs/policy.md describes"}}
	}
	return nil
}

// unread is what mends that something could not be read: a file that isn't there is no matter of rights.
func (e *exam) unread(err error) []string {
	if errors.Is(err, fs.ErrNotExist) {
		return []string{e.o.Job.Platform.Unread}
	}
	return e.o.Job.Platform.Rules
}

// facts tells why some facts about the run could not be had: one of them may be needed.
func (e *exam) facts() Finding {
	f := unchecked("some facts about the run could not be had, and deny where they are needed", "let the job's token read them (actions: read), or have the grant do without")
	for _, err := range e.rules.Unknown {
		f = f.with(Point{What: err.Error()})
	}
	return f
}
