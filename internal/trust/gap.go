package trust

import (
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/source"
)

// Gap is where what is rendered and what the manifest says differ.
type Gap struct {
	Grant   string // IDENTITY/GRANT
	Kind    GapKind
	Message string
	Fix     string
	Region  source.Region // the line of the manifest that asks for it
}

// GapKind says what a gap comes to.
type GapKind string

// The kinds.
const (
	// Missing: the grant has no document.
	Missing GapKind = "missing"
	// Wider: the document lets in what the manifest doesn't, and nothing stands in for it.
	Wider GapKind = "wider"
	// Foreign: the document lets in another project than the one that the manifest lies in.
	Foreign GapKind = "foreign"
	// Elsewhere: the document holds only with something outside of it, such as a protected environment.
	Elsewhere GapKind = "elsewhere"
	// Narrower: the document turns away what the manifest lets in.
	Narrower GapKind = "narrower"
)

// Open reports whether the cloud would not hold to the manifest: there is no document, or it lets in whom it shouldn't.
func (k GapKind) Open() bool { return k != Elsewhere && k != Narrower }

// eventUnbound says what stands in for the event that started the run, where a cloud can't bind it: the environment, where
// the cloud binds that.
func (q *request) eventUnbound(cloud string, environmentBound bool) {
	name := q.who.ClaimFor(identity.Event)
	listed := q.demand.claims[name]
	if listed == nil && q.events == nil {
		return
	}
	claim := ""
	if listed != nil {
		claim = name
	}
	wanted := strings.Join(slices.Concat(listed, q.events), ", ")
	if environments := q.demand.claims[q.who.ClaimFor(identity.Environment)]; environments != nil && environmentBound {
		q.gap(Elsewhere, claim, cloud+" can't bind "+name+": not only "+wanted+" but any event is let in that brings the job into its environment",
			"require a protected environment: reviewers and deployment branches on "+strings.Join(environments, ", "))
		return
	}
	q.gap(Wider, claim, cloud+" can't bind "+name+": not only "+wanted+" but any event is let in whose job proves the rest",
		"require a protected environment: list it under claims.environment, and give it reviewers and deployment branches")
}

// endless says that a cloud doesn't know when the entitlement ends.
func (q *request) endless(cloud, what string) {
	q.gap(Elsewhere, "", cloud+" takes no end of an entitlement: the "+what+" outlives the identity's last day, "+lastDay(q.identity).String(),
		"render it anew with every change of the manifest, and delete the "+what+" then")
}

// textAlone says which claims are numbers in tokens: a cloud that compares texts holds them for others.
func (q *request) textAlone(cloud string) {
	for _, name := range sortedKeys(q.demand.claims) {
		if slices.Contains([]string{"exp", "iat", "nbf", "runner_id"}, name) {
			q.gap(Narrower, name, "the claim "+name+" is a number in tokens, which "+cloud+" doesn't take for the text that the manifest has: every token is turned away",
				"leave it out of claims")
		}
	}
}
