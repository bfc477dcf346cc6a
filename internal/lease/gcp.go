package lease

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// The names by which Google's tools, and Terraform, know what is handed over.
const (
	gcpToken   = "CLOUDSDK_AUTH_ACCESS_TOKEN" //nolint:gosec // its name
	gcpOAuth   = "GOOGLE_OAUTH_ACCESS_TOKEN"  //nolint:gosec // its name
	gcpProject = "CLOUDSDK_CORE_PROJECT"
	gcpCloud   = "GOOGLE_CLOUD_PROJECT"
)

// Where Google exchanges tokens, and where it issues those of service accounts. A grant's endpoint stands for both.
const (
	gcpSTS = "https://sts.googleapis.com"
	gcpIAM = "https://iamcredentials.googleapis.com"
)

// gcpLongest is the most that an organisation policy allows; without one it is an hour:
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken.
const gcpLongest = 12 * time.Hour

// The scopes that are asked for: of the federated token the least that lets it ask for the account's, and of the
// account's, where the grant says none, the one that leaves it to IAM what the token may.
const (
	gcpFederatedScope = "https://www.googleapis.com/auth/iam"
	gcpAnyScope       = "https://www.googleapis.com/auth/cloud-platform"
)

func gcpKind() kind {
	return kind{
		name: "gcp", make: func(d desk) Provider { return &gcp{d} },
		// What a provider takes that names no audiences of its own:
		// https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers#oidc.
		audience: func(g *manifest.Grant) string {
			if g.GCP.Audience != "" {
				return g.GCP.Audience
			}
			return "https://iam.googleapis.com/" + g.GCP.Provider
		},
		endpoint: func(*manifest.Grant) (string, error) { return gcpSTS, nil },
		as:       manifest.AsEnv, longest: gcpLongest,
		file: func(g *manifest.Grant, src []byte) error {
			_, err := gcpBoundaryOf(g, src)
			return err
		},
	}
}

// gcp exchanges in two steps, or three: the ID token for a federated token of the pool, that for an access token of the
// service account, and where the grant names a boundary that for one which is within it
// (https://cloud.google.com/iam/docs/workload-identity-federation and
// https://cloud.google.com/iam/docs/downscoping-short-lived-credentials). The last alone is handed over: each before it may
// more. Nothing ends any of them but its time.
type gcp struct{ desk }

// Exchange asks for an access token of the service account.
func (p *gcp) Exchange(ctx context.Context, r Request) (*Credential, error) {
	c, err := p.exchange(ctx, r)
	if err != nil {
		return nil, within("gcp", err)
	}
	return c, nil
}

func (p *gcp) exchange(ctx context.Context, r Request) (*Credential, error) {
	g := r.Grant.GCP
	if g == nil {
		return nil, errOtherGrant
	}
	own := []string{gcpToken, gcpOAuth}
	project := gcpProjectOf(g.ServiceAccount)
	if project != "" {
		own = append(own, gcpProject, gcpCloud)
	}
	names, err := namesOf(g.HandOver, own, nil)
	if err != nil {
		return nil, err
	}
	boundary, err := gcpBoundaryOf(r.Grant, r.File)
	if err := errors.Join(r.check(), r.gcpAsks(), r.noNarrow("Google Cloud has no session policies, a boundary is what narrows"), err); err != nil {
		return nil, err
	}
	w, ctx, cancel, err := p.walk(ctx, r)
	if err != nil {
		return nil, err
	}
	defer cancel()
	federated, err := w.federate(ctx)
	if err != nil {
		return nil, err
	}
	c, token, err := w.impersonate(ctx, federated)
	if err == nil && boundary != "" {
		token, err = w.bound(ctx, c, token, boundary)
	}
	if err == nil { // what there was before can't be ended, and nobody has it
		err = r.hold(c)
	}
	if err != nil && c != nil {
		return nil, giveBack(ctx, p, c, err)
	}
	if err != nil {
		return nil, err
	}
	c.Values = []Value{names.secret(gcpToken, token), names.secret(gcpOAuth, token)}
	if project != "" {
		c.Values = append(c.Values, names.public(gcpProject, project), names.public(gcpCloud, project))
	}
	return c, nil
}

// gcpEmail is a service account's email, of which a path is made.
var gcpEmail = regexp.MustCompile(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+$`)

// gcpAsks refuses what Google could not give.
func (r Request) gcpAsks() error {
	if !gcpEmail.MatchString(r.Grant.GCP.ServiceAccount) {
		return errors.New("the service account isn't an email of one: expected NAME@PROJECT.iam.gserviceaccount.com")
	}
	if r.TTL > gcpLongest {
		return fmt.Errorf("a token of %s can't be had: Google issues none of more than %s; give the grant a shorter ttl", r.TTL, gcpLongest)
	}
	return nil
}

// gcpProjectOf is the project that a service account's email names: NAME@PROJECT.iam.gserviceaccount.com. Those that Google
// makes by itself name none, and nor do those of a project within a domain.
func gcpProjectOf(email string) string {
	_, host, _ := strings.Cut(email, "@")
	project, ok := strings.CutSuffix(host, ".iam.gserviceaccount.com")
	if !ok || strings.Contains(project, ".") {
		return ""
	}
	return project
}

// Revoke ends nothing: no API ends an access token of a service account. An administrator can take the account's roles, or
// disable it, which takes its other tokens along.
func (p *gcp) Revoke(_ context.Context, c *Credential) (Revocation, error) {
	if c.Provider != "gcp" {
		return Revocation{}, within("gcp", errOtherCredential)
	}
	return c.unasked(p.now(), "Google Cloud can't revoke a service account's access token"), nil
}
