package testservers

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Verdaccio is a real npm registry, without a proxy to another one. Who has a token of it may publish.
type Verdaccio struct {
	URL   string
	Token string
}

const verdaccioConfig = `storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
packages: { "**": { access: $all, publish: $authenticated } }
log: { type: stdout, format: json, level: warn }
`

// StartVerdaccio starts the one that CURFEW_VERDACCIO names.
func StartVerdaccio(tb testing.TB) Verdaccio {
	tb.Helper()
	dir, port := tb.TempDir(), FreePort(tb)
	config := filepath.Join(dir, "config.yml")
	write(tb, config, verdaccioConfig)
	cmd := command(tb, "CURFEW_VERDACCIO", "--config", config, "--listen", "127.0.0.1:"+port)
	cmd.Dir, cmd.Stdout = dir, cmd.Stderr
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	v := Verdaccio{URL: "http://127.0.0.1:" + port}
	await(tb, "verdaccio", v.URL+"/-/ping")
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPut, v.URL+"/-/user/org.couchdb.user:job",
		strings.NewReader(`{"name":"job","password":"of-the-test-alone"}`))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	var said struct{ Token string }
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil || said.Token == "" {
		tb.Fatalf("verdaccio gave no token: %s, %v", resp.Status, err)
	}
	v.Token = said.Token
	return v
}

// PyPIServer is a real index of Python packages, by the program pypi-server.
type PyPIServer struct {
	URL   string
	Files string // the folder of what was uploaded
}

// StartPyPIServer starts the one in the folder that CURFEW_PUBLISH names, which takes uploads of a user with a password.
func StartPyPIServer(tb testing.TB, user, password string) PyPIServer {
	tb.Helper()
	dir, files, port := tb.TempDir(), tb.TempDir(), FreePort(tb)
	sum := sha1.Sum([]byte(password))
	passwords := filepath.Join(dir, "htpasswd")
	write(tb, passwords, user+":{SHA}"+base64.StdEncoding.EncodeToString(sum[:])+"\n")
	cmd := commandAt(tb, filepath.Join(os.Getenv("CURFEW_PUBLISH"), "pypi-server"),
		"run", "--interface", "127.0.0.1", "--port", port, "--passwords", passwords, "--authenticate", "update", "--disable-fallback", files)
	cmd.Stdout = cmd.Stderr
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	p := PyPIServer{"http://127.0.0.1:" + port, files}
	await(tb, "pypi-server", p.URL+"/simple/")
	return p
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}
