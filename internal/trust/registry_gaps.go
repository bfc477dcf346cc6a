package trust

import (
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
)

// registryGaps says what a registry doesn't hold tokens to. What a protected environment decides, it stands in for.
func (q *request) registryGaps(b *registry) {
	kind := b.kind
	environment := q.demand.claims["environment"]
	q.eventUnbound(kind.name, true)
	for _, name := range sortedKeys(q.demand.claims) {
		switch name {
		case "iss", kind.project, "repository_owner", "environment", q.who.ClaimFor(identity.Event):
		case q.who.ClaimFor(identity.Definition), kind.definition:
			q.definitionUnbound(b, name, environment)
		case "sub":
			q.subjectUnbound(kind)
		case q.projectClaim():
			if kind.ownerID {
				q.gap(Elsewhere, name, kind.name+" doesn't bind "+name+": the owner's id, and the project's name, stand in for it", "give the project's name to no other")
				continue
			}
			q.ownerUnbound(kind, name)
		case q.who.ClaimFor(identity.Owner):
			if !kind.ownerID {
				q.ownerUnbound(kind, name)
			}
		default:
			if name == "runner_environment" && kind.hosted && slices.Equal(q.demand.claims[name], []string{"github-hosted"}) {
				continue
			}
			q.claimUnbound(kind, name, environment)
		}
	}
	q.endless(kind.name, "publisher")
}

func (q *request) ownerUnbound(kind registryKind, name string) {
	q.gap(Wider, name, kind.name+" goes by names and isn't known to bind "+name+": whoever takes over the project's name is let in",
		"remove the publisher before the project is renamed, moved or deleted")
}

// definitionUnbound says how far a claim of the file goes: its ref at least is nobody's, and who goes by the workflow that is
// started takes what it calls along.
func (q *request) definitionUnbound(b *registry, name string, environment []string) {
	kind, called := b.kind, ""
	if kind.definition == "workflow_ref" && name != kind.definition {
		called = ", nor what that file calls"
		if !q.startedFile(b, name) {
			q.gap(Wider, name, kind.name+" goes by the workflow that is started and can't bind "+name+": any workflow that it calls is let in",
				"let the job stand in the workflow that is started")
			return
		}
	}
	how, fix := Wider, "list the environment under claims, and give it deployment branches"
	if environment != nil {
		how, fix = Elsewhere, "give deployment branches to "+strings.Join(environment, ", ")
	}
	q.gap(how, name, kind.name+" binds the file of "+name+" and not its ref"+called+": the file as any branch has it is let in", fix)
}

// startedFile reports whether each value of a claim is a file that a publisher is for.
func (q *request) startedFile(b *registry, name string) bool {
	return !slices.ContainsFunc(q.demand.claims[name], func(ref string) bool {
		return !slices.ContainsFunc(b.publishers, func(p publisher) bool { return strings.HasPrefix(ref, b.kind.path(p)+"@") })
	})
}

// subjectUnbound is no gap where the subjects say no more than what is bound anyway.
func (q *request) subjectUnbound(kind registryKind) {
	for _, sub := range q.demand.claims["sub"] {
		for name := range provenBySubject(sub) {
			if !slices.Contains([]string{kind.project, "repository_owner", "environment"}, name) && q.demand.claims[name] == nil {
				q.gap(Wider, "sub", kind.name+" doesn't bind the subject: any value of "+name+" is let in", "list "+name+" under claims, to see what stands in for it")
				return
			}
		}
		if provenBySubject(sub) == nil {
			q.gap(Wider, "sub", kind.name+" doesn't bind the subject", "list under claims what it is made of")
			return
		}
	}
}

// claimUnbound is the gap of any other claim. An environment's deployment branches hold to a ref.
func (q *request) claimUnbound(kind registryKind, name string, environment []string) {
	if name == q.who.ClaimFor(identity.Ref) && environment != nil {
		q.gap(Elsewhere, name, kind.name+" can't bind "+name+": any branch that may deploy to its environment is let in", "give deployment branches to "+strings.Join(environment, ", "))
		return
	}
	q.gap(Wider, name, kind.name+" can't bind the claim "+name+": any value of it is let in", "require a protected environment that holds to it")
}
