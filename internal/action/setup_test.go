package action

import (
	"bytes"
	"errors"
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
		if code, err := setUp(t, r, self); err != nil || code != 0 {
			t.Fatal(code, err)
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

// setUp runs the step, as the program at self.
func setUp(t *testing.T, r *runner, self string) (int, error) {
	t.Helper()
	step := r.step()
	step.Executable = func() (string, error) { return self, nil }
	return Run(step, func([]string) Outcome { t.Error("curfew ran"); return Outcome{} })
}

// TestSetupFails where nothing could be found later, and says what is missing.
func TestSetupFails(t *testing.T) {
	r := newRunner(t, map[string]string{"command": "setup"})
	if _, err := setUp(t, r, os.Args[0]); err == nil || !strings.Contains(err.Error(), "GITHUB_PATH isn't set") {
		t.Errorf("without GITHUB_PATH: %v", err)
	}
	if _, err := setUp(t, r, filepath.Join(t.TempDir(), "gone")); err == nil {
		t.Error("a program that isn't there is copied")
	}
	step := r.step()
	step.Executable = func() (string, error) { return "", errors.New("no such thing") }
	if _, err := Run(step, nil); err == nil || !strings.Contains(err.Error(), "find the program that runs: no such thing") {
		t.Errorf("without a program: %v", err)
	}
	r.env["RUNNER_TEMP"] += "\n/evil"
	if err := os.MkdirAll(r.env["RUNNER_TEMP"], 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := setUp(t, r, os.Args[0]); err == nil || !strings.Contains(err.Error(), "line break") {
		t.Errorf("with a line break: %v", err)
	}
	delete(r.env, "RUNNER_TEMP")
	if _, err := setUp(t, r, os.Args[0]); err == nil || !strings.Contains(err.Error(), "RUNNER_TEMP isn't set") {
		t.Errorf("without RUNNER_TEMP: %v", err)
	}
}
