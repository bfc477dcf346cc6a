package manifest

import (
	"github.com/curfew-ci/curfew/internal/source"
)

// Reason is one condition that isn't proven. Its texts hold what tokens and files say as it stands there:
// Text escapes it, and whoever prints it masks secrets.
type Reason struct {
	// Code names the condition; it stays the same from version to version.
	Code Code `json:"code"`
	// Message is what is wrong: lower case, one sentence, no full stop.
	Message string `json:"message"`
	// Received is what was found; "" where nothing was compared.
	Received string `json:"received,omitempty"`
	// Expected is what would have done.
	Expected string `json:"expected,omitempty"`
	// Fix is what would make it pass.
	Fix string `json:"fix"`
	// Unknown: nothing speaks against it, but a fact that would prove it is missing. A lease is denied
	// all the same; a scan says "not checked".
	Unknown bool `json:"unknown,omitempty"`
	// Region is the line that decided, in the manifest or the organisation's policy.
	Region source.Region `json:"region"`
	// Policy is the policy's line where Region, in the manifest, would widen it.
	Policy source.Region `json:"policy,omitzero"`
}

// Code names a condition that can fail.
type Code string

// The codes, by the condition that they belong to. docs/decide.md lists them.
const (
	CodeGrantUnknown    Code = "grant-unknown"
	CodeGrantIncomplete Code = "grant-incomplete"

	CodeIssuer         Code = "issuer-not-allowed"
	CodeTokenUnclear   Code = "token-unclear"
	CodeProjectUnknown Code = "project-unknown"
	CodeClaimMismatch  Code = "claim-mismatch"
	CodeClaimUnlisted  Code = "claim-unlisted"
	CodeEvent          Code = "event-not-allowed"

	CodePolicyUnknown Code = "policy-unknown"
	CodeExtends       Code = "extends-mismatch"
	CodeOrganization  Code = "organization-mismatch"
	CodeOwnerTaken    Code = "owner-redefined"
	CodeCeiling       Code = "exceeds-ceiling"
	CodeSystem        Code = "system-not-allowed"
	CodeSeparation    Code = "separation-of-duties"

	CodeOwnerUnknown  Code = "owner-unknown"
	CodeExpired       Code = "expired"
	CodeSponsor       Code = "sponsor-ended"
	CodeUncertified   Code = "certification-unknown"
	CodeOverdue       Code = "certification-overdue"
	CodeReviewMissed  Code = "review-missed"
	CodeReviewUnknown Code = "review-unknown"

	CodeRunUnclear Code = "run-unclear"
	CodeTrigger    Code = "trigger-unproven"
	CodeBreakGlass Code = "break-glass-refused"
	CodeNoStore    Code = "no-shared-store"
	CodeLimit      Code = "limit-reached"
	CodeGuard      Code = "guard-unverified"
	CodeTTL        Code = "ttl-too-long"
)
