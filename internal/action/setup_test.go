package action

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSetup: the steps that follow find the very bytes that ran, as a program, and what was in the PATH's file stays.
func TestSetup(t *testing.T) {
	for _, name := range []string{"curfew-checked", "curfew_1.2.3_windows_amd64.exe"} {
		r := newRunner(t, map[string]string{"command": "setup"})
		r.env["GITHUB_PATH"] = filepath.Join(t.TempDir(), "path")
		if err := os.WriteFile(r.env["GITHUB_PATH"], []byte("/opt/other"), 0o600); err != nil { // a line that somebody left open
			t.Fatal(err)
		}
		self := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(self, []byte("a program"), 0o700); err != nil {
			t.Fatal(err)
		}
		if !IsSetup(r.step().Getenv) {
			t.Error("it isn't taken for a setup")
		}
		if err := Setup(r.step(), self); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(r.file(t, "GITHUB_PATH"), "\n")
		if len(lines) != 3 || lines[0] != "/opt/other" || filepath.Dir(lines[1]) != r.env["RUNNER_TEMP"] || lines[2] != "" {
			t.Fatalf("GITHUB_PATH: %q", lines)
		}
		program := filepath.Join(lines[1], "curfew")
		if strings.HasSuffix(name, ".exe") {
			program += ".exe"
		}
		got, err := os.ReadFile(program)
		if err != nil || !bytes.Equal(got, []byte("a program")) {
			t.Errorf("%s holds %q: %v", program, got, err)
		}
		info, err := os.Stat(program)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v %v", program, info.Mode(), err)
		}
	}
}

// TestSetupFails where nothing could be found later, and says what is missing.
func TestSetupFails(t *testing.T) {
	r := newRunner(t, nil)
	if IsSetup(r.step().Getenv) {
		t.Error("a scan is taken for a setup")
	}
	if err := Setup(r.step(), os.Args[0]); err == nil || !strings.Contains(err.Error(), "GITHUB_PATH isn't set") {
		t.Errorf("without GITHUB_PATH: %v", err)
	}
	if err := Setup(r.step(), filepath.Join(t.TempDir(), "gone")); err == nil {
		t.Error("a program that isn't there is copied")
	}
	r.env["RUNNER_TEMP"] += "\n/evil"
	if err := Setup(r.step(), os.Args[0]); err == nil || !strings.Contains(err.Error(), "line break") {
		t.Errorf("with a line break: %v", err)
	}
	delete(r.env, "RUNNER_TEMP")
	if err := Setup(r.step(), os.Args[0]); err == nil || !strings.Contains(err.Error(), "RUNNER_TEMP isn't set") {
		t.Errorf("without RUNNER_TEMP: %v", err)
	}
}
