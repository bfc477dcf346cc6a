//go:build e2e

package cli_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os/exec"
	"time"
)

// contenders are what is timed, peers first.
func (s *benchSite) contenders() []contender {
	tokenFor := map[string]string{}
	for _, audience := range []string{stsAudience, "vault"} {
		tokenFor[audience] = s.issuer.Token(audience, map[string]any{"exp": time.Now().Add(time.Hour).Unix()})
	}
	fetched := func(exchange func(token string), audience string) func() {
		return func() { exchange(s.curlToken(audience)) }
	}
	there := func(exchange func(token string), audience string) func() {
		return func() { exchange(tokenFor[audience]) }
	}
	return []contender{
		{name: "curl for the ID token, curl for the exchange, the child", run: fetched(s.curlSTS, stsAudience)},
		{name: "curl for the exchange with a token that is there, the child", run: there(s.curlSTS, stsAudience)},
		{name: "curl for the ID token, curl for the login, the child, curl for revoke-self", run: fetched(s.curlVault, "vault")},
		{name: "the same with a token that is there", run: there(s.curlVault, "vault")},
		{name: "`curfew exec` with MinIO's STS, `--trust-workspace`", run: func() { s.exec("deploy/sts", s.workspace()...) }, peers: []int{0, 1}},
		{name: "the same, `--rules-from DIR@COMMIT`", run: func() { s.exec("deploy/sts", s.tips...) }, peers: []int{0}},
		{name: "`curfew exec` with Vault, `--trust-workspace`", run: func() { s.exec("deploy/vault", s.workspace()...) }, peers: []int{2, 3}},
		{name: "the same, `--rules-from DIR@COMMIT`", run: func() { s.exec("deploy/vault", s.tips...) }, peers: []int{2}},
	}
}

func (s *benchSite) workspace() []string {
	return []string{"--trust-workspace", "--org-rules-from", "org"}
}

// exec is curfew as a job's first step that leases, with an empty folder of records.
func (s *benchSite) exec(grant string, flags ...string) {
	s.t.Helper()
	temp := s.t.TempDir()
	args := append([]string{"exec", "--issuer", s.issuer.URL, "--grant", grant}, flags...)
	cmd := exec.CommandContext(s.t.Context(), s.curfew, append(args, "--", "true")...)
	cmd.Dir, cmd.Env = s.dir, append(s.env[:len(s.env):len(s.env)], "RUNNER_TEMP="+temp)
	s.run(cmd)
}

// run runs a command whose output goes to a file: a pipe would have to be read meanwhile.
func (s *benchSite) run(cmd *exec.Cmd) {
	s.t.Helper()
	cmd.Stderr = s.out
	if cmd.Stdout == nil {
		cmd.Stdout = s.out
	}
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("%s: %v: see %s", cmd.Path, err, s.out.Name())
	}
}

// child is the command of all.
func (s *benchSite) child(vars ...string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "true")
	cmd.Env = append(s.env[:len(s.env):len(s.env)], vars...)
	s.run(cmd)
}

// curl asks as a script would, and returns the answer.
func (s *benchSite) curl(args ...string) []byte {
	s.t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(s.t.Context(), "curl", append([]string{"-q", "-sS", "--fail"}, args...)...)
	cmd.Env, cmd.Stdout = s.env, &out
	s.run(cmd)
	return out.Bytes()
}

// curlToken asks for an ID token.
func (s *benchSite) curlToken(audience string) string {
	s.t.Helper()
	var said struct{ Value string }
	if err := json.Unmarshal(s.curl("-H", "Authorization: Bearer "+s.issuer.RequestToken, s.issuer.RequestURL()+"&audience="+audience), &said); err != nil {
		s.t.Fatal(err)
	}
	return said.Value
}

// curlSTS exchanges a token at the STS and runs the child with the session.
func (s *benchSite) curlSTS(token string) {
	s.t.Helper()
	answer := s.curl("-d", "Action=AssumeRoleWithWebIdentity", "-d", "Version=2011-06-15", "-d", "DurationSeconds=900", "-d", "RoleSessionName=bench",
		"--data-urlencode", "RoleArn="+s.cloud.role, "--data-urlencode", "WebIdentityToken="+token, s.cloud.URL)
	var said struct {
		Key     string `xml:"AssumeRoleWithWebIdentityResult>Credentials>AccessKeyId"`
		Secret  string `xml:"AssumeRoleWithWebIdentityResult>Credentials>SecretAccessKey"`
		Session string `xml:"AssumeRoleWithWebIdentityResult>Credentials>SessionToken"`
	}
	if err := xml.Unmarshal(answer, &said); err != nil || said.Session == "" {
		s.t.Fatalf("the STS answered no session: %v", err)
	}
	s.child("AWS_ACCESS_KEY_ID="+said.Key, "AWS_SECRET_ACCESS_KEY="+said.Secret, "AWS_SESSION_TOKEN="+said.Session)
}

// curlVault logs in to Vault, runs the child with the token, and revokes that.
func (s *benchSite) curlVault(token string) {
	s.t.Helper()
	var said struct {
		Auth struct {
			Token string `json:"client_token"`
		}
	}
	if err := json.Unmarshal(s.curl("-d", `{"role":"deploy","jwt":"`+token+`"}`, s.URL+"/v1/auth/jwt/login"), &said); err != nil || said.Auth.Token == "" {
		s.t.Fatalf("Vault answered no token: %v", err)
	}
	s.child("VAULT_TOKEN=" + said.Auth.Token)
	s.curl("-X", "POST", "-H", "X-Vault-Token: "+said.Auth.Token, s.URL+"/v1/auth/token/revoke-self")
}
