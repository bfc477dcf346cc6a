// Package testservers starts the real servers that tests run against, each a process on an address of this
// machine, which ends with the test. The Makefile builds them; no shipped code imports this package.
package testservers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// startsWithin is when waiting for a server is given up: on a machine that builds and tests beside it, it may take many times what it
// takes alone.
const startsWithin = 2 * time.Minute

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

// FreePort is a free port, for servers that take no port 0. It lies below those that systems give to whoever asks for any, and the one
// above it is held until the test is over: nobody else who asks here gets it before the server has it.
func FreePort(tb testing.TB) string {
	tb.Helper()
	listen := func(port int) (net.Listener, error) {
		return (&net.ListenConfig{}).Listen(tb.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	}
	for range 100 {
		port := 20_000 + 2*rand.IntN(5_000)
		held, err := listen(port + 1)
		if err != nil {
			continue
		}
		tb.Cleanup(func() { held.Close() }) //nolint:errcheck // it has served
		if l, err := listen(port); err == nil && l.Close() == nil {
			return strconv.Itoa(port)
		}
	}
	tb.Fatal("no port is free from 20000 to 30000")
	return ""
}

// MinIO is a real STS and S3.
type MinIO struct{ URL string }

// StartMinIO starts the one that CURFEW_MINIO names, with more variables in its environment.
func StartMinIO(tb testing.TB, environment ...string) MinIO {
	tb.Helper()
	address := "127.0.0.1:" + FreePort(tb)
	cmd := command(tb, "CURFEW_MINIO", "server", "--quiet", "--address", address, tb.TempDir())
	cmd.Env = append(environment, "MINIO_BROWSER=off", "MINIO_CI_CD=1", "MINIO_UPDATE=off", "HOME="+tb.TempDir())
	cmd.Stdout = cmd.Stderr
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	m := MinIO{"http://" + address}
	await(tb, "MinIO", m.URL+"/minio/health/cluster")
	return m
}

// await waits until a server answers a GET with 200.
func await(tb testing.TB, what, at string) {
	tb.Helper()
	for end := time.Now().Add(startsWithin); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, at, nil)
		if err != nil {
			tb.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK {
			return
		}
	}
	tb.Fatalf("%s didn't start within %s: %q", what, startsWithin, at)
}
