package lease_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	azureTenant = "6f9d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d11"
	azureClient = "0b6f7f0a-51c4-4d64-8f0e-7a2f9f1f4c55"
	azureSub    = "5d1f0f4e-9a3c-4b7a-8a55-0f3b1c2d4e66"
)

func azureGrant(url string, as manifest.Handing) *manifest.Grant {
	return &manifest.Grant{Azure: &manifest.Azure{
		Tenant: azureTenant, Client: azureClient, Subscription: azureSub, HandOver: manifest.HandOver{As: as, Endpoint: url},
	}}
}

// azureLogin is the answer of a fake of Entra's, with the members that its reference documents:
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#successful-response.
func azureLogin(token string, lives time.Duration) http.HandlerFunc {
	return says(200, fmt.Sprintf(`{"token_type": "Bearer", "expires_in": %d, "ext_expires_in": %d, "access_token": "%s"}`, int(lives.Seconds()), int(lives.Seconds()), token))
}

// azureRefusal is a refusal as https://learn.microsoft.com/entra/identity-platform/reference-error-codes shows one.
func azureRefusal(status int, code, number, text string) http.HandlerFunc {
	return says(status, `{"error": "`+code+`", "error_description": "AADSTS`+number+`: `+text+`\r\nTrace ID: 0000aaaa-11bb-cccc-dd33-eeeeee333333\r\nCorrelation ID: aaaa0000-bb11-2222-33cc-444444dddddd\r\nTimestamp: 2026-11-28 12:00:00Z",
		"error_codes": [`+number+`], "timestamp": "2026-11-28 12:00:00Z", "trace_id": "0000aaaa-11bb-cccc-dd33-eeeeee333333", "correlation_id": "aaaa0000-bb11-2222-33cc-444444dddddd"}`)
}

// accessToken is a made-up access token for Resource Manager, of which we read the identifier alone.
func accessToken(uti string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	return b64([]byte(`{"typ":"JWT","alg":"RS256"}`)) + "." + b64([]byte(`{"aud":"https://management.azure.com","uti":"`+uti+`","ver":"1.0"}`)) + "." + b64([]byte(made(256)))
}

// TestAzureEnv: the access token is handed over where the grant says so, with its own end.
func TestAzureEnv(t *testing.T) {
	uti := made(22)
	token := accessToken(uti)
	f := serve(t, azureLogin(token, 3599*time.Second))
	p, _ := provider(t, "azure")
	r := request(t, azureGrant(f.URL, manifest.AsEnv))
	r.TTL = time.Hour
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"*AZURE_ACCESS_TOKEN=" + token, "AZURE_CLIENT_ID=" + azureClient, "AZURE_TENANT_ID=" + azureTenant, "AZURE_SUBSCRIPTION_ID=" + azureSub,
	}, values(c)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if c.Handle != uti || !c.NotAfter.Equal(start.Add(3599*time.Second)) || !c.Stale.IsZero() || c.Revocable != lease.Never {
		t.Errorf("%+v", c)
	}
	s := f.seen[0]
	form, err := url.ParseQuery(s.body)
	want := url.Values{
		"client_id": {azureClient}, "scope": {"https://management.azure.com/.default"}, "grant_type": {"client_credentials"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {string(r.IDToken.Reveal())},
	}
	if diff := cmp.Diff(want, form); diff != "" || err != nil || s.method+" "+s.path != "POST /"+azureTenant+"/oauth2/v2.0/token" ||
		s.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("asked %+v (-want +got):\n%s", s, diff)
	}
}

// TestAzureFiles: tools log in by the assertion, what they get by it may live on after its end, and that counts.
func TestAzureFiles(t *testing.T) {
	token := accessToken(made(22))
	f := serve(t, azureLogin(token, 75*time.Minute))
	p, _ := provider(t, "azure")
	r := request(t, azureGrant(f.URL, ""))
	r.TTL = 2 * time.Hour
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	ends := start.Add(5 * time.Minute)
	if !c.Stale.Equal(ends) || !c.NotAfter.Equal(ends.Add(75*time.Minute)) {
		t.Errorf("stale at %s, ends %s", c.Stale, c.NotAfter)
	}
	dir := t.TempDir()
	files, vars, err := c.Files(dir)
	if err != nil || len(files) != 1 || !redact.New(files[0].Content.Reveal()).Equal(r.IDToken) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	got := map[string]string{}
	for _, v := range vars {
		got[v.Name] = strings.Replace(string(v.Value.Reveal()), dir, "DIR", 1)
		if !v.Public {
			t.Errorf("%s is secret", v.Name)
		}
	}
	want := map[string]string{
		"AZURE_FEDERATED_TOKEN_FILE": "DIR/AZURE_FEDERATED_TOKEN", "AZURE_CLIENT_ID": azureClient, "AZURE_TENANT_ID": azureTenant, "AZURE_SUBSCRIPTION_ID": azureSub,
		"AZURE_AUTHORITY_HOST": f.URL + "/", "AZURE_CONFIG_DIR": "DIR", "AZURE_CORE_COLLECT_TELEMETRY": "false",
		"ARM_USE_OIDC": "true", "ARM_OIDC_TOKEN_FILE_PATH": "DIR/AZURE_FEDERATED_TOKEN", "ARM_CLIENT_ID": azureClient, "ARM_TENANT_ID": azureTenant, "ARM_SUBSCRIPTION_ID": azureSub, "ARM_ENVIRONMENT": "public",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	for _, secret := range c.Secrets() {
		unseen(t, fmt.Sprintf("%v %+v %#v", c, c, *c), string(secret.Reveal()), token)
	}
}

// TestAzureNames: another name of the assertion's is that of its file, too.
func TestAzureNames(t *testing.T) {
	f := serve(t, azureLogin(made(100), 10*time.Minute))
	p, _ := provider(t, "azure")
	g := azureGrant(f.URL, "")
	g.Azure.Subscription, g.Azure.Names = "", map[string]string{"AZURE_FEDERATED_TOKEN": "DEPLOY_ASSERTION", "ARM_CLIENT_ID": "TF_VAR_client"}
	c, err := p.Exchange(t.Context(), request(t, g))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, vars, err := c.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, v := range vars {
		all += v.Name + "=" + strings.Replace(string(v.Value.Reveal()), dir+string(filepath.Separator), "/lease/", 1) + " "
	}
	for _, want := range []string{"DEPLOY_ASSERTION_FILE=/lease/DEPLOY_ASSERTION ", "ARM_OIDC_TOKEN_FILE_PATH=/lease/DEPLOY_ASSERTION ", "TF_VAR_client=" + azureClient} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in %s", want, all)
		}
	}
	if strings.Contains(all, "SUBSCRIPTION") {
		t.Errorf("a subscription in %s", all)
	}
}

