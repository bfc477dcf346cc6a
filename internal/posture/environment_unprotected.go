package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// environmentUnprotected reports environments that the manifest entitles by, and that keep nobody out: a claim or a
// stored secret is bound to an environment because the environment guards it.
func environmentUnprotected(p *Pass) {
	if p.Manifest == nil || p.Inventory == nil {
		return
	}
	if read, _ := p.Inventory.Has("environments", ""); !read {
		return // which is told as not checked
	}
	for _, id := range p.Manifest.IdentityIDs() {
		identity := p.Manifest.Identities[id]
		claim := identity.Claims["environment"]
		for _, name := range claim.Any {
			p.judgeEnvironment(name, guarded{
				pointer: manifest.Pointer("identities", id, "claims", "environment"), what: fmt.Sprintf("identity %q", id),
				owner: identity.Owner, identity: id, approval: asksApproval(&identity),
			})
		}
	}
	for _, id := range p.Manifest.ExceptionIDs() {
		e := p.Manifest.Exceptions[id]
		if e.Store.Kind == manifest.StoreActionsEnv {
			p.judgeEnvironment(e.Store.Name, guarded{
				pointer: manifest.Pointer("exceptions", id, "store"), what: "secret " + e.Secret, owner: e.Owner,
			})
		}
	}
}

// guarded is what an environment is to guard.
type guarded struct {
	pointer, what, owner, identity string
	approval                       bool // the grant counts approvals of the environment
}

func (p *Pass) judgeEnvironment(name string, g guarded) {
	report := func(kind, message, fix string) {
		p.Report(finding.Finding{
			Message: fmt.Sprintf("environment %q, which guards %s, %s", name, g.what, message),
			Region:  p.Manifest.At(g.pointer), Fix: fix, Owner: g.owner, Identity: g.identity,
			Key: kind + " " + name + " " + g.pointer,
		})
	}
	const settings = "give the environment required reviewers, or let it be deployed to from protected branches alone"
	e := p.environment(name)
	switch {
	case e == nil:
		report("absent", "isn't there: the first job that names it makes it, and anybody's job may", settings)
	case g.approval && len(e.Reviewers) == 0:
		report("approval", "has no reviewers, and the grant counts their approvals", "give the environment required reviewers")
	case g.approval && !e.NoSelfReview:
		report("self", "lets who started the job approve it", "set \"prevent self-review\" for its required reviewers")
	case e.Branches == inventory.ProtectedBranch && p.isOpen(e) != "":
		report("open", "lets in protected branches, and no branch is protected: GitHub then lets in a job of any",
			"protect the branch that deploys, or give the environment required reviewers")
	case p.isOpen(e) != "":
		report("open", "lets in a job of any "+p.isOpen(e)+", without a review", settings)
	}
}

// isOpen says of which refs any has its jobs let in, "branch" or "tag": whoever can push one can have a job in the
// environment. It is "" for none. A wait keeps nobody out. Patterns that weren't read may well be narrow, and are told
// as not checked; so may what branches are protected.
func (p *Pass) isOpen(e *inventory.Environment) string {
	if len(e.Reviewers) > 0 || len(e.OtherRules) > 0 {
		return ""
	}
	if e.Branches == inventory.ProtectedBranch && p.Inventory.Protected != nil && !*p.Inventory.Protected {
		return "branch" // "protected branches" keeps nobody out where there are none
	}
	if e.Branches == inventory.AnyBranch || slices.ContainsFunc(e.BranchPatterns, matchesAll("refs/heads/")) {
		return "branch"
	}
	if slices.ContainsFunc(e.BranchPatterns, matchesAll("refs/tags/")) {
		return "tag"
	}
	return ""
}

// matchesAll reports of a pattern whether all refs that begin so match it.
func matchesAll(prefix string) func(pattern string) bool {
	return func(pattern string) bool { return strings.Trim(strings.TrimPrefix(pattern, prefix), "*/") == "" }
}

// asksApproval reports whether a grant of the identity may count approvals of its environment.
func asksApproval(identity *manifest.Identity) bool {
	var asks func(w manifest.When) bool
	asks = func(w manifest.When) bool {
		return w.EnvironmentApproval != nil || slices.ContainsFunc(w.Any, asks) || slices.ContainsFunc(w.All, asks)
	}
	for _, grant := range identity.Grants {
		if grant.When != nil && asks(*grant.When) {
			return true
		}
	}
	return false
}
