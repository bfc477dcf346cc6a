package lease_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	gcpPool    = "projects/123456789012/locations/global/workloadIdentityPools/ci/providers/github"
	gcpAccount = "deploy@acme-prod.iam.gserviceaccount.com"
)

// gcpBoundary is the first example of https://cloud.google.com/iam/docs/downscoping-short-lived-credentials.
const gcpBoundary = `{
  "accessBoundary": {
    "accessBoundaryRules": [
      {
        "availablePermissions": ["inRole:roles/storage.objectViewer"],
        "availableResource": "//storage.googleapis.com/projects/_/buckets/example-bucket"
      }
    ]
  }
}`

// gcpGrant is answered by one fake for both of Google's servers.
func gcpGrant(url string) *manifest.Grant {
	return &manifest.Grant{GCP: &manifest.GCP{
		Provider: gcpPool, ServiceAccount: gcpAccount, Scopes: &manifest.List{None: true}, Boundary: &manifest.Narrow{None: true},
		HandOver: manifest.HandOver{Endpoint: url},
	}}
}

// gcpBounded is a grant whose token is bounded.
func gcpBounded(url string) *manifest.Grant {
	g := gcpGrant(url)
	g.GCP.Boundary = &manifest.Narrow{File: "boundary.json"}
	return g
}

// The answers of a fake of Google's, with the members that its reference documents:
// https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token and
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken.
func gcpExchanged(token string, lives time.Duration) string {
	return fmt.Sprintf(`{"access_token": "%s", "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "token_type": "Bearer", "expires_in": %d}`,
		token, int(lives.Seconds()))
}

func gcpGenerated(token string, ends time.Time) string {
	return `{"accessToken": "` + token + `", "expireTime": "` + ends.Format(time.RFC3339) + `"}`
}

// gcpError is the form of https://cloud.google.com/apis/design/errors.
func gcpError(code int, status, message, reason string) http.HandlerFunc {
	return says(code, fmt.Sprintf(`{"error": {"code": %d, "message": %q, "status": %q, "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": %q}]}}`,
		code, message, status, reason))
}

func ya29() string { return "ya" + "29.c." + made(120) }

func TestGCP(t *testing.T) {
	federated, token := ya29(), ya29()
	f := serve(t, says(200, gcpExchanged(federated, time.Hour)), says(200, gcpGenerated(token, start.Add(15*time.Minute))))
	p, _ := provider(t, "gcp")
	r := request(t, gcpGrant(f.URL))
	held := 0
	r.Hold = func(*lease.Credential) error { held++; return nil }
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		"*CLOUDSDK_AUTH_ACCESS_TOKEN=" + token, "*GOOGLE_OAUTH_ACCESS_TOKEN=" + token, "CLOUDSDK_CORE_PROJECT=acme-prod", "GOOGLE_CLOUD_PROJECT=acme-prod",
	}, values(c)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if c.Handle != redact.New([]byte(token)).Fingerprint("gcp") || !c.NotAfter.Equal(start.Add(15*time.Minute)) || c.Revocable != lease.Never || held != 1 {
		t.Errorf("%+v, held %d times", c, held)
	}
	unseen(t, fmt.Sprintf("%v %+v %#v", c, c, *c), token, federated)
	sts, iam := f.seen[0], f.seen[1]
	form, err := url.ParseQuery(sts.body)
	want := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
		"subject_token": {string(r.IDToken.Reveal())}, "subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"},
		"audience": {"//iam.googleapis.com/" + gcpPool}, "scope": {"https://www.googleapis.com/auth/iam"},
	}
	if diff := cmp.Diff(want, form); diff != "" || err != nil || sts.method+" "+sts.path != "POST /v1/token" || sts.header.Get("Authorization") != "" {
		t.Errorf("asked STS %+v (-want +got):\n%s", sts, diff)
	}
	if iam.method+" "+iam.path != "POST /v1/projects/-/serviceAccounts/"+gcpAccount+":generateAccessToken" || iam.header.Get("Authorization") != "Bearer "+federated ||
		iam.body != `{"lifetime":"900s","scope":["https://www.googleapis.com/auth/cloud-platform"]}` {
		t.Errorf("asked %+v", iam)
	}
}

