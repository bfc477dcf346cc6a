//go:build e2e

package cli_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// boundary lets a token do no more than read one bucket.
const boundary = `{"accessBoundary":{"accessBoundaryRules":[{"availablePermissions":["inRole:roles/storage.objectViewer"],"availableResource":"//storage.googleapis.com/projects/_/buckets/acme-web"}]}}`

// soon is the time so long after it is written down.
type soon time.Duration

func (s soon) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, time.Now().Add(time.Duration(s)).Unix(), 10), nil
}

// cloudServers is a fake of Entra's login, and of Google's two servers, which answers as their references describe.
type cloudServers struct {
	*httptest.Server
	mu         sync.Mutex
	assertions []string // that logged in
	google     string   // the token within the boundary
	whole      string   // and the one without
}

func startClouds(t *testing.T) *cloudServers {
	t.Helper()
	s := &cloudServers{google: "ya" + "29.c." + strings.Repeat("a1B2", 30), whole: "ya" + "29.c." + strings.Repeat("e5F6", 30)}
	send := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
	mux := http.NewServeMux()
	mux.HandleFunc("POST /6f9d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d11/oauth2/v2.0/token", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.assertions = append(s.assertions, r.FormValue("client_assertion"))
		send(w, map[string]any{"token_type": "Bearer", "expires_in": 600, "access_token": strings.Repeat("entra", 40)})
	})
	mux.HandleFunc("POST /v1/token", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("subject_token") == s.whole && r.FormValue("options") == boundary {
			send(w, map[string]any{"token_type": "Bearer", "expires_in": 890, "access_token": s.google})
			return
		}
		send(w, map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": "federated." + strings.Repeat("c3D4", 30)})
	})
	mux.HandleFunc("POST /v1/projects/-/serviceAccounts/{account}", func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer federated.") {
			http.Error(w, "{}", http.StatusUnauthorized)
			return
		}
		send(w, map[string]any{"accessToken": s.whole, "expireTime": time.Now().Add(15 * time.Minute).UTC().Format(time.RFC3339)})
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// clouds starts a site that leases from them, for ID tokens that live so long.
func clouds(t *testing.T, lives time.Duration) (*site, *cloudServers) {
	t.Helper()
	return cloudsOf(t, map[string]any{"exp": soon(lives)})
}

// cloudsOf starts one for ID tokens with these claims.
func cloudsOf(t *testing.T, claims map[string]any) (*site, *cloudServers) {
	t.Helper()
	s, c := newSiteOf(t, claims), startClouds(t)
	s.file(".github/curfew.yml", strings.NewReplacer("VAULT", s.URL, "CLOUD", c.URL).Replace(siteManifest+`
      azure:
        azure: { tenant: 6f9d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d11, client: 0b6f7f0a-51c4-4d64-8f0e-7a2f9f1f4c55, endpoint: "CLOUD" }
        ttl: 30m
        when: always
      gcp:
        gcp: { provider: projects/123456789012/locations/global/workloadIdentityPools/ci/providers/github, service-account: deploy@acme-prod.iam.gserviceaccount.com, scopes: none, boundary: policies/bucket.json, endpoint: "CLOUD" }
        ttl: 15m
        when: always
`))
	s.file("policies/bucket.json", boundary+"\n")
	return s, c
}

// TestE2EExecAzure: the assertion that a command logs in by is renewed before it ends, what the login leaves in the lease's
// folder goes with it, and the records say until when what came of each may live.
func TestE2EExecAzure(t *testing.T) {
	s, c := clouds(t, 9*time.Second)
	seen := filepath.Join(s.temp, "seen")
	began := time.Now()
	code, out, errs := s.run("exec", "--grant", "deploy/azure", "--", "sh", "-c",
		`cat "$AZURE_FEDERATED_TOKEN_FILE" >`+seen+`; echo >>`+seen+`; `+renewed("AZURE_FEDERATED_TOKEN_FILE", 1)+`; cat "$AZURE_FEDERATED_TOKEN_FILE" >>`+seen+`
		cat "$ARM_OIDC_TOKEN_FILE_PATH"; mkdir -p "$AZURE_CONFIG_DIR/logs"; echo login >"$AZURE_CONFIG_DIR/logs/az.log"; env`)
	if code != 0 || !strings.Contains(out, "ARM_CLIENT_ID=0b6f7f0a-51c4-4d64-8f0e-7a2f9f1f4c55\n") || strings.Contains(out+errs, "eyJ") {
		t.Fatalf("exit status %d\n%s%s", code, out, errs)
	}
	text, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	different := map[string]bool{}
	for _, assertion := range strings.Fields(string(text)) {
		if !slices.Contains(c.assertions, assertion) {
			t.Error("an assertion was handed over that hadn't logged in")
		}
		different[assertion] = true
	}
	if len(different) < 2 {
		t.Errorf("%d assertions\n%s", len(different), errs)
	}
	all := s.records()
	if got := types(all); !strings.HasPrefix(got, "intent issued intent renewed expire-only") || !strings.HasSuffix(got, "expire-only") {
		t.Errorf("records %s\n%s", got, errs)
	}
	if ends := all[1].Credential.NotAfter.Sub(began); ends < 600*time.Second || ends > 615*time.Second {
		t.Errorf("ends after %s", ends)
	}
	if err := os.Remove(seen); err != nil {
		t.Fatal(err)
	}
	s.clean()
}

