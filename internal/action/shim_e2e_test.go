//go:build e2e

package action_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// table changes the release table of a job's own copy of the action.
func (j *job) table(change func(table, asset map[string]any)) {
	j.Helper()
	file := filepath.Join(j.action, "dist", "release.json")
	var table map[string]any
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &table)
	}
	if err != nil {
		j.Fatal(err)
	}
	assets, _ := table["assets"].(map[string]any)
	for _, asset := range assets {
		one, _ := asset.(map[string]any)
		change(table, one)
	}
	if text, err = json.Marshal(table); err != nil {
		j.Fatal(err)
	}
	j.write(j.action, "dist/release.json", string(text))
}

// cached is the binary in a job's tool cache.
func (j *job) cached() string {
	j.Helper()
	found, err := filepath.Glob(filepath.Join(j.cache, "act", "tool_cache", "curfew", "*", "*", "curfew"))
	if err != nil || len(found) != 1 {
		j.Fatalf("the tool cache has %v, %v", found, err)
	}
	return found[0]
}

// evil is what is put in the binary's place, of its size.
func (w *world) evil(t *testing.T) []byte {
	t.Helper()
	info, err := os.Stat(w.binary)
	if err != nil {
		t.Fatal(err)
	}
	script := []byte("#!/bin/sh\necho it was run; touch \"$KEEP/evil\"; exit 0\n#")
	return append(script, bytes.Repeat([]byte("x"), int(info.Size())-len(script))...)
}

const plainWorkflow = `on: push
permissions: { contents: read }
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - id: scan
        uses: ACTION
        with: { fail-on: never }
      - if: always()
        run: echo "scan $SCAN, findings '$FINDINGS'"
        env: { SCAN: "${{ steps.scan.outcome }}", FINDINGS: "${{ steps.scan.outputs.findings }}" }
`

// tampered: a binary that isn't the one of the table isn't run, and a table that can't be one is none.
func tampered(t *testing.T, w *world) {
	for name, tt := range map[string]struct {
		change func(*testing.T, *job)
		says   string
	}{
		"a binary of the same size": {func(t *testing.T, j *job) {
			j.write(filepath.Dir(j.cached()), "curfew", string(w.evil(t)))
		}, "It was not run: remove it from the tool cache"},
		"a table of another binary": {func(_ *testing.T, j *job) {
			j.table(func(_, asset map[string]any) { asset["sha256"] = strings.Repeat("0", 64) })
		}, "expected 0000000000"},
		"a table that names a file in the clear": {func(_ *testing.T, j *job) {
			j.table(func(_, asset map[string]any) { asset["url"] = "http://example.com/curfew" })
		}, "isn't an https one"},
		"a table of another schema": {func(_ *testing.T, j *job) {
			j.table(func(table, _ map[string]any) { table["schema"] = 2 })
		}, "its schema isn't 1"},
		"no table": {func(t *testing.T, j *job) {
			if err := os.Remove(filepath.Join(j.action, "dist", "release.json")); err != nil {
				t.Fatal(err)
			}
		}, "dist/release.json is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			j := w.job(t, plainWorkflow, shop()).withAction()
			tt.change(t, j)
			j.run(false)
			j.says("::error title=curfew::", tt.says, "scan failure, findings ''")
			j.neverRan()
		})
	}
}

func (j *job) neverRan() {
	j.Helper()
	j.lacks("it was run")
	if _, err := os.Stat(filepath.Join(j.keep, "evil")); err == nil {
		j.Error("it was run")
	}
}

// host serves a file by TLS as example.com, and a proxy that connects there alone. It returns the proxy's address and the
// certificate's file.
func host(t *testing.T, serve http.HandlerFunc, connects *atomic.Int32) (proxy, certificate string) {
	t.Helper()
	server := httptest.NewTLSServer(serve)
	t.Cleanup(server.Close)
	certificate = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(certificate, text, 0o600); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "example.com:443" {
			http.Error(rw, "for example.com alone", http.StatusForbidden)
			return
		}
		connects.Add(1)
		tunnel(rw, server.Listener.Addr().String())
	}))
	t.Cleanup(front.Close)
	return front.URL, certificate
}

// tunnel hands the bytes of a connection on, both ways.
func tunnel(rw http.ResponseWriter, to string) {
	far, err := net.Dial("tcp", to)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	near, _, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n") // who hung up doesn't wait for it
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
	_ = near.Close()
}

const proxiedWorkflow = deploySteps + `      - id: scan
        uses: ACTION
        with: { fail-on: never }
      - id: lease
        uses: ACTION
        with: { command: lease, grant: deploy/vault, args: --issuer=ISSUER }
      - run: |
          printf %s "$VAULT_TOKEN" >"$KEEP/vault"
          echo "findings '$FINDINGS'"
          MEANWHILE
        env: { FINDINGS: "${{ steps.scan.outputs.findings }}" }
`

// proxied: where nothing is reached but by a proxy, the binary is downloaded through it, once a job; what comes is proven, and proven
// again before each use, so that a step that puts something else in its place has that neither run nor the lease kept alive.
func proxied(t *testing.T, w *world) {
	binary, err := os.ReadFile(w.binary)
	if err != nil {
		t.Fatal(err)
	}
	const swap = `for file in "$RUNNER_TEMP"/curfew-download/*; do cp "$KEEP/other" "$file"; done`
	for name, tt := range map[string]struct {
		meanwhile string
		serves    []byte
		connects  int32
	}{
		"once a job":                  {"true", binary, 1},
		"replaced by a step":          {swap, binary, 2},
		"something else comes":        {"true", w.evil(t), 1},
		"it comes cut off, all along": {"true", binary[:len(binary)/2], 3},
	} {
		t.Run(name, func(t *testing.T) {
			j := w.job(t, strings.Replace(proxiedWorkflow, "MEANWHILE", tt.meanwhile, 1), shop()).withIdentity().withAction()
			if err := os.RemoveAll(filepath.Join(j.cache, "act", "tool_cache", "curfew")); err != nil {
				t.Fatal(err)
			}
			j.table(func(_, asset map[string]any) { asset["url"] = "https://example.com/releases/curfew" })
			j.write(j.keep, "other", string(w.evil(t)))
			var connects atomic.Int32
			proxy, certificate := host(t, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(tt.serves) }, &connects)
			j.flags = append(j.flags, "--env", "HTTPS_PROXY="+proxy, "--env", "NODE_EXTRA_CA_CERTS="+certificate)
			good := len(tt.serves) == len(binary) && sha256.Sum256(tt.serves) == sha256.Sum256(binary)
			j.run(good)
			j.neverRan()
			if n := connects.Load(); n != tt.connects {
				t.Errorf("%d connections", n)
			}
			if !good {
				j.says("::error title=curfew::", "curfew_test")
				j.lacks("findings '")
				return
			}
			j.says("findings '3'", ": revoked (")
			j.dead(j.kept("vault"))
			if tt.connects > 1 {
				j.says("was changed since it was downloaded", hex.EncodeToString(sum(w.evil(t)))+", expected")
			}
		})
	}
}

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}
