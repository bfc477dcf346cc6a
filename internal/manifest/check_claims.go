package manifest

import (
	"strconv"
)

// The claims that tell one job's token from others', on the platforms that curfew knows.
const (
	claimRepositoryID   = "repository_id"
	claimJobWorkflowRef = "job_workflow_ref"
	claimProjectID      = "project_id"
	claimCIConfigRef    = "ci_config_ref_uri"
)

// checkClaims checks that an identity with grants says whose token it trusts, and that the values of
// known claims look as the platforms write them.
func (d *decoder) checkClaims(ptr string, id *Identity) {
	claims := ptr + "/claims"
	if d.has(ptr+"/grants") && id.Claims != nil {
		d.requireClaims(claims, id.Claims)
	}
	for name, m := range id.Claims {
		d.checkClaim(claims+Pointer(name), claimForm(name), m)
	}
}

// requireClaims asks for the claims that bind a token to one repository and one workflow file.
func (d *decoder) requireClaims(ptr string, claims map[string]Match) {
	required := [2]string{claimRepositoryID, claimJobWorkflowRef}
	_, gitlab := claims[claimProjectID]
	_, config := claims[claimCIConfigRef]
	if gitlab || config {
		required = [2]string{claimProjectID, claimCIConfigRef}
	}
	for _, name := range required {
		if _, ok := claims[name]; !ok {
			d.failKey(ptr, d.subject(ptr)+" lacks "+quote(name)+": expected at least "+required[0]+" and "+required[1]+
				" where there are grants", "add "+name+": with the value that the job's token has")
		}
	}
}

// claimForm names the form of a known claim's value, "" for the others.
func claimForm(name string) string {
	switch name {
	case claimRepositoryID, "repository_owner_id", "actor_id", "enterprise_id", claimProjectID, "namespace_id", "user_id":
		return "number"
	case claimJobWorkflowRef, "workflow_ref":
		return "workflow-ref"
	case "repository":
		return "repository"
	case "environment":
		return "environment"
	}
	return ""
}

func (d *decoder) checkClaim(ptr, formName string, m Match) {
	if formName == "" {
		return
	}
	if m.IsGlob() && formName == "number" {
		d.failAt(ptr, d.subject(ptr)+" is a pattern: expected an id of digits, which is known or isn't",
			"write the id itself, in quotes")
	}
	for i, literal := range m.Any {
		at := ptr + Pointer(strconv.Itoa(i))
		if !d.has(at) {
			at = ptr
		}
		d.formAt(at, literal, formName)
	}
}
