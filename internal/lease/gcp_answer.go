package lease

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// gcpSaid is a refusal in Google's words: STS speaks as OAuth does, RFC 6749's section 5.2, and the other as all of Google's
// APIs do (https://cloud.google.com/apis/design/errors).
func gcpSaid(a answer) string {
	root, err := readJSON(a)
	if err != nil {
		return ""
	}
	code, message := text(root, "error"), text(root, "error_description")
	if code == "" {
		code, message = text(root, "error", "status"), text(root, "error", "message")
	}
	if code == "" || message == "" {
		return code + message
	}
	return code + ": " + message
}

// gcpCode is a refusal's code, and the reason that some have beside it.
func gcpCode(a answer) (code, reason string) {
	root, err := readJSON(a)
	if err != nil {
		return "", ""
	}
	if details := member(root, "error", "details"); details != nil {
		for _, d := range details.Items {
			if reason == "" {
				reason = text(d, "reason")
			}
		}
	}
	if code = text(root, "error"); code == "" {
		code = text(root, "error", "status")
	}
	return code, reason
}

// gcpFederateTry says what to change where the pool's provider turns the ID token away.
func gcpFederateTry(a answer, g *manifest.GCP) string {
	code, reason := gcpCode(a)
	switch {
	case reason == "SERVICE_DISABLED":
		return "enable sts.googleapis.com in the project of the provider"
	case code == "unauthorized_client":
		return "compare the claims with the attribute condition of the provider " + g.Provider
	case code == "invalid_target":
		return "see that the provider " + g.Provider + " is there, and neither it nor its pool is disabled"
	case code == "invalid_grant":
		return "compare aud and iss with the allowed audiences and the issuer of the provider " + g.Provider +
			"; exchange the ID token as soon as it is fetched, as it lives for minutes, and see that the machine's clock is right"
	case code == "invalid_request":
		return "see that the provider's attribute mapping gives google.subject, and what the message names"
	}
	return fmt.Sprintf("see that %s is Google's Security Token Service, and what it says of the request", a.host)
}

// gcpImpersonateTry says what to change where the service account's token isn't issued.
func gcpImpersonateTry(a answer, g *manifest.GCP, ttl time.Duration) string {
	_, reason := gcpCode(a)
	pool, _, _ := strings.Cut(g.Provider, "/providers/")
	switch {
	case reason == "SERVICE_DISABLED":
		return "enable iamcredentials.googleapis.com in the project of " + g.ServiceAccount
	case a.status == http.StatusForbidden:
		return fmt.Sprintf("grant roles/iam.workloadIdentityUser on %s to the job's principal, principal://iam.googleapis.com/%s/subject/…, or to a set of which it is; Google also says this of an account that doesn't exist", g.ServiceAccount, pool)
	case a.status == http.StatusNotFound:
		return "see that the service account " + g.ServiceAccount + " is there"
	case a.status == http.StatusBadRequest && ttl > time.Hour:
		return "give the grant a ttl of 1h, or list " + g.ServiceAccount + " in the organisation policy constraints/iam.allowServiceAccountCredentialLifetimeExtension"
	case a.status == http.StatusBadRequest:
		return "see what the message names: the scopes, or the ttl"
	}
	return fmt.Sprintf("see that %s issues credentials of service accounts, and what it says of the request", a.host)
}
