package doctor_test

import (
	"context"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/doctor"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/trust"
)

// source is the grant that tests put another provider's in the place of.
const source = `github: { exchange: "https://octo.acme.example", identity: deploy, repositories: [acme/web], permissions: { contents: read } }`

// providers has a grant of each provider.
func providers() map[string]string {
	return map[string]string{
		"aws":        `aws: { role: "arn:aws:iam::123456789012:role/other", audience: sts.amazonaws.com, region: eu-west-1 }`,
		"gcp":        `gcp: { provider: projects/1/locations/global/workloadIdentityPools/ci/providers/web, service-account: web@acme.iam.gserviceaccount.com, scopes: none, boundary: none }`,
		"azure":      `azure: { tenant: 6f9d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d11, client: 0b7d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d22 }`,
		"vault":      `vault: { address: "https://other.acme.example", mount: jwt, role: deploy }`,
		"kubernetes": `kubernetes: { server: "https://k8s.acme.example", ca: ca.pem, audience: k8s }`,
		"github":     source,
		"oauth":      `oauth: { token-url: "https://login.acme.example/token", audience: login, scope: none, resource: none }`,
		"npm":        `npm: { package: "@acme/web" }`,
		"pypi":       `pypi: { package: web }`,
		"crates":     `crates: { package: web }`,
	}
}

// TestWhatIsDeployed: whoever may see what a provider has is told how, for each provider.
func TestWhatIsDeployed(t *testing.T) {
	for provider, look := range map[string]string{
		"aws":        "aws iam get-role --role-name other | curfew trust check --grant deploy/source -",
		"gcp":        "gcloud iam workload-identity-pools providers describe projects/1/locations/global/workloadIdentityPools/ci/providers/web --format json | curfew trust check --grant deploy/source -",
		"azure":      "az ad app federated-credential list --id 0b7d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d22",
		"kubernetes": "kubectl --namespace default get rolebinding curfew:token.actions.githubusercontent.com:987654:deploy:source --output yaml | curfew trust check --grant deploy/source -",
		"github":     "gh api repos/acme/web/contents/.github/chainguard/deploy.sts.yaml --header 'Accept: application/vnd.github.raw'",
		"oauth":      "curfew trust render --grant deploy/source",
		"npm":        "npm trust list @acme/web",
		"pypi":       "curfew trust render --grant deploy/source",
		"crates":     "curfew trust render --grant deploy/source",
	} {
		t.Run(provider, func(t *testing.T) {
			w := newWorld(t)
			w.edit(source, providers()[provider])
			all := w.examine()
			f := all["deployed deploy/source"]
			if f.Status != doctor.Unchecked || !strings.Contains(text(f), look) || !strings.Contains(text(f), "`curfew trust render --grant deploy/source`") {
				t.Errorf("%s: %s", f.Status, text(f))
			}
			if f := all["trust deploy/source"]; f.Status == doctor.Wrong {
				t.Errorf("the job that is meant is turned away: %s", text(f))
			}
		})
	}
}

// TestAudiences: a lease asks for just the audience that the rendered trust expects, wherever one can be leased.
func TestAudiences(t *testing.T) {
	for provider, grant := range providers() {
		w := newWorld(t)
		w.edit(source, grant)
		rules, _ := w.Rules(context.Background(), identity.Identity{}, "")
		m, errs := manifest.Parse("m", rules.Manifest.Src)
		if len(errs) > 0 {
			t.Fatal(provider, errs)
		}
		docs, gaps := trust.Render(m, nil, trust.Options{Grant: "deploy/source"})
		if len(docs) != 1 {
			t.Fatal(provider, gaps)
		}
		g := m.Identities["deploy"].Grants["source"]
		asked := lease.Audience(&g)
		if asked == "" {
			continue
		}
		claims, err := identity.ParseClaims("c", []byte(`{"aud": "`+asked+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs[0].Refusals(claims, start) {
			if strings.Contains(d.What, "aud") {
				t.Errorf("%s: a lease asks for %s, and %s expects %s", provider, d.Received, d.What, d.Expected)
			}
		}
	}
}
