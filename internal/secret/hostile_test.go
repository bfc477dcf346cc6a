package secret_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/rules"
)

// Nothing in a scanned tree keeps us silent.
func TestTreeCannotSwitchUsOff(t *testing.T) {
	pat := plantedFor(t, "github-pat").Value
	t.Run("gitleaks:allow", func(t *testing.T) {
		got := find(t, "a.sh", "x\ntoken="+pat+" # gitleaks:allow\ny\n")
		if len(got) != 1 || !got[0].Allowed {
			t.Errorf("got %s, want one that is marked as allowed", names(got))
		}
		if got := find(t, "a.sh", "gitleaks:allow\ntoken="+pat+"\n"); len(got) != 1 || got[0].Allowed {
			t.Errorf("got %s: a comment on another line marked it", names(got))
		}
	})
	t.Run("a workflow named to be left out", func(t *testing.T) {
		for _, path := range []string{".github/workflows/gitleaks.toml.yml", ".github/node_modules/x.yml", "node_modules/a/action.yml"} {
			if got := find(t, path, "env:\n  T: "+pat+"\n"); len(got) != 1 || got[0].Region.Path != path {
				t.Errorf("%s: got %s, want one", path, names(got))
			}
		}
	})
	t.Run("a path that is left out is told", func(t *testing.T) {
		for _, path := range []string{"node_modules/x/a.js", "go.sum", "web/logo.svg", "gitleaks.toml"} {
			tokens, err := detector(t).Detect(context.Background(), path, []byte(pat))
			if !errors.Is(err, secret.ErrAllowlisted) || len(tokens) > 0 {
				t.Errorf("%s: got %s, %v", path, names(tokens), err)
			}
		}
	})
	t.Run("a frame around the file", func(t *testing.T) {
		content := "-----BEGIN PRIVATE " + "KEY-----\n" + strings.Repeat("x", 64) + "\ntoken=" + pat + "\n-----END PRIVATE " + "KEY-----\n"
		got := find(t, "a.sh", content)
		if len(got) != 2 || got[0].Detector != "private-key" || got[1].Detector != "github-pat" {
			t.Errorf("got %s, want a private key and a GitHub token", names(got))
		}
	})
	t.Run(".gitleaks.toml and .gitleaksignore", func(t *testing.T) {
		dir := t.TempDir()
		t.Chdir(dir)
		for name, content := range map[string]string{
			".gitleaks.toml":  "[allowlist]\npaths = ['''.*''']\n",
			".gitleaksignore": "a.sh:github-pat:1\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		d, err := secret.New(rules.SecretRules())
		if err != nil {
			t.Fatal(err)
		}
		tokens, err := d.Detect(context.Background(), "a.sh", []byte("token="+pat+"\n"))
		if err != nil || len(tokens) == 0 {
			t.Errorf("got %s, %v", names(tokens), err)
		}
	})
}

// The masker made for error messages knows what stands in a file and what stands in the messages.
func TestMaskerFor(t *testing.T) {
	pat, npm := plantedFor(t, "github-pat"), plantedFor(t, "npm-access-token")
	message := fmt.Sprintf("curfew.yml:3:9: unknown owner %q: did you mean %q?", pat.Value, npm.Value)
	for _, path := range []string{".github/curfew.yml", "node_modules/curfew.yml"} {
		m, err := detector(t).MaskerFor(context.Background(), path, []byte("owner: "+pat.Value+"\n"), message)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Mask(message); len(planted.Find([]byte(got), pat, npm)) > 0 || !strings.Contains(got, "unknown owner") {
			t.Errorf("got %q", got)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := detector(t).MaskerFor(ctx, "a.yml", []byte(pat.Content), message); err == nil {
		t.Error("a masker that knows nothing was handed out")
	}
}

// Tokens, whichever way they are printed, show nothing.
func TestTokensShowNothing(t *testing.T) {
	for _, p := range planted.All(3) {
		tokens, err := detector(t).Detect(context.Background(), p.Path, []byte(p.Content))
		if err != nil {
			t.Fatal(err)
		}
		inJSON, err := json.Marshal(tokens)
		if err != nil {
			t.Fatal(err)
		}
		out := string(inJSON)
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			out += fmt.Sprintf(format, tokens) + fmt.Sprintf(format, &tokens[0])
		}
		if leaks := planted.Find([]byte(out), p); len(leaks) > 0 {
			t.Errorf("printed tokens show %v", leaks)
		}
	}
}
