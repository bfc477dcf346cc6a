package testservers

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// actionVersion is the release that a test's copy of the action says it is of.
const actionVersion = "0.0.0-test"

// InstallAction copies the action that stands at root, and those beside it, into a folder, with a table that names a binary of the test's as its
// release, and puts that into a tool cache, which the runner names by RUNNER_TOOL_CACHE; act's is act/tool_cache in
// XDG_CACHE_HOME, whatever else is said. So the action is run as it is shipped, and downloads nothing.
func InstallAction(tb testing.TB, root, into, tools, binary string) {
	tb.Helper()
	scripts, err := filepath.Glob(filepath.Join(root, "dist", "*.js"))
	if err != nil || len(scripts) == 0 {
		tb.Fatalf("no dist/*.js in %s: %v", root, err)
	}
	others, err := filepath.Glob(filepath.Join(root, "dist", "*", "action.yml"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, file := range others {
		copyTo(tb, file, filepath.Join(into, "dist", filepath.Base(filepath.Dir(file)), "action.yml"), 0o600)
	}
	copyTo(tb, filepath.Join(root, "action.yml"), filepath.Join(into, "action.yml"), 0o600)
	for _, script := range scripts {
		copyTo(tb, script, filepath.Join(into, "dist", filepath.Base(script)), 0o600)
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		tb.Fatal(err)
	}
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH] // as Node names it
	platform := strings.ReplaceAll(runtime.GOOS, "windows", "win32")
	sum := sha256.Sum256(program)
	table, err := json.Marshal(map[string]any{
		"schema": 1, "version": actionVersion, "commit": strings.Repeat("0", 40),
		"assets": map[string]any{platform + "-" + arch: map[string]any{
			"name": "curfew_test", "url": "https://localhost/curfew_test", "sha256": hex.EncodeToString(sum[:]), "bytes": len(program),
		}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(into, "dist", "release.json"), table, 0o600); err != nil {
		tb.Fatal(err)
	}
	folder := filepath.Join(tools, "curfew", actionVersion, arch)
	copyTo(tb, binary, filepath.Join(folder, "curfew"), 0o700)
	if err := os.WriteFile(folder+".complete", nil, 0o600); err != nil {
		tb.Fatal(err)
	}
}

func copyTo(tb testing.TB, from, to string, mode os.FileMode) {
	tb.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o700)
	}
	if err == nil {
		err = os.WriteFile(to, text, mode)
	}
	if err != nil {
		tb.Fatal(err)
	}
}
