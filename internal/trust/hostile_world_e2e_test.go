//go:build e2e

package trust

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// These tests are a step of a job that doesn't ask curfew: it fetches an ID token as every step of its job can, and goes
// straight to a real Vault. What stands between it and the secret is what Vault was told, so each job tries two
// roles that lead to the same secret: one as curfew renders it from a manifest, and one as careless people write it.

const (
	ownAudience    = "https://vault.acme.example"
	commonAudience = "https://github.com/acme" // what GitHub puts into a token where nobody names an audience
	production     = "only for production"
)

// hostileWorld is a Vault that trusts a platform, and a secret in it.
type hostileWorld struct {
	vaultServer
	issuer *testservers.Issuer // a fake of the platform
	job    map[string]any      // what it says of the job that asks for ID tokens, beside testservers.JobClaims
	rules  *manifest.Manifest
	org    *manifest.Policy
	audit  string
	docs   map[string]Document // by grant
}

// hostileManifest entitles one workflow of one repository, on its main branch and in its environment, and another
// to something else.
const hostileManifest = `version: 1
extends: acme/.github
defaults: { narrow: none, limits: none, ttl: 15m }
owners: { web: { team: "@acme/web" } }
identities:
  deploy:
    owner: web
    purpose: Deploy
    privilege: high
    expires: "2099-06-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
    claims:
      repository_id: "987654"
      repository: acme/web
      job_workflow_ref: acme/web/.github/workflows/deploy.yml@refs/heads/main
      environment: production
    grants:
      kv:
        vault: { address: ADDRESS, mount: jwt, role: deploy, audience: "` + ownAudience + `" }
        when: always
  release:
    owner: web
    purpose: Release
    privilege: high
    expires: "2099-06-01"
    runs-as: { workflow: .github/workflows/release.yml, job: release }
    claims:
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/release.yml@refs/heads/main
    grants:
      kv:
        vault: { address: ADDRESS, mount: jwt, role: release, audience: "` + ownAudience + `" }
        when: always
`

func newHostileWorld(t *testing.T) *hostileWorld {
	t.Helper()
	job := map[string]any{}
	w := &hostileWorld{
		vaultServer: vaultServer{testservers.StartVault(t)}, issuer: testservers.StartIssuer(t, job), job: job,
		audit: filepath.Join(t.TempDir(), "audit.log"), docs: map[string]Document{},
	}
	w.rules = parse(t, strings.ReplaceAll(hostileManifest, "ADDRESS", fmt.Sprintf("%q", w.URL)))
	var errs manifest.Errors
	w.org, errs = manifest.ParsePolicy("org.yml", fmt.Appendf(nil, "version: 1\norganization: { name: acme, id: \"4242\" }\nissuers: [%q]\n", w.issuer.URL))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	w.Call(t, "PUT", "sys/audit/file", fmt.Sprintf(`{"type":"file","options":{"file_path":%q}}`, w.audit))
	w.configure(t, "sys/mounts/kv", map[string]any{"type": "kv"})
	w.configure(t, "kv/production", map[string]any{"value": production})
	w.configure(t, "kv/other", map[string]any{"value": "of somebody else"})
	w.configure(t, "sys/policies/acl/curfew/deploy/kv", map[string]any{"policy": `path "kv/production" { capabilities = ["read"] }`})
	w.configure(t, "sys/policies/acl/curfew/release/kv", map[string]any{"policy": `path "kv/production" { capabilities = ["read"] }`})
	w.configure(t, "sys/auth/jwt", map[string]any{"type": "jwt"})
	w.configure(t, "auth/jwt/config", map[string]any{"jwks_url": w.issuer.URL + "/keys", "bound_issuer": w.issuer.URL})
	docs, gaps := Render(w.rules, w.org, Options{})
	if len(docs) != 2 {
		t.Fatal(describe(gaps))
	}
	for _, d := range docs {
		w.configure(t, d.Target, json.RawMessage(d.JSON()))
		w.docs[d.Grant] = d
	}
	// A name for an id, a pattern, no ttl, and the audiences that jobs show anyway: where a role binds none, Vault itself
	// turns away tokens that have one.
	w.configure(t, "auth/jwt/role/careless", map[string]any{
		"role_type": "jwt", "user_claim": "sub", "bound_audiences": []string{commonAudience, ownAudience},
		"bound_claims_type": "glob", "bound_claims": map[string]string{"repository": "acme/*"}, "token_policies": []string{"curfew/deploy/kv"},
	})
	return w
}

// mint is what every step of a job with id-token: write can do: with two variables of its environment it gets an ID
// token for whichever audience it likes. What the token says of the job isn't its to choose.
func (w *hostileWorld) mint(t *testing.T, job map[string]any, audience string) string {
	t.Helper()
	clear(w.job)
	maps.Copy(w.job, job)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.issuer.RequestURL()+"&audience="+url.QueryEscape(audience), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.issuer.RequestToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	src, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return decode[struct{ Value string }](t, src).Value
}

// login shows Vault an ID token.
func (w *hostileWorld) login(t *testing.T, role, token string) answer {
	t.Helper()
	return w.call(t, "", "auth/jwt/login", map[string]string{"role": role, "jwt": token})
}

// read is a secret as a token of Vault's is given it; "" where Vault refuses.
func (w *hostileWorld) read(t *testing.T, token, path string) string {
	t.Helper()
	status, src := w.Ask(t, token, http.MethodGet, path, "")
	if status != http.StatusOK && status != http.StatusForbidden {
		t.Fatalf("%s: %d %s", path, status, src)
	}
	return decode[struct{ Data struct{ Value string } }](t, src).Data.Value
}

// entitled asks the manifest, which is to say of a job what Vault does.
func (w *hostileWorld) entitled(t *testing.T, token, grant string) bool {
	t.Helper()
	return manifest.Decide(w.rules, w.org, manifest.Question{Claims: w.claims(t, token), Grant: grant}, manifest.Facts{}, time.Now()).Allow
}

// claims reads a token's claims.
func (w *hostileWorld) claims(t *testing.T, token string) identity.Claims {
	t.Helper()
	src, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	claims, err := identity.ParseClaims("claims", src)
	if err != nil {
		t.Fatal(err)
	}
	return claims
}