// TestAzureTooLong: what comes of the assertion, not the assertion alone, must end in time.
func TestAzureTooLong(t *testing.T) {
	for as, want := range map[manifest.Handing]string{
		manifest.AsFile: "it would live until 2026-11-28T13:04:59Z, longer than the 15m0s that the grant allows: Entra says how long its tokens live, 60 to 90 minutes unless a token lifetime policy says otherwise, and 59m59s now. Give the grant a ttl of 2h, and the job as much time, or set such a policy",
		manifest.AsEnv:  "it would live until 2026-11-28T12:59:59Z, longer than the 15m0s that the grant allows",
	} {
		token := accessToken(made(22))
		f := serve(t, azureLogin(token, 3599*time.Second))
		p, _ := provider(t, "azure")
		if err := failed(t, p, request(t, azureGrant(f.URL, as)), token); !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "it is expire-only until") {
			t.Errorf("%s: %v", as, err)
		}
	}
}

// TestAzureManagedIdentity: a grant can't be given a ttl for what a managed identity's login lasts.
func TestAzureManagedIdentity(t *testing.T) {
	f := serve(t, azureLogin(accessToken(made(22)), 24*time.Hour-time.Second))
	p, _ := provider(t, "azure")
	r := request(t, azureGrant(f.URL, manifest.AsEnv))
	r.TTL = 2 * time.Hour
	if err := failed(t, p, r); !strings.Contains(err.Error(), "and 23h59m59s now. A managed identity's live for a day, which no policy shortens: name an application") || strings.Contains(err.Error(), "ttl of 2h") {
		t.Error(err)
	}
}

// TestAzureAssertion: without an end of the assertion's, nobody could say until when tools may log in.
func TestAzureAssertion(t *testing.T) {
	f := serve(t, azureLogin(made(100), 10*time.Minute))
	for name, claims := range map[string]string{
		"none": `{"iss":"x"}`, "text": `{"exp":"soon"}`, "fraction": `{"exp":1.5}`, "far": `{"exp":99999999999999}`, "list": `{"exp":[1795867500]}`, "none before 1970": `{"exp":-1}`,
	} {
		said, err := identity.ParseClaims("claims", []byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		p, _ := provider(t, "azure")
		r := request(t, azureGrant(f.URL, ""))
		r.Claims = said
		if err := failed(t, p, r); !strings.Contains(err.Error(), "the ID token doesn't say when it ends") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(f.asked()) > 0 {
		t.Errorf("asked %v", f.asked())
	}
	p, clock := provider(t, "azure")
	clock.at = start.Add(5 * time.Minute)
	if err := failed(t, p, request(t, azureGrant(f.URL, ""))); !strings.Contains(err.Error(), "the ID token ended at 2026-11-28T12:05:00Z") {
		t.Error(err)
	}
}

// TestAzureHandle: an access token that isn't ours to read is known by its fingerprint.
func TestAzureHandle(t *testing.T) {
	b64 := base64.RawURLEncoding.EncodeToString
	for name, token := range map[string]string{
		"opaque": made(200), "no claims": "a." + made(40) + ".b", "no uti": "a." + b64([]byte(`{"ver":"1.0"}`)) + "." + made(40),
		"uti of two lines": "a." + b64([]byte(`{"uti":"a\nb"}`)) + "." + made(40), "long uti": "a." + b64([]byte(`{"uti":"`+made(65)+`"}`)) + "." + made(40),
		"uti twice": "a." + b64([]byte(`{"uti":"a","uti":"b"}`)) + "." + made(40), "five parts": "a.b.c.d." + made(40),
	} {
		f := serve(t, azureLogin(token, 10*time.Minute))
		p, _ := provider(t, "azure")
		c, err := p.Exchange(t.Context(), request(t, azureGrant(f.URL, manifest.AsEnv)))
		if err != nil || c.Handle != redact.New([]byte(token)).Fingerprint("azure") {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

func azureBehaviour() behaviour {
	return behaviour{
		provider: "azure", grant: func(f *fake) *manifest.Grant { return azureGrant(f.URL, "") },
		steps: func(token string, ends time.Time) []http.HandlerFunc {
			return []http.HandlerFunc{azureLogin(token, ends.Sub(start.Add(5*time.Minute)))}
		},
		issues:  -1,
		refusal: azureRefusal(401, "invalid_client", "700213", "No matching federated identity record found for presented assertion subject 'repo:acme/web:environment:production'."),
		reason:  "invalid_client: AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:acme/web:environment:production'.",
	}
}
