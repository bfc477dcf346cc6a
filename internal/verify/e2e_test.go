//go:build e2e

package verify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/testservers"
	"github.com/curfew-ci/curfew/internal/verify"
)

// TestE2EVault asks a real Vault about real tokens in every state that they can be in.
func TestE2EVault(t *testing.T) {
	server := testservers.StartVault(t)
	server.Call(t, "PUT", "sys/policies/acl/deploy", `{"policy":"path \"secret/deploy\" { capabilities = [\"read\"] }"}`)
	create := func(body string) string { return server.Call(t, "POST", "auth/token/create", body) }
	over, overBatch := create(`{"ttl":"1s"}`), create(`{"ttl":"1s","type":"batch","policies":["deploy"]}`)
	revoked := create(`{"ttl":"1h"}`)
	server.Call(t, "POST", "auth/token/revoke", fmt.Sprintf(`{"token":%q}`, revoked))
	const deployPolicies = "[policy default policy deploy]"
	tests := []struct {
		name, detector, token string
		status                verify.Status
		subject, scopes       string
		term                  time.Duration // until it ends; 0 for never
		reason                string
	}{
		{"root", "vault-root-token", server.Root, verify.Live, "root, by auth/token/root", "[policy root]", 0, ""},
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
	v := verifier(t, verify.Options{Endpoints: map[string][]string{"vault": {server.URL}}})
	host := strings.TrimPrefix(server.URL, "http://")
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
	server.Call(t, "PUT", "sys/seal", "")
	if r := v.Verify(t.Context(), candidates[:1])[0]; r.Status != verify.Unknown || r.Reason != host+" has a fault of its own (503)" {
		t.Errorf("sealed: %+v", r)
	}
}