// TestGCPBounded: the token within the boundary is handed over, and no other.
func TestGCPBounded(t *testing.T) {
	federated, whole, token := ya29(), ya29(), ya29()
	for name, said := range map[string]string{
		"with an end":    gcpExchanged(token, 14*time.Minute),
		"without an end": `{"access_token":"` + token + `","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer"}`,
	} {
		f := serve(t, says(200, gcpExchanged(federated, time.Hour)), says(200, gcpGenerated(whole, start.Add(15*time.Minute))), says(200, said))
		p, _ := provider(t, "gcp")
		g := gcpBounded(f.URL)
		g.GCP.Scopes = &manifest.List{Items: []string{"https://www.googleapis.com/auth/devstorage.read_only"}}
		r := request(t, g)
		r.File = []byte(gcpBoundary)
		c, err := p.Exchange(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		ends := map[string]time.Duration{"with an end": 14 * time.Minute, "without an end": 15 * time.Minute}[name]
		if values(c)[0] != "*CLOUDSDK_AUTH_ACCESS_TOKEN="+token || !c.NotAfter.Equal(start.Add(ends)) || c.Handle != redact.New([]byte(token)).Fingerprint("gcp") {
			t.Errorf("%s: %+v", name, c)
		}
		form, err := url.ParseQuery(f.seen[2].body)
		if err != nil || form.Get("subject_token") != whole || form.Get("subject_token_type") != "urn:ietf:params:oauth:token-type:access_token" || form.Has("audience") {
			t.Errorf("%s: asked %v", name, form)
		}
		var sent, meant any
		if json.Unmarshal([]byte(form.Get("options")), &sent) != nil || json.Unmarshal([]byte(gcpBoundary), &meant) != nil || !cmp.Equal(sent, meant) {
			t.Errorf("%s: bounded by %s", name, form.Get("options"))
		}
		if !strings.Contains(f.seen[1].body, `"scope":["https://www.googleapis.com/auth/devstorage.read_only"]`) {
			t.Errorf("%s: asked for %s", name, f.seen[1].body)
		}
	}
}

// TestGCPUnbounded: what isn't a boundary asks for nothing, as nobody would see that it bounds nothing.
func TestGCPUnbounded(t *testing.T) {
	f := serve(t, says(200, ""))
	rule := `{"availablePermissions":["inRole:roles/storage.objectViewer"],"availableResource":"//storage.googleapis.com/projects/_/buckets/b"}`
	for name, file := range map[string]string{
		"nothing": "", "no JSON": "accessBoundary: {}", "list": "[]", "text": `"x"`, "no member": "{}", "empty": `{"accessBoundary":{}}`, "no rules": `{"accessBoundary":{"accessBoundaryRules":[]}}`,
		"rules are no list": `{"accessBoundary":{"accessBoundaryRules":{}}}`, "more beside it": `{"accessBoundary":{"accessBoundaryRules":[` + rule + `]},"x":1}`,
		"more within":        `{"accessBoundary":{"accessBoundaryRules":[` + rule + `],"x":1}}`,
		"twice":              `{"accessBoundary":{"accessBoundaryRules":[` + rule + `]},"accessBoundary":{"accessBoundaryRules":[]}}`,
		"eleven rules":       `{"accessBoundary":{"accessBoundaryRules":[` + strings.Repeat(rule+",", 10) + rule + `]}}`,
		"another service":    `{"accessBoundary":{"accessBoundaryRules":[` + strings.Replace(rule, "storage.googleapis.com", "pubsub.googleapis.com", 1) + `]}}`,
		"no permissions":     `{"accessBoundary":{"accessBoundaryRules":[{"availablePermissions":[],"availableResource":"//storage.googleapis.com/projects/_/buckets/b"}]}}`,
		"no role":            `{"accessBoundary":{"accessBoundaryRules":[` + strings.Replace(rule, "inRole:", "", 1) + `]}}`,
		"all buckets":        `{"accessBoundary":{"accessBoundaryRules":[` + strings.Replace(rule, "buckets/b", "buckets/", 1) + `]}}`,
		"rule is text":       `{"accessBoundary":{"accessBoundaryRules":["` + "x" + `"]}}`,
		"misspelt condition": `{"accessBoundary":{"accessBoundaryRules":[` + strings.Replace(rule, "{", `{"availabilityConditions":{},`, 1) + `]}}`,
		"deep":               strings.Repeat(`{"accessBoundary":`, 20) + "1" + strings.Repeat("}", 20),
	} {
		p, _ := provider(t, "gcp")
		r := request(t, gcpBounded(f.URL))
		r.File = []byte(file)
		if err := failed(t, p, r); !strings.Contains(err.Error(), "the boundary:") || !strings.Contains(err.Error(), "try: write it as Google describes") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(f.asked()) > 0 {
		t.Errorf("asked %v", f.asked())
	}
}

func TestGCPUnasked(t *testing.T) {
	unasked(t, "gcp", gcpGrant, map[string]func(*lease.Request){
		"say narrow: none in the grant":           func(r *lease.Request) { r.Narrow = []byte("{}") },
		"Google issues none of more than 12h0m0s": func(r *lease.Request) { r.TTL = 13 * time.Hour },
		"a credential for 0s can't be had":        func(r *lease.Request) { r.TTL = 0 },
		"the service account isn't an email":      func(r *lease.Request) { r.Grant.GCP.ServiceAccount = "a/../b?x@c" },
		"names: GOOGLE_CREDENTIALS isn't handed":  func(r *lease.Request) { r.Grant.GCP.Names = map[string]string{"GOOGLE_CREDENTIALS": "X"} },
		"would both be handed over as": func(r *lease.Request) {
			r.Grant.GCP.Names = map[string]string{"GOOGLE_OAUTH_ACCESS_TOKEN": "GOOGLE_CLOUD_PROJECT"}
		},
		`the endpoint "http://sts.example"`:        func(r *lease.Request) { r.Grant.GCP.Endpoint = "http://sts.example" },
		"the ID token is empty: let the job have ": func(r *lease.Request) { r.IDToken = redact.Secret{} },
	})
}

// TestGCPProject: a project is told only where the account's email names one.
func TestGCPProject(t *testing.T) {
	for account, want := range map[string]string{
		gcpAccount: "acme-prod", "123456789012-compute@developer.gserviceaccount.com": "", "deploy@shop.acme.example.iam.gserviceaccount.com": "",
	} {
		f := serve(t, says(200, gcpExchanged(ya29(), time.Hour)), says(200, gcpGenerated(ya29(), start.Add(15*time.Minute))))
		p, _ := provider(t, "gcp")
		g := gcpGrant(f.URL)
		g.GCP.ServiceAccount = account
		c, err := p.Exchange(t.Context(), request(t, g))
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Join(values(c), " ")
		if got := strings.Contains(all, "GOOGLE_CLOUD_PROJECT=acme-prod"); got != (want != "") || strings.Contains(all, "PROJECT") != (want != "") {
			t.Errorf("%s: %s", account, strings.Join(values(c)[2:], " "))
		}
	}
}

// TestGCPServers: without an endpoint two servers of Google's are asked, each for its own.
func TestGCPServers(t *testing.T) {
	f := serve(t, says(200, gcpExchanged(ya29(), time.Hour)), says(200, gcpGenerated(ya29(), start.Add(15*time.Minute))), says(200, gcpExchanged(ya29(), 15*time.Minute)))
	var hosts []string
	clock := &clock{at: start}
	p, err := lease.For("gcp", lease.Options{Now: clock.now, Client: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		hosts = append(hosts, r.URL.Scheme+"://"+r.URL.Host)
		return sendingTo(f).RoundTrip(r)
	})}})
	if err != nil {
		t.Fatal(err)
	}
	r := request(t, gcpBounded(""))
	r.File = []byte(gcpBoundary)
	if _, err := p.Exchange(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"https://sts.googleapis.com", "https://iamcredentials.googleapis.com", "https://sts.googleapis.com"}, hosts); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func gcpBehaviour() behaviour {
	return behaviour{
		provider: "gcp", grant: func(f *fake) *manifest.Grant { return gcpBounded(f.URL) }, file: []byte(gcpBoundary),
		token: ya29,
		steps: func(token string, ends time.Time) []http.HandlerFunc {
			return []http.HandlerFunc{
				says(200, gcpExchanged(ya29(), time.Hour)), says(200, gcpGenerated(ya29(), start.Add(lives))), says(200, gcpExchanged(token, ends.Sub(start))),
			}
		},
		issues:  -1,
		refusal: says(400, `{"error":"unauthorized_client","error_description":"The given credential is rejected by the attribute condition."}`),
		reason:  "unauthorized_client: The given credential is rejected by the attribute condition.",
	}
}
