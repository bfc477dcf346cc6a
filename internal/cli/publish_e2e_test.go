//go:build e2e

package cli_test

import (
	"archive/zip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/testservers"
)

const publishManifest = `version: 1
extends: acme/.github
owners:
  web: { team: "@acme/web" }
defaults: { narrow: none, limits: none, ttl: 1h }
identities:
  publish:
    owner: web
    purpose: Publish packages
    privilege: low
    expires: "2099-06-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
    claims:
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/deploy.yml@refs/heads/main
      environment: production
    grants:
      npm: { npm: { package: "@acme/shop", endpoint: "EXCHANGE" }, when: always }
      pypi: { pypi: { package: acme-shop, endpoint: "EXCHANGE", audience: index }, when: always }
      crates:
        crates: { package: acme-shop, endpoint: "EXCHANGE", names: { CARGO_REGISTRY_TOKEN: CARGO_REGISTRIES_LOCAL_TOKEN } }
        when: always
`

// exchange is a fake of what the registries here don't have, and npm, PyPI and crates.io do: it gives a token of the
// registry's for an ID token that was made for it. All else it hands on to the registry.
type exchange struct {
	*httptest.Server
	t        *testing.T
	audience string
	token    string
	mu       sync.Mutex
	ended    []string // by crates.io's DELETE
}

func startExchange(t *testing.T, token string, registry http.Handler) *exchange {
	t.Helper()
	x := &exchange{t: t, token: token}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /-/npm/v1/oidc/token/exchange/package/{name}", func(w http.ResponseWriter, r *http.Request) {
		x.issue(w, r, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.PathValue("name") == "@acme/shop",
			map[string]any{"token_type": "oidc", "expires": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	})
	mux.HandleFunc("POST /_/oidc/mint-token", func(w http.ResponseWriter, r *http.Request) {
		x.issue(w, r, x.posted(r)["token"], true, map[string]any{"success": true, "expires": time.Now().Add(15 * time.Minute).Unix()})
	})
	mux.HandleFunc("POST /api/v1/trusted_publishing/tokens", func(w http.ResponseWriter, r *http.Request) {
		x.issue(w, r, x.posted(r)["jwt"], true, map[string]any{})
	})
	mux.HandleFunc("DELETE /api/v1/trusted_publishing/tokens", func(w http.ResponseWriter, r *http.Request) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.ended = append(x.ended, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.Handle("/", registry)
	x.Server = httptest.NewServer(mux)
	t.Cleanup(x.Close)
	return x
}

func (x *exchange) posted(r *http.Request) map[string]string {
	var said map[string]string
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
		x.t.Error(err)
	}
	return said
}

// issue answers with the token where the ID token is for this exchange.
func (x *exchange) issue(w http.ResponseWriter, r *http.Request, jwt string, right bool, answer map[string]any) {
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt+"..", ".")[1])
	if err != nil || !right || !strings.Contains(string(claims), fmt.Sprintf(`"aud":%q`, x.audience)) {
		x.t.Errorf("%s %s with the claims %s, for %q", r.Method, r.URL.Path, claims, x.audience)
		http.Error(w, `{"message":"refused"}`, http.StatusForbidden)
		return
	}
	answer["token"] = x.token
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// publishes is a job's machine whose manifest entitles it to publish through an exchange.
func publishes(t *testing.T, x *exchange) *site {
	t.Helper()
	s := newSite(t)
	s.file(".github/curfew.yml", strings.ReplaceAll(publishManifest, "EXCHANGE", x.URL))
	return s
}

// published runs a command with a lease, and expects that the token shows nowhere and that nothing of it is left.
func (s *site) published(x *exchange, grant string, command ...string) (stdout, stderr string) {
	s.t.Helper()
	code, out, errs := s.run("exec", append([]string{"--grant", "publish/" + grant, "--"}, command...)...)
	if code != 0 {
		s.t.Fatalf("exit status %d\n%s%s", code, out, errs)
	}
	if strings.Contains(out+errs, x.token) {
		s.t.Errorf("the token shows in\n%s%s", out, errs)
	}
	if got := types(s.records()); !strings.HasPrefix(got, "intent issued") {
		s.t.Errorf("records %s", got)
	}
	s.clean()
	return out, errs
}

// TestE2EPublishNPM publishes with the real npm to a real registry, by nothing but the .npmrc that is handed over.
func TestE2EPublishNPM(t *testing.T) {
	v := testservers.StartVerdaccio(t)
	to, err := url.Parse(v.URL)
	if err != nil {
		t.Fatal(err)
	}
	x := startExchange(t, v.Token, httputil.NewSingleHostReverseProxy(to))
	x.audience = "npm:127.0.0.1"
	s := publishes(t, x)
	s.file("package.json", `{"name":"@acme/shop","version":"1.0.0","description":"A shop","license":"MIT","main":"index.js"}`)
	s.file("index.js", "module.exports = 1\n")
	// What the machine's own user has of npm would say otherwise.
	s.file("home/.npmrc", "registry=http://127.0.0.1:1/\n//127.0.0.1:1/:_authToken=of-somebody-else\n")
	s.env = append(slices.DeleteFunc(s.env, func(e string) bool { return strings.HasPrefix(e, "HOME=") }), "HOME="+filepath.Join(s.dir, "home"))
	out, errs := s.published(x, "npm", "sh", "-c", `npm publish --access public && npm whoami && test -z "$NODE_AUTH_TOKEN$NPM_TOKEN"`)
	if !strings.Contains(out, "+ @acme/shop@1.0.0") || !strings.Contains(out, "\njob\n") || !strings.Contains(errs, "expire-only until") {
		t.Errorf("%s%s", out, errs)
	}
	got, err := http.Get(v.URL + "/@acme%2Fshop")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close() //nolint:errcheck // all that is wanted has been read
	if text, err := io.ReadAll(got.Body); err != nil || !strings.Contains(string(text), `"latest": "1.0.0"`) {
		t.Errorf("the registry has %s, %v", text, err)
	}
}

