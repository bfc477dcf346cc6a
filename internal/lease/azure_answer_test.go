package lease_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestAzureDenied: the numbers are those of https://learn.microsoft.com/entra/identity-platform/reference-error-codes and, of
// federated credentials, those that users of azure/login report.
func TestAzureDenied(t *testing.T) {
	for number, try := range map[string]string{
		"70021": "give the application " + azureClient + " a federated credential", "700211": "issuer, subject and audience", "700212": "federated-credential list --id " + azureClient,
		"7002138": "Entra tells upper case from lower", "700024": "exchange the ID token as soon as it is fetched", "700016": "is an application, or a managed identity, of the tenant " + azureTenant,
		"90002": "another than the public one needs its authority as the grant's endpoint", "7000112": "enabled in the tenant", "53003": "Conditional Access", "700027": "serves its keys",
		"500011": "name the authority of the tenant's own cloud", "16000": "see that 127.0.0.1:",
	} {
		f := serve(t, azureRefusal(400, "invalid_request", number, "The provided value isn't right."))
		p, _ := provider(t, "azure")
		d := isDenied(t, failed(t, p, request(t, azureGrant(f.URL, ""))))
		if want := f.host() + " answered 400: invalid_request: AADSTS" + number + ": The provided value isn't right."; d.Answer != want || !strings.Contains(d.Try, try) {
			t.Errorf("%s: %q, try %q", number, d.Answer, d.Try)
		}
		if d.Claims[0] != `aud: received "elsewhere", expected "api://AzureADTokenExchange"` || !strings.HasPrefix(d.Claims[1], "iss: received") || !strings.HasPrefix(d.Claims[2], "sub: received") {
			t.Errorf("claims %q", d.Claims)
		}
	}
	f := serve(t, says(400, `{"error":"temporarily_unavailable"}`))
	p, _ := provider(t, "azure")
	if err := failed(t, p, request(t, azureGrant(f.URL, ""))); len(f.asked()) != 4 || !strings.Contains(err.Error(), "in the last of 4 tries") {
		t.Errorf("%v after %v", err, f.asked())
	}
}

// TestAzureOdd: an answer that isn't exactly what is described brings nothing.
func TestAzureOdd(t *testing.T) {
	token := accessToken(made(22))
	for name, tt := range map[string]struct{ body, want string }{
		"short":          {`{"token_type":"Bearer","expires_in":600,"access_token":"abc"}`, "could be found by trying"},
		"HTML":           {"<html>", "no JSON that is right"},
		"no token":       {`{"token_type":"Bearer","expires_in":600}`, "the answer has no access token"},
		"proof":          {`{"token_type":"pop","expires_in":600,"access_token":"` + token + `"}`, "token_type isn't Bearer"},
		"token in list":  {`{"token_type":"Bearer","expires_in":600,"access_token":["` + token + `"]}`, "the answer has no access token"},
		"no end":         {`{"token_type":"Bearer","access_token":"` + token + `"}`, "doesn't say when the access token ends"},
		"end as text":    {`{"token_type":"Bearer","expires_in":"600","access_token":"` + token + `"}`, "doesn't say when the access token ends"},
		"no time":        {`{"token_type":"Bearer","expires_in":0,"access_token":"` + token + `"}`, "doesn't say when the access token ends"},
		"line break":     {`{"token_type":"Bearer","expires_in":600,"access_token":"` + token + `\nPATH=/tmp"}`, "holds a line break"},
		"member twice":   {`{"token_type":"Bearer","expires_in":600,"expires_in":60,"access_token":"` + token + `"}`, "no JSON that is right"},
		"end of a day":   {`{"token_type":"Bearer","expires_in":86400,"access_token":"` + token + `"}`, "longer than the 15m0s that the grant allows"},
		"end of an aeon": {`{"token_type":"Bearer","expires_in":99999999999,"access_token":"` + token + `"}`, "doesn't say when the access token ends"},
	} {
		for _, as := range []manifest.Handing{manifest.AsEnv, manifest.AsFile} {
			f := serve(t, says(200, tt.body))
			p, _ := provider(t, "azure")
			err := failed(t, p, request(t, azureGrant(f.URL, as)), token)
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "over; it is") && !strings.Contains(err.Error(), "over; it is expire-only") {
				t.Errorf("%s as %s: %v, want %s in it", name, as, err, tt.want)
			}
		}
	}
}

func TestAzureUnasked(t *testing.T) {
	unasked(t, "azure", func(url string) *manifest.Grant { return azureGrant(url, "") }, map[string]func(*lease.Request){
		"say narrow: none in the grant":          func(r *lease.Request) { r.Narrow = []byte("{}") },
		"a credential for 0s can't be had":       func(r *lease.Request) { r.TTL = 0 },
		"names: AZURE_ACCESS_TOKEN isn't handed": func(r *lease.Request) { r.Grant.Azure.Names = map[string]string{"AZURE_ACCESS_TOKEN": "X"} },
		`"http://login.example"`:                 func(r *lease.Request) { r.Grant.Azure.Endpoint = "http://login.example" },
	})
}

// TestAzureClouds: the authority says which cloud it is, and what a token is asked for there.
func TestAzureClouds(t *testing.T) {
	for host, want := range map[string]string{
		"login.microsoftonline.com": "https://management.azure.com/.default public", "login.microsoftonline.us": "https://management.usgovcloudapi.net/.default usgovernment",
		"login.partner.microsoftonline.cn": "https://management.chinacloudapi.cn/.default china",
	} {
		f := serve(t, azureLogin(made(100), 10*time.Minute))
		clock := &clock{at: start}
		p, err := lease.For("azure", lease.Options{Now: clock.now, Client: &http.Client{Transport: sendingTo(f)}})
		if err != nil {
			t.Fatal(err)
		}
		g := azureGrant("https://"+host, "")
		if host == "login.microsoftonline.com" {
			g.Azure.Endpoint = ""
		}
		c, err := p.Exchange(t.Context(), request(t, g))
		if err != nil {
			t.Fatal(err)
		}
		scope, name, _ := strings.Cut(want, " ")
		body := f.seen[0].body
		if all := strings.Join(values(c), " "); !strings.Contains(all, "ARM_ENVIRONMENT="+name) || !strings.Contains(all, "AZURE_AUTHORITY_HOST=https://"+host+"/ ") ||
			!strings.Contains(body, "scope="+strings.NewReplacer(":", "%3A", "/", "%2F").Replace(scope)) {
			t.Errorf("%s: handed over %s", host, all)
		}
	}
}

// sendingTo has whatever is asked of any host asked of a fake.
func sendingTo(f *fake) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = "http", f.host()
		return http.DefaultTransport.RoundTrip(r)
	})
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }
