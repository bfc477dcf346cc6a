package lease

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// The names by which Azure's tools, and Terraform, know what is handed over. No tool reads the access token by itself: in a
// variable it is for who says so, as Connect-AzAccount -AccessToken does.
const (
	azureToken        = "AZURE_ACCESS_TOKEN"
	azureAssertion    = "AZURE_FEDERATED_TOKEN"
	azureClient       = "AZURE_CLIENT_ID"
	azureTenant       = "AZURE_TENANT_ID"
	azureSubscription = "AZURE_SUBSCRIPTION_ID"
	azureHost         = "AZURE_AUTHORITY_HOST"
	armOIDC           = "ARM_USE_OIDC"
	armClient         = "ARM_CLIENT_ID"
	armTenant         = "ARM_TENANT_ID"
	armSubscription   = "ARM_SUBSCRIPTION_ID"
	armEnvironment    = "ARM_ENVIRONMENT"
)

// azureAuthority is where Entra logs in, and azureAudience what it expects of an ID token that a federated credential says
// nothing else of: https://learn.microsoft.com/graph/api/resources/federatedidentitycredential.
const (
	azureAuthority = "https://login.microsoftonline.com"
	azureAudience  = "api://AzureADTokenExchange"
)

func azureKind() kind {
	return kind{
		name: "azure", make: func(d desk) Provider { return &azure{d} },
		audience: func(g *manifest.Grant) string {
			if g.Azure.Audience != "" {
				return g.Azure.Audience
			}
			return azureAudience
		},
		endpoint: func(*manifest.Grant) (string, error) { return azureAuthority, nil },
		as:       manifest.AsFile,
	}
}

// azureCloud is what differs between Azure's clouds: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud.
type azureCloud struct {
	scope string // of an access token for its Resource Manager
	name  string // as Terraform says it
}

// azureCloudOf is the cloud that an authority is of; one that isn't known is taken for the public one's.
func azureCloudOf(base string) azureCloud {
	host := ""
	if u, err := url.Parse(base); err == nil {
		host = u.Hostname()
	}
	switch host {
	case "login.microsoftonline.us":
		return azureCloud{"https://management.usgovcloudapi.net/.default", "usgovernment"}
	case "login.partner.microsoftonline.cn", "login.chinacloudapi.cn":
		return azureCloud{"https://management.chinacloudapi.cn/.default", "china"}
	}
	return azureCloud{"https://management.azure.com/.default", "public"}
}

// azure logs in by the ID token in the place of a client's secret:
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#third-case-access-token-request-with-a-federated-credential.
//
// az, Terraform and the SDKs take no access token: they log in by themselves. In files they are therefore given the ID token,
// and what they can make of it counts as the credential: it lives as long after the assertion's end as Entra says that tokens
// live. The assertion names no application: it logs in to all that trust its issuer, subject and audience. The login is made here in both cases, which proves
// that there is a federated credential, and how long that is.
type azure struct{ desk }

// Exchange logs in as the application.
func (p *azure) Exchange(ctx context.Context, r Request) (*Credential, error) {
	c, err := p.exchange(ctx, r)
	if err != nil {
		return nil, within("azure", err)
	}
	return c, nil
}

func (p *azure) exchange(ctx context.Context, r Request) (*Credential, error) {
	g := r.Grant.Azure
	if g == nil {
		return nil, errOtherGrant
	}
	names, err := namesOf(g.HandOver, azureNames(r.Grant), nil)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.check(), r.noNarrow("Azure has no session policies, role assignments are all that narrows")); err != nil {
		return nil, err
	}
	until, err := r.azureAssertionEnd()
	if err != nil {
		return nil, err
	}
	base, err := Endpoint(r.Grant)
	if err != nil {
		return nil, err
	}
	l, ctx, cancel, err := p.open(ctx, base, dialect{azureSaid, azureLater}, r.IDToken)
	if err != nil {
		return nil, err
	}
	defer cancel()
	a, err := l.ask(ctx, azureLogin(r, azureCloudOf(base).scope))
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, l.denied(r, a, azureTry(a, g))
	}
	c, token, err := l.azureCredential(a, r, until)
	if err != nil && c == nil {
		return nil, err
	}
	if err := errors.Join(err, r.hold(c)); err != nil {
		return nil, giveBack(ctx, p, c, err)
	}
	c.Values = azureValues(r, names, token, base)
	return c, nil
}

// azureLogin is the request.
func azureLogin(r Request, scope string) question {
	g := r.Grant.Azure
	form := url.Values{
		"client_id": {g.Client}, "scope": {scope}, "grant_type": {"client_credentials"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {string(r.IDToken.Reveal())},
	}
	return question{
		method: http.MethodPost, path: []string{g.Tenant, "oauth2", "v2.0", "token"}, body: []byte(form.Encode()),
		header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}},
	}
}

// Revoke ends nothing: Entra's access tokens for Resource Manager end by their time alone, and the assertion by its own. Who
// disables the application keeps it from getting more.
func (p *azure) Revoke(_ context.Context, c *Credential) (Revocation, error) {
	if c.Provider != "azure" {
		return Revocation{}, within("azure", errOtherCredential)
	}
	return c.unasked(p.now(), "Entra can't revoke an access token for Azure"), nil
}