// TestE2EExecAzureOneToken: where the platform gives one ID token for the whole job, it isn't asked for again and again.
func TestE2EExecAzureOneToken(t *testing.T) {
	claims := map[string]any{}
	s, _ := cloudsOf(t, claims)
	claims["exp"] = time.Now().Add(12 * time.Second).Unix()
	code, _, errs := s.run("exec", "--grant", "deploy/azure", "--", "sleep", "11")
	if got := types(s.records()); code != 0 || got != "intent issued intent renewed expire-only expire-only" {
		t.Errorf("exit status %d, records %s\n%s", code, got, errs)
	}
}

// TestE2ELeaseAzure: steps that follow find the assertion's file until the lease is ended, and are told by when to log in.
func TestE2ELeaseAzure(t *testing.T) {
	s, c := clouds(t, 5*time.Minute)
	code, out, errs := s.run("lease", "--grant", "deploy/azure")
	handed, err := os.ReadFile(filepath.Join(s.temp, "env"))
	if code != 0 || err != nil || !strings.Contains(errs, "what is in the file logs in until ") || strings.Contains(string(handed), "eyJ") {
		t.Fatalf("exit status %d, %v\n%s%s%s", code, err, out, errs, handed)
	}
	files, err := filepath.Glob(filepath.Join(s.temp, "curfew", "leases", "*", "AZURE_FEDERATED_TOKEN"))
	if err != nil || len(files) != 1 || !strings.Contains(string(handed), files[0]) {
		t.Fatalf("%v, %v\n%s", files, err, handed)
	}
	if src, err := os.ReadFile(files[0]); err != nil || string(src) != c.assertions[0] || !strings.Contains(out, "::add-mask::"+c.assertions[0]+"\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if code, out, errs := s.run("revoke", "--all"); code != 0 || !strings.Contains(out, "expire-only until") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	s.clean()
}

// TestE2EExecGCP: the command has the token within the boundary that lies in the repository, and no other. It isn't seen, and ends
// by its time; without the boundary there is none.
func TestE2EExecGCP(t *testing.T) {
	s, c := clouds(t, 5*time.Minute)
	code, out, errs := s.run("exec", "--grant", "deploy/gcp", "--", "sh", "-c",
		`test "$CLOUDSDK_AUTH_ACCESS_TOKEN" = "$GOOGLE_OAUTH_ACCESS_TOKEN" && printf %s "$CLOUDSDK_AUTH_ACCESS_TOKEN" | sha256sum && env`)
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(c.google)))
	if code != 0 || !strings.HasPrefix(out, sum) || !strings.Contains(out, "CLOUDSDK_CORE_PROJECT=acme-prod\n") || strings.Contains(out+errs, c.google) || strings.Contains(out+errs, c.whole) || strings.Contains(out, "federated.") {
		t.Fatalf("exit status %d\n%s%s", code, out, errs)
	}
	if got := types(s.records()); got != "intent issued expire-only" || !strings.Contains(errs, "expire-only until") {
		t.Errorf("records %s\n%s", got, errs)
	}
	s.file("policies/bucket.json", `{"accessBoundary":{"accessBoundaryRules":[]}}`)
	if code, _, errs := s.run("exec", "--grant", "deploy/gcp", "--", "true"); code != 125 || !strings.Contains(errs, "expected 1 to 10 rules, found 0") {
		t.Errorf("exit status %d\n%s", code, errs)
	}
	s.clean()
}
