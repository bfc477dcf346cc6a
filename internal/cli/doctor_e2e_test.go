//go:build e2e

package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/trust"
)

// examined runs doctor, and finds the status of each check.
func (s *site) examined(want int, args ...string) (map[string]string, string) {
	s.t.Helper()
	code, text, errs := s.run("doctor", args...)
	if code != want {
		s.t.Fatalf("exit status %d, expected %d\n%s%s", code, want, text, errs)
	}
	code, out, _ := s.run("doctor", append([]string{"--format", "json"}, args...)...)
	var report struct {
		Checks []struct{ Check, Grant, Status string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != want {
		s.t.Fatalf("exit status %d: %v\n%s", code, err, out)
	}
	got := map[string]string{}
	for _, c := range report.Checks {
		got[strings.TrimSpace(c.Check+" "+c.Grant)] = c.Status
	}
	return got, text
}

// deploy writes the rendered role of deploy/vault to Vault, with changes of it.
func (s *site) deploy(changes map[string]any) {
	s.t.Helper()
	read := func(name string) []byte {
		src, err := os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(name)))
		if err != nil {
			s.t.Fatal(err)
		}
		return src
	}
	m, faults := manifest.Parse("curfew.yml", read(".github/curfew.yml"))
	if err := faults.Err(); err != nil {
		s.t.Fatal(err)
	}
	p, faults := manifest.ParsePolicy("org.yml", read("org/curfew/org.yml"))
	if err := faults.Err(); err != nil {
		s.t.Fatal(err)
	}
	docs, gaps := trust.Render(m, p, trust.Options{Grant: "deploy/vault"})
	if len(docs) != 1 {
		s.t.Fatal(gaps)
	}
	var role map[string]any
	if err := json.Unmarshal(docs[0].JSON(), &role); err != nil {
		s.t.Fatal(err)
	}
	for name, value := range changes {
		role[name] = value
	}
	body, err := json.Marshal(role)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Ask(s.t, s.Root, "DELETE", docs[0].Target, "")
	s.Call(s.t, "PUT", docs[0].Target, string(body))
}

// operator lets the job's environment have what an operator has.
func (s *site) operator(address string) {
	s.env = append(slices.Clone(s.env), "VAULT_TOKEN="+s.Root, "VAULT_ADDR="+address)
}

// TestE2EDoctor examines a job at a real Vault whose role is as it is rendered, and finds nothing wrong; nothing is leased, and
// nothing is left on the machine.
func TestE2EDoctor(t *testing.T) {
	s := newSite(t)
	s.deploy(nil)
	s.operator(s.URL)
	got, text := s.examined(0, "--grant", "deploy/vault")
	for _, check := range []string{
		"job", "state", "id-token", "clock", "manifest", "grants", "decision deploy/vault", "audience deploy/vault", "trust deploy/vault",
		"deployed deploy/vault", "provider deploy/vault", "store",
	} {
		if got[check] != "ok" {
			t.Errorf("%s is %q", check, got[check])
		}
	}
	if t.Failed() || len(got) != 12 {
		t.Errorf("%d checks\n%s", len(got), text)
	}
	if s.alive() != 0 {
		t.Error("something was leased")
	}
	if left, err := os.ReadDir(s.temp); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	for _, secret := range []string{s.Root, s.issuer.RequestToken, "eyJ"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in\n%s", secret, text)
		}
	}
	s.Call(t, "PUT", "sys/policies/acl/curfew/deploy/vault", `{"policy":"path \"secret/data/deploy\" { capabilities = [\"read\"] }"}`)
	if code, _, errs := s.run("exec", "--grant", "deploy/vault", "--", "true"); code != 0 {
		t.Errorf("with nothing wrong, nothing is leased: exit status %d\n%s", code, errs)
	}
}

