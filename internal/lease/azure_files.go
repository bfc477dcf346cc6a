package lease

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// azureNames are those of what a grant hands over.
func azureNames(g *manifest.Grant) []string {
	own := []string{azureToken, azureClient, azureTenant}
	if As(g) == manifest.AsFile {
		own = []string{azureAssertion, azureClient, azureTenant, azureHost, armOIDC, armClient, armTenant, armEnvironment}
	}
	if g.Azure.Subscription == "" {
		return own
	}
	if As(g) == manifest.AsFile {
		own = append(own, armSubscription)
	}
	return append(own, azureSubscription)
}

// azureValues are the access token, or where the grant says files the assertion, which az, Terraform and the SDKs log in by:
// https://learn.microsoft.com/dotnet/api/azure.identity.workloadidentitycredential and
// https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides/service_principal_oidc.
func azureValues(r Request, n names, token redact.Secret, base string) []Value {
	g := r.Grant.Azure
	own := map[string]string{
		azureClient: g.Client, azureTenant: g.Tenant, azureSubscription: g.Subscription, azureHost: strings.TrimSuffix(base, "/") + "/",
		armOIDC: "true", armClient: g.Client, armTenant: g.Tenant, armSubscription: g.Subscription, armEnvironment: azureCloudOf(base).name,
	}
	var out []Value
	for _, name := range azureNames(r.Grant) {
		switch name {
		case azureToken:
			out = append(out, n.secret(name, token))
		case azureAssertion:
			out = append(out, n.secret(name, r.IDToken))
		default:
			out = append(out, n.public(name, own[name]))
		}
	}
	return out
}

// azureFiles are the assertion's file by the names that Terraform and the SDKs have for it, and the lease's own folder as
// az's: so the login that az keeps goes with the lease, and that of another step isn't found
// (https://learn.microsoft.com/cli/azure/azure-cli-configuration). The process that sends az's telemetry outlives az, and would write there
// once more.
func azureFiles(c *Credential, dir string) ([]File, []Value, error) {
	files, vars := c.eachItsFile(dir)
	return files, append(
		vars, path("ARM_OIDC_TOKEN_FILE_PATH", dir, files[0].Name), path("AZURE_CONFIG_DIR", dir, ""),
		Value{Name: "AZURE_CORE_COLLECT_TELEMETRY", Value: redact.New([]byte("false")), Public: true},
	), nil
}
