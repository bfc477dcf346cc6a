//go:build e2e

package verify_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/verify"
)

// vault is a real Vault, in memory.
type vault struct{ url, root string }

// vaultBinary is internal/testservers/vault, which make e2e builds.
func vaultBinary(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("CURFEW_VAULT")
	if binary == "" {
		t.Fatal("CURFEW_VAULT names no Vault: run this by make e2e, which builds it")
	}
	return binary
}

// startVault starts one and stops it with the test.
func startVault(t *testing.T) vault {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), vaultBinary(t))
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("Vault's log:\n%s", log.String())
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var said struct {
		Address string
		Root    string `json:"root_token"`
	}
	if err != nil || json.Unmarshal(line, &said) != nil {
		t.Fatalf("Vault didn't start: %v, %q", err, line)
	}
	return vault{"http://" + said.Address, said.Root}
}

// call asks Vault for something, as root, and returns the answer's auth.client_token, if it has one.
func (v vault) call(t *testing.T, method, path, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, v.url+"/v1/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Vault-Token", v.root)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
	}
	var said struct {
		Auth struct {
			Token string `json:"client_token"`
		}
	}
	if len(text) > 0 && json.Unmarshal(text, &said) != nil {
		t.Fatalf("%s: %s", path, text)
	}
	return said.Auth.Token
}

// TestE2EVault asks a real Vault about real tokens in every state that they can be in.
func TestE2EVault(t *testing.T) {
	server := startVault(t)
	server.call(t, "PUT", "sys/policies/acl/deploy", `{"policy":"path \"secret/deploy\" { capabilities = [\"read\"] }"}`)
	create := func(body string) string { return server.call(t, "POST", "auth/token/create", body) }
	over, overBatch := create(`{"ttl":"1s"}`), create(`{"ttl":"1s","type":"batch","policies":["deploy"]}`)
	revoked := create(`{"ttl":"1h"}`)
	server.call(t, "POST", "auth/token/revoke", fmt.Sprintf(`{"token":%q}`, revoked))
	const deployPolicies = "[policy default policy deploy]"
	tests := []struct {
		name, detector, token string
		status                verify.Status
		subject, scopes       string
		term                  time.Duration // until it ends; 0 for never
		reason                string
	}{
		{"root", "vault-root-token", server.root, verify.Live, "root, by auth/token/root", "[policy root]", 0, ""},
		{"service", "vault-service-token", create(`{"policies":["deploy"],"ttl":"1h"}`), verify.Live, "token, by auth/token/create", deployPolicies, time.Hour, ""},
		{"batch", "vault-batch-token", create(`{"policies":["deploy"],"ttl":"10m","type":"batch"}`), verify.Live, "token, by auth/token/create", deployPolicies, 10 * time.Minute, ""},
		{
			"live, but may not ask", "vault-service-token", create(`{"policies":["deploy"],"no_default_policy":true,"ttl":"1h"}`),
			verify.Unknown, "", "[]", 0, "permission denied, which HOST also says to a live token that may not ask about itself",
		},
		{"revoked", "vault-service-token", revoked, verify.Dead, "", "[]", 0, "the server says: invalid token"},
		{"over", "vault-service-token", over, verify.Dead, "", "[]", 0, "the server says: invalid token"},
		{"over, batch", "vault-batch-token", overBatch, verify.Dead, "", "[]", 0, "the server says: invalid token"},
		{"made up", "vault-root-token", made(t, "vault-root-token"), verify.Dead, "", "[]", 0, "the server says: invalid token"},
	}
	time.Sleep(2 * time.Second) // the ones that end by themselves do
	var candidates []verify.Candidate
	for _, tt := range tests {
		candidates = append(candidates, candidate(tt.detector, tt.token))
	}
	v := verifier(t, verify.Options{Endpoints: map[string][]string{"vault": {server.url}}})
	host := strings.TrimPrefix(server.url, "http://")
	for i, r := range v.Verify(t.Context(), candidates) {
		tt := tests[i]
		if r.Status != tt.status || r.Subject != tt.subject || fmt.Sprint(r.Scopes) != tt.scopes || r.Asked != host ||
			r.Reason != strings.ReplaceAll(tt.reason, "HOST", host) {
			t.Errorf("%s: %+v", tt.name, r)
		}
		if tt.term == 0 != r.Expires.IsZero() || tt.term > 0 && (time.Until(r.Expires) > tt.term || time.Until(r.Expires) < tt.term-time.Minute) {
			t.Errorf("%s: ends at %s, want in %s", tt.name, r.Expires, tt.term)
		}
		for _, c := range candidates {
			if strings.Contains(fmt.Sprintf("%+v", r), string(c.Value.Reveal())) {
				t.Errorf("%s: shows a token", tt.name)
			}
		}
	}
	server.call(t, "PUT", "sys/seal", "")
	if r := v.Verify(t.Context(), candidates[:1])[0]; r.Status != verify.Unknown || r.Reason != host+" has a fault of its own (503)" {
		t.Errorf("sealed: %+v", r)
	}
}
