// Package testservers starts the real servers that tests run against, each a process on an address of this
// machine, which ends with the test. The Makefile builds them; no shipped code imports this package.
package testservers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// command prepares the server that an environment variable names. Its log is shown where the test fails.
func command(tb testing.TB, variable string, args ...string) *exec.Cmd {
	tb.Helper()
	binary := os.Getenv(variable)
	if binary == "" {
		tb.Fatalf("%s names no server: run this by make e2e, which builds it", variable)
	}
	return commandAt(tb, binary, args...)
}

// commandAt prepares the server at a path.
func commandAt(tb testing.TB, binary string, args ...string) *exec.Cmd {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), binary, args...)
	log := &bytes.Buffer{}
	cmd.Stderr = log
	tb.Cleanup(func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		if tb.Failed() {
			tb.Logf("%s:\n%s", binary, log.String())
		}
	})
	return cmd
}

// Vault is a real Vault, in memory.
type Vault struct {
	URL  string
	Root string // its root token
}

// StartVault starts the one of internal/testservers/vault, which CURFEW_VAULT names.
func StartVault(tb testing.TB) Vault {
	tb.Helper()
	cmd := command(tb, "CURFEW_VAULT")
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var said struct {
		Address string
		Root    string `json:"root_token"`
	}
	if err != nil || json.Unmarshal(line, &said) != nil {
		tb.Fatalf("Vault didn't start: %v, %q", err, line)
	}
	return Vault{"http://" + said.Address, said.Root}
}

// Ask asks Vault for something below /v1/ with a token, and returns the status and the answer.
func (v Vault) Ask(tb testing.TB, token, method, path, body string) (int, []byte) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, v.URL+"/v1/"+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("X-Vault-Token", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, text
}

// Call asks Vault for something as root, which must succeed, and returns the answer's auth.client_token, if
// it has one.
func (v Vault) Call(tb testing.TB, method, path, body string) string {
	tb.Helper()
	status, text := v.Ask(tb, v.Root, method, path, body)
	var said struct {
		Auth struct {
			Token string `json:"client_token"`
		}
	}
	if status >= 300 || len(text) > 0 && json.Unmarshal(text, &said) != nil {
		tb.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	return said.Auth.Token
}

// freePort is a port that was free a moment ago, for servers that take no port 0.
func freePort(tb testing.TB) string {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		tb.Fatal(err)
	}
	return port
}

// MinIO is a real STS and S3.
type MinIO struct{ URL string }

// StartMinIO starts the one that CURFEW_MINIO names, with more variables in its environment.
func StartMinIO(tb testing.TB, environment ...string) MinIO {
	tb.Helper()
	address := "127.0.0.1:" + freePort(tb)
	cmd := command(tb, "CURFEW_MINIO", "server", "--quiet", "--address", address, tb.TempDir())
	cmd.Env = append(environment, "MINIO_BROWSER=off", "MINIO_CI_CD=1", "MINIO_UPDATE=off", "HOME="+tb.TempDir())
	cmd.Stdout = cmd.Stderr
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	m := MinIO{"http://" + address}
	for range 300 {
		if m.ready(tb) {
			return m
		}
		time.Sleep(100 * time.Millisecond)
	}
	tb.Fatal("MinIO didn't start within 30 s")
	return m
}

func (m MinIO) ready(tb testing.TB) bool {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, m.URL+"/minio/health/cluster", nil)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}