// TestE2EPublishPyPI uploads with the real twine to a real index, by nothing but the variables that are handed over.
func TestE2EPublishPyPI(t *testing.T) {
	bin := os.Getenv("CURFEW_PUBLISH")
	if bin == "" {
		t.Skip("NOT RUN: twine upload: CURFEW_PUBLISH names no folder with twine, as make e2e says")
	}
	token := "py" + "pi-of-the-test-" + strings.Repeat("a", 40)
	index := testservers.StartPyPIServer(t, "__token__", token)
	x := startExchange(t, token, http.NotFoundHandler())
	x.audience = "index"
	s := publishes(t, x)
	wheel := filepath.Join(s.dir, "acme_shop-1.0.0-py3-none-any.whl")
	makeWheel(t, wheel)
	_, errs := s.published(x, "pypi", filepath.Join(bin, "twine"), "upload", "--non-interactive", "--disable-progress-bar", "--repository-url", index.URL, wheel)
	if !strings.Contains(errs, "expire-only until") {
		t.Errorf("%s", errs)
	}
	if _, err := os.Stat(filepath.Join(index.Files, filepath.Base(wheel))); err != nil {
		t.Error(err)
	}
}

// makeWheel makes a Python package of nothing (https://packaging.python.org/en/latest/specifications/binary-distribution-format/).
func makeWheel(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for name, text := range map[string]string{
		"acme_shop.py":                       "a = 1\n",
		"acme_shop-1.0.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme-shop\nVersion: 1.0.0\nSummary: A shop\n",
		"acme_shop-1.0.0.dist-info/WHEEL":    "Wheel-Version: 1.0\nGenerator: curfew\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		"acme_shop-1.0.0.dist-info/RECORD":   "",
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
}

// cargoRegistry is a fake registry of crates: the sparse index and the upload that cargo's own documentation describes
// (https://doc.rust-lang.org/cargo/reference/registry-web-api.html), for whoever has its token.
func cargoRegistry(t *testing.T, token string, host func() string) http.Handler {
	t.Helper()
	line := ""
	mux := http.NewServeMux()
	mux.HandleFunc("GET /index/config.json", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"dl": host() + "/dl", "api": host()})
	})
	mux.HandleFunc("GET /index/ac/me/acme-shop", func(w http.ResponseWriter, r *http.Request) {
		if line == "" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, line)
	})
	mux.HandleFunc("PUT /api/v1/crates/new", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != token {
			t.Error("published with another token")
			http.Error(w, `{"errors":[{"detail":"no"}]}`, http.StatusForbidden)
			return
		}
		var size uint32
		if err := binary.Read(r.Body, binary.LittleEndian, &size); err != nil || size > 1<<20 {
			t.Errorf("%d, %v", size, err)
		}
		about := make([]byte, size)
		var said struct{ Name, Vers string }
		if _, err := io.ReadFull(r.Body, about); err != nil || json.Unmarshal(about, &said) != nil {
			t.Errorf("%s, %v", about, err)
		}
		line = fmt.Sprintf(`{"name":%q,"vers":%q,"deps":[],"cksum":"%064d","features":{},"yanked":false}`+"\n", said.Name, said.Vers, 0)
		_, _ = io.WriteString(w, `{"warnings":{"invalid_categories":[],"invalid_badges":[],"other":[]}}`)
	})
	return mux
}

// TestE2EPublishCrates publishes with the real cargo, by nothing but the variable that is handed over, and ends the token.
func TestE2EPublishCrates(t *testing.T) {
	cargo, err := exec.LookPath("cargo")
	if err != nil {
		t.Skip("NOT RUN: cargo publish: there is no cargo, as make e2e says")
	}
	token := "cio" + "_tp_of-the-test-" + strings.Repeat("a", 40)
	var x *exchange
	x = startExchange(t, token, cargoRegistry(t, token, func() string { return x.URL }))
	x.audience = strings.TrimPrefix(x.URL, "http://")
	s := publishes(t, x)
	s.file("Cargo.toml", "[package]\nname = \"acme-shop\"\nversion = \"1.0.0\"\nedition = \"2021\"\nlicense = \"MIT\"\ndescription = \"A shop\"\n")
	s.file("src/lib.rs", "pub fn shop() {}\n")
	s.env = append(s.env, "CARGO_HOME="+t.TempDir(), "CARGO_REGISTRIES_LOCAL_INDEX=sparse+"+x.URL+"/index/")
	if home, err := os.UserHomeDir(); err == nil && os.Getenv("RUSTUP_HOME") == "" { // cargo may be rustup's
		s.env = append(s.env, "RUSTUP_HOME="+filepath.Join(home, ".rustup"))
	} else {
		s.env = append(s.env, "RUSTUP_HOME="+os.Getenv("RUSTUP_HOME"))
	}
	out, errs := s.published(x, "crates", cargo, "publish", "--registry", "local", "--no-verify", "--allow-dirty")
	if !strings.Contains(errs, "Published acme-shop v1.0.0") || !strings.Contains(errs, "revoked (") {
		t.Errorf("%s%s", out, errs)
	}
	if want := []string{"Bearer " + token}; !slices.Equal(x.ended, want) {
		t.Errorf("%d tokens ended, want this one", len(x.ended))
	}
}
