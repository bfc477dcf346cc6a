package manifest

import (
	"fmt"
	"time"
)

// The longest that Google issues an access token of a service account for, which takes an organisation's policy
// (https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken), and the
// shortest that one of Entra's can live, which takes a token lifetime policy
// (https://learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes).
const (
	gcpMost    = Duration(12 * time.Hour)
	azureLeast = Duration(10 * time.Minute)
)

// checkCloudTerm refuses terms that no setting of the provider's could keep to.
func (d *decoder) checkCloudTerm(g *Grant, ttl Duration, ptr string) {
	switch {
	case g.GCP != nil && ttl > gcpMost:
		d.failAt(ptr, fmt.Sprintf("%s is %s: expected at most 12h, which is what Google Cloud issues", d.subject(ptr), ttl),
			"write 1h, or up to 12h where an organisation policy allows the service account more")
	case g.Azure != nil && ttl != 0 && ttl < azureLeast:
		d.failAt(ptr, fmt.Sprintf("%s is %s: expected at least 10m, which is the shortest that Azure's tokens live", d.subject(ptr), ttl),
			"write 2h: unless a token lifetime policy says otherwise they live for 60 to 90 minutes")
	}
}

// What registries issue for, as nothing ends a token of theirs before: https://api-docs.npmjs.com/#section/Authentication and
// https://docs.pypi.org/trusted-publishers/.
const (
	npmLeast  = Duration(time.Hour)
	pypiLeast = Duration(15 * time.Minute)
)

// Least is the shortest ttl for which the grant's provider can be asked, 0 where any will do: what nothing ends before its time
// would outlive a lease for less. A grant may say less where nothing is leased by it.
func (g *Grant) Least() Duration {
	switch {
	case g.NPM != nil:
		return npmLeast
	case g.PyPI != nil:
		return pypiLeast
	}
	return 0
}
