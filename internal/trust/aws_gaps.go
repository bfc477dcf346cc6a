package trust

import (
	"fmt"
	"maps"
	"slices"

	"github.com/curfew-ci/curfew/internal/identity"
)

// awsGaps says what the trust policy leaves open of what the manifest asks for.
func (q *request) awsGaps(subs subjects, bound []string) {
	q.eventUnbound("AWS", true)
	for _, name := range slices.Sorted(maps.Keys(q.demand.claims)) {
		switch {
		case name == "iss", name == "sub", name == q.who.ClaimFor(identity.Event):
		case slices.Contains(bound, name), slices.Contains(subs.covered, name):
		case name == q.who.ClaimFor(identity.Owner) && len(subs.byNames) == 0:
		case name == q.who.ClaimFor(identity.Owner) && slices.Contains(bound, q.who.ClaimFor(identity.Project)):
			q.gap(Elsewhere, name, "AWS binds "+name+" in subjects with ids alone; in those by names the owner's name and "+
				q.who.ClaimFor(identity.Project)+" stand in for it", "drop the statement SubjectByNames once tokens carry ids")
		case name == q.who.ClaimFor(identity.Project) && len(subs.byNames) == 0 && len(subs.immutable) > 0:
		default:
			q.gap(Wider, name, "AWS can't bind the claim "+name+" of tokens from "+q.issuer+": any value of it is let in",
				"narrow by environment, ref or job_workflow_ref, or require a protected environment")
		}
	}
	if ttl := q.grant.TTL; ttl != nil && seconds(q.grant) < awsLeastSession {
		q.gap(Elsewhere, "", fmt.Sprintf("AWS lets whoever may assume a role ask for an hour: a lease asks for the grant's %s, another step needn't", ttl),
			"give the role rights that may be held for an hour")
	}
	if partition := q.partition(); partition != "aws" && len(bound) > 0 {
		q.gap(Narrower, "", "AWS announced claims as condition keys for its commercial regions: where the partition "+partition+" has none, every token is turned away",
			"assume the role there once before it is needed")
	}
}

func (q *request) partition() string {
	role, _ := cutARN(q.grant.AWS.Role)
	return role.partition
}
