package lease_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/lease"
)

// TestFiles: secret values go into files, and variables name them; what is public stays a variable.
func TestFiles(t *testing.T) {
	token := "hvs." + made(90)
	f := serve(t, says(200, login(token)))
	p, _ := provider(t, "vault")
	c, err := p.Exchange(t.Context(), request(t, vaultGrant(f.URL)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files, vars, err := c.Files(dir)
	if err != nil || len(files) != 1 || files[0].Name != "VAULT_TOKEN" || string(files[0].Content.Reveal()) != token {
		t.Fatalf("%+v, %v", files, err)
	}
	for _, v := range vars {
		want := map[string]string{"VAULT_ADDR": f.URL, "VAULT_TOKEN_FILE": filepath.Join(dir, "VAULT_TOKEN")}[v.Name]
		if want == "" || string(v.Value.Reveal()) != want || !v.Public {
			t.Errorf("%s is %s", v.Name, v.Value.Reveal())
		}
	}
	for _, odd := range []string{"", "relative", "/tmp/it's", "/tmp/\"x", "/tmp/a\nb"} {
		if _, _, err := c.Files(odd); err == nil {
			t.Errorf("%q is taken", odd)
		}
	}
}

// TestFilesAWS: what the configuration runs prints what AWS' tools read, with the end of the session.
func TestFilesAWS(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the configuration's command is cmd's there, which this test doesn't run")
	}
	f := serve(t, says(200, stsSession("ASIA"+strings.ToUpper(made(16)), made(40), made(300), "2026-11-28T12:15:00Z")))
	p, _ := provider(t, "aws")
	c, err := p.Exchange(t.Context(), request(t, awsGrant(f.URL)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files, vars, err := c.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	config := ""
	for _, file := range files {
		if err := os.WriteFile(filepath.Join(dir, file.Name), file.Content.Reveal(), 0o600); err != nil {
			t.Fatal(err)
		}
		if file.Name == "aws-config" {
			config = string(file.Content.Reveal())
		}
	}
	_, command, ok := strings.Cut(config, "credential_process = ")
	if !ok || !strings.HasPrefix(config, "[default]\nregion = eu-west-1\n") {
		t.Fatalf("%q", config)
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
	var said struct {
		Version                                   int
		AccessKeyID                               string `json:"AccessKeyId"`
		SecretAccessKey, SessionToken, Expiration string
	}
	if err != nil || json.Unmarshal(out, &said) != nil {
		t.Fatalf("%s, %v", out, err)
	}
	if said.Version != 1 || said.AccessKeyID != c.Handle || said.SecretAccessKey == "" || said.SessionToken == "" || said.Expiration != "2026-11-28T12:15:00Z" {
		t.Errorf("%+v", said)
	}
	names := ""
	for _, v := range vars {
		names += v.Name + " "
	}
	if names != "AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_REGION AWS_DEFAULT_REGION " {
		t.Errorf("variables %s", names)
	}
	if _, _, err := (&lease.Credential{Provider: "aws"}).Files(dir); err == nil {
		t.Error("a credential without values is handed over")
	}
}