// TestE2EDoctorFinds tells what is wrong, and how to mend it, whatever else is wrong.
func TestE2EDoctorFinds(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes map[string]any // of the deployed role
		change  func(*site)
		check   string
		says    []string
	}{
		{
			"an audience that isn't the grant's",
			map[string]any{"bound_audiences": []string{"https://vault.acme.example"}},
			nil, "deployed deploy/vault",
			[]string{"bound_audiences", `received: ["https://vault.acme.example"]`, `expected: ["vault"]`, "curfew trust render --grant deploy/vault | vault write auth/jwt/role/deploy -"},
		},
		{
			"wildcards",
			map[string]any{"bound_claims_type": "glob", "bound_claims": map[string]any{"repository": "acme/*"}},
			nil, "deployed deploy/vault",
			[]string{"bound_claims.repository", `received: ["acme/*"]`, "expected: absent", "bound_claims_type", `received: "glob"`, "bound_claims.repository_id"},
		},
		{
			"a longer life",
			map[string]any{"token_ttl": 7200, "token_max_ttl": 0, "token_period": 60},
			nil, "deployed deploy/vault",
			[]string{"token_ttl", "received: 7200", "expected: 1800", "token_max_ttl", "token_period"},
		},
		{"no role", nil, func(s *site) { s.Call(s.t, "DELETE", "auth/jwt/role/deploy", "") }, "deployed deploy/vault", []string{"there is no role auth/jwt/role/deploy"}},
		{
			"another environment", nil, func(s *site) { s.edit("environment: production", "environment: staging") }, "trust deploy/vault",
			[]string{"bound_claims.environment", `received: "production"`, `expected: "staging"`},
		},
		{"an identity that has ended", nil, func(s *site) { s.edit(`expires: "2099-06-01"`, `expires: "2020-06-01"`) }, "decision deploy/vault", []string{"[expired]"}},
		{"a ticket", nil, func(s *site) {
			s.edit("ttl: 30m\n        when: always", "ttl: 30m\n        when: { environment-approval: { min: 1 } }")
		}, "decision deploy/vault", []string{"nothing here proves a trigger of this kind"}},
		{"a manifest that isn't right", nil, func(s *site) { s.edit("owner: web\n", "owner: web\n    colour: red\n    owner: web\n") }, "manifest", []string{"colour", "owner"}},
		{"another run", nil, func(s *site) { s.env = append(s.env, "GITHUB_RUN_ID=7") }, "id-token", []string{`expected: "7"`}},
		{"a sealed Vault", nil, func(s *site) { s.Call(s.t, "PUT", "sys/seal", "") }, "provider deploy/vault", []string{"is sealed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.deploy(tt.changes)
			s.operator(s.URL)
			if tt.change != nil {
				tt.change(s)
			}
			got, text := s.examined(1, "--grant", "deploy/vault")
			if got[tt.check] != "wrong" || got["job"] != "ok" {
				t.Errorf("%s is %q\n%s", tt.check, got[tt.check], text)
			}
			for _, says := range tt.says {
				if !strings.Contains(text, says) {
					t.Errorf("%q isn't in\n%s", says, text)
				}
			}
		})
	}
}

// edit changes the manifest.
func (s *site) edit(old, by string) {
	s.t.Helper()
	src, err := os.ReadFile(filepath.Join(s.dir, ".github", "curfew.yml"))
	if err != nil || !strings.Contains(string(src), old) {
		s.t.Fatalf("%v: no %q", err, old)
	}
	s.file(".github/curfew.yml", strings.Replace(string(src), old, by, 1))
}

// TestE2EDoctorKeepsTokens sends the operator's token to no server but its own, whatever the manifest names; one that may not read
// roles speaks neither for the role nor against it.
func TestE2EDoctorKeepsTokens(t *testing.T) {
	s := newSite(t)
	s.deploy(nil)
	for _, tt := range []struct{ address, token, says string }{
		{"http://127.0.0.1:1", s.Root, "isn't sent elsewhere"},
		{"", s.Root, "needs VAULT_ADDR"},
		{s.URL, "", "needs VAULT_TOKEN"},
		{s.URL, s.Call(t, "POST", "auth/token/create", `{"policies":["default"],"no_parent":true}`), "may read auth/jwt/role/deploy"},
	} {
		before := s.env
		s.env = append(slices.Clone(s.env), "VAULT_ADDR="+tt.address, "VAULT_TOKEN="+tt.token)
		got, text := s.examined(0, "--grant", "deploy/vault")
		if got["deployed deploy/vault"] != "not-checked" || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %q\n%s", tt.says, got["deployed deploy/vault"], text)
		}
		s.env = before
	}
}
