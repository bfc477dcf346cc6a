package lease_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// readAs exchanges for a grant that reads one secret of that value, and hands over as it says.
func readAs(t *testing.T, as manifest.Handing, value string) (*lease.Credential, *fake, error) {
	t.Helper()
	quoted, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	f := serve(t, says(200, login("hvs."+made(90))), says(200, `{"data":{"key":`+string(quoted)+`}}`), says(204, ""))
	p, _ := provider(t, "vault")
	g := vaultGrant(f.URL)
	g.Vault.As, g.Vault.Read = as, map[string]string{"kv/deploy": "DEPLOY_KEY"}
	c, err := p.Exchange(t.Context(), request(t, g))
	return c, f, err
}

// TestFilesLines: a key in PEM goes into a file to the byte, whichever line breaks it has, and no line of it shows that tells anything.
func TestFilesLines(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE " + "KEY", Bytes: der}))
	for _, value := range []string{whole, strings.ReplaceAll(whole, "\n", "\r\n"), strings.TrimSpace(whole), "\t" + whole} {
		c, _, err := readAs(t, manifest.AsFile, value)
		if err != nil {
			t.Fatal(err)
		}
		files, vars, err := c.Files(t.TempDir())
		if err != nil || len(files) != 2 || files[1].Name != "DEPLOY_KEY" || string(files[1].Content.Reveal()) != value {
			t.Fatalf("%d files, %v", len(files), err)
		}
		for _, v := range vars {
			if bytes.ContainsAny(v.Value.Reveal(), "\r\n\t") {
				t.Errorf("the variable %s has several lines", v.Name)
			}
		}
		masker := redact.NewMasker(c.Secrets()...)
		for line := range strings.Lines(value) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "--") && masker.Mask("| "+line+" |") == "| "+line+" |" {
				t.Errorf("a line of %d bytes shows", len(line))
			}
		}
		if text := fmt.Sprintf("%+v %#v", c, files); strings.Contains(text, strings.Split(whole, "\n")[1]) {
			t.Error("the key shows")
		}
	}
}

// TestFilesLinesRefused: as variables lines are refused, and what isn't text is in files as well. The token is given back.
func TestFilesLinesRefused(t *testing.T) {
	const try = "say as: file in the grant"
	secret := made(30)
	for _, tt := range []struct {
		as    manifest.Handing
		value string
		try   bool
	}{
		{"", secret + "\nPATH=/tmp", true},
		{manifest.AsEnv, secret + "\nPATH=/tmp", true},
		{manifest.AsEnv, secret + "\r\nPATH=/tmp", true},
		{manifest.AsEnv, secret + "\rPATH=/tmp", false},
		{manifest.AsFile, secret + "\rPATH=/tmp", false},
		{manifest.AsFile, secret + "\r", false},
		{manifest.AsEnv, secret + "\x00", false},
		{manifest.AsFile, secret + "\x00", false},
		{manifest.AsFile, secret + "\x1b[2J", false},
		{manifest.AsFile, secret + "\u0085", false},
		{manifest.AsFile, secret + "\u2028", false},
		{manifest.AsFile, "", false},
	} {
		_, f, err := readAs(t, tt.as, tt.value)
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), try) != tt.try {
			t.Errorf("as %q, %q: %v", tt.as, tt.value, err)
		}
		if asked := f.asked(); asked[len(asked)-1] != "POST /v1/auth/token/revoke-self" {
			t.Errorf("as %q, %q: the token isn't given back: %q", tt.as, tt.value, asked)
		}
	}
	// A token is one line wherever it goes.
	f := serve(t, says(200, login(secret+`\nX=1`)))
	p, _ := provider(t, "vault")
	g := vaultGrant(f.URL)
	g.Vault.As = manifest.AsFile
	if err := failed(t, p, request(t, g), secret); !strings.Contains(err.Error(), "VAULT_TOKEN holds a line break") {
		t.Error(err)
	}
}
