package lease_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestGCPDenied: the codes are those of OAuth and of Google's APIs, and the texts such as users report them.
func TestGCPDenied(t *testing.T) {
	sts := func(code, text string) http.HandlerFunc {
		return says(400, `{"error":"`+code+`","error_description":"`+text+`"}`)
	}
	federated := says(200, gcpExchanged(ya29(), time.Hour))
	for name, tt := range map[string]struct {
		answers   []http.HandlerFunc
		says, try string
	}{
		"condition": {[]http.HandlerFunc{sts("unauthorized_client", "The given credential is rejected by the attribute condition.")}, "rejected by the attribute condition", "compare the claims with the attribute condition of the provider " + gcpPool},
		"audience":  {[]http.HandlerFunc{sts("invalid_grant", "The audience in ID Token [elsewhere] does not match the expected audience.")}, "does not match", "compare aud and iss"},
		"provider":  {[]http.HandlerFunc{sts("invalid_target", "The target service indicated by the audience parameters is invalid.")}, "invalid_target", "neither it nor its pool is disabled"},
		"mapping":   {[]http.HandlerFunc{sts("invalid_request", "Invalid value for google.subject.")}, "invalid_request", "attribute mapping"},
		"STS off":   {[]http.HandlerFunc{gcpError(403, "PERMISSION_DENIED", "Security Token Service API has not been used", "SERVICE_DISABLED")}, "PERMISSION_DENIED: Security Token", "enable sts.googleapis.com"},
		"no server": {[]http.HandlerFunc{says(404, "<html>")}, "answered 404", "see that 127.0.0.1:"},
		"no right":  {[]http.HandlerFunc{federated, gcpError(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).", "IAM_PERMISSION_DENIED")}, "getAccessToken", "grant roles/iam.workloadIdentityUser on " + gcpAccount},
		"API off":   {[]http.HandlerFunc{federated, gcpError(403, "PERMISSION_DENIED", "IAM Service Account Credentials API has not been used", "SERVICE_DISABLED")}, "has not been used", "enable iamcredentials.googleapis.com"},
		"account":   {[]http.HandlerFunc{federated, gcpError(404, "NOT_FOUND", "Not found; Gaia id not found for email", "")}, "NOT_FOUND", "see that the service account " + gcpAccount},
		"scopes":    {[]http.HandlerFunc{federated, gcpError(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", "")}, "INVALID_ARGUMENT", "the scopes, or the ttl"},
		"odd":       {[]http.HandlerFunc{federated, says(409, "[]")}, "answered 409", "issues credentials of service accounts"},
	} {
		f := serve(t, tt.answers...)
		p, _ := provider(t, "gcp")
		err := failed(t, p, request(t, gcpGrant(f.URL)))
		if d := isDenied(t, err); !strings.Contains(d.Answer, tt.says) || !strings.Contains(d.Try, tt.try) || !strings.Contains(err.Error(), `claim aud: received "elsewhere", expected "https://iam.googleapis.com/`+gcpPool) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGCPTooLong: more than an hour needs a policy, which is said.
func TestGCPTooLong(t *testing.T) {
	f := serve(t, says(200, gcpExchanged(ya29(), time.Hour)), gcpError(400, "INVALID_ARGUMENT", "The requested lifetime is too long.", ""))
	p, _ := provider(t, "gcp")
	r := request(t, gcpGrant(f.URL))
	r.TTL = 2 * time.Hour
	if err := failed(t, p, r); !strings.Contains(isDenied(t, err).Try, "iam.allowServiceAccountCredentialLifetimeExtension") || !strings.Contains(f.seen[1].body, `"lifetime":"7200s"`) {
		t.Errorf("%v after %s", err, f.seen[1].body)
	}
}

// TestGCPOdd: an answer that isn't exactly what is described brings nothing, and no error shows a token of any step.
func TestGCPOdd(t *testing.T) {
	federated, whole, token := ya29(), ya29(), ya29()
	first, second := says(200, gcpExchanged(federated, time.Hour)), says(200, gcpGenerated(whole, start.Add(15*time.Minute)))
	const lives = "the token isn't handed over; it is expire-only until 2026-11-28T12:15:00Z (not asked: Google Cloud can't revoke a service account's access token)"
	for name, tt := range map[string]struct {
		answers []http.HandlerFunc
		want    []string
	}{
		"no token":         {[]http.HandlerFunc{says(200, `{"token_type":"Bearer"}`)}, []string{"the answer has no federated token"}},
		"other type":       {[]http.HandlerFunc{says(200, `{"access_token":"`+federated+`","token_type":"DPoP"}`)}, []string{"token_type isn't Bearer"}},
		"token twice":      {[]http.HandlerFunc{says(200, `{"access_token":"`+federated+`","access_token":"x","token_type":"Bearer"}`)}, []string{"no JSON that is right"}},
		"another's answer": {[]http.HandlerFunc{first, says(200, gcpExchanged(token, time.Hour))}, []string{"the answer has no access token"}},
		"no end":           {[]http.HandlerFunc{first, says(200, `{"accessToken":"`+whole+`"}`)}, []string{"RFC 3339", lives}},
		"too long":         {[]http.HandlerFunc{first, says(200, gcpGenerated(whole, start.Add(time.Hour)))}, []string{"longer than the 15m0s", "expire-only until 2026-11-28T13:00:00Z"}},
		"short":            {[]http.HandlerFunc{first, says(200, gcpGenerated("ya29.x", start.Add(15*time.Minute)))}, []string{"could be found by trying"}},
		"bounded short":    {[]http.HandlerFunc{first, second, says(200, gcpExchanged("ya29.x", 15*time.Minute))}, []string{"could be found by trying", lives}},
		"line break":       {[]http.HandlerFunc{first, says(200, gcpGenerated(whole+`\nPATH=/tmp`, start.Add(15*time.Minute)))}, []string{"holds a line break"}},
		"not bounded":      {[]http.HandlerFunc{first, second, says(200, gcpExchanged(whole, 15*time.Minute))}, []string{"the token without the boundary", lives}},
		"refused":          {[]http.HandlerFunc{first, second, says(400, `{"error":"invalid_request","error_description":"Invalid `+whole+`"}`)}, []string{"mend the Credential Access Boundary", lives}},
		"end as text":      {[]http.HandlerFunc{first, second, says(200, `{"access_token":"`+token+`","token_type":"Bearer","expires_in":"900"}`)}, []string{"in seconds", "expire-only"}},
		"bounded too long": {[]http.HandlerFunc{first, second, says(200, gcpExchanged(token, time.Hour))}, []string{"longer than the 15m0s", "expire-only until 2026-11-28T13:00:00Z"}},
		"fault":            {[]http.HandlerFunc{first, second, says(503, "")}, []string{"answered 503, in the last of 4 tries", lives}},
	} {
		f := serve(t, tt.answers...)
		p, _ := provider(t, "gcp")
		r := request(t, gcpBounded(f.URL))
		r.File = []byte(gcpBoundary)
		err := failed(t, p, r, federated, whole, token)
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s in it", name, err, want)
			}
		}
		var back *lease.GivenBackError
		if issued := strings.Contains(err.Error(), "isn't handed over; it is"); errors.As(err, &back) != issued || issued && back.Credential.Handle == "" {
			t.Errorf("%s: %+v", name, back)
		}
	}
}

// TestGCPFiles: gcloud reads the token's file anew for each command.
func TestGCPFiles(t *testing.T) {
	token := ya29()
	f := serve(t, says(200, gcpExchanged(ya29(), time.Hour)), says(200, gcpGenerated(token, start.Add(15*time.Minute))))
	p, _ := provider(t, "gcp")
	g := gcpGrant(f.URL)
	g.GCP.As = manifest.AsFile
	c, err := p.Exchange(t.Context(), request(t, g))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files, vars, err := c.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := ""
	for _, v := range vars {
		if v.Name == "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE" {
			found = string(v.Value.Reveal())
		}
		if v.Name == "CLOUDSDK_AUTH_ACCESS_TOKEN" || v.Name == "GOOGLE_OAUTH_ACCESS_TOKEN" {
			t.Errorf("%s is a variable, too", v.Name)
		}
	}
	if !strings.HasSuffix(found, files[0].Name) || string(files[0].Content.Reveal()) != token {
		t.Errorf("%s, and files %+v", found, files)
	}
}
