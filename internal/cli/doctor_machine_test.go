package cli

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/doctor"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// TestUsableState: a folder that can't be used is found, and one that can is left as it was.
func TestUsableState(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(t *testing.T, dir string) // dir is there, and empty
		says string                         // "" where it can be used
	}{
		{"not there yet", func(t *testing.T, dir string) { must(t, os.Remove(dir)) }, ""},
		{"there", func(*testing.T, string) {}, ""},
		{"in use", func(t *testing.T, dir string) { must(t, os.Mkdir(filepath.Join(dir, leasesFolder), 0o700)) }, ""},
		{"a file", func(t *testing.T, dir string) { must(t, os.Remove(dir)); must(t, os.WriteFile(dir, nil, 0o600)) }, "not a directory"},
		{"leases that others see", func(t *testing.T, dir string) {
			must(t, os.Mkdir(filepath.Join(dir, leasesFolder), 0o700))
			must(t, os.Chmod(filepath.Join(dir, leasesFolder), 0o755))
		}, "can be used by others"},
		{"a link", func(t *testing.T, dir string) { must(t, os.Symlink(t.TempDir(), filepath.Join(dir, leasesFolder))) }, "is no folder"},
		{"read only", func(t *testing.T, dir string) {
			if os.Geteuid() == 0 {
				t.Skip("root may write anywhere")
			}
			must(t, os.Chmod(dir, 0o500))
		}, "permission denied"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			above := t.TempDir()
			dir := filepath.Join(above, "curfew")
			must(t, os.Mkdir(dir, 0o700))
			tt.make(t, dir)
			before := listing(t, above)
			err := usableState(dir)
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("%v, want %q", err, tt.says)
			}
			if after := listing(t, above); after != before {
				t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		b.WriteString(path + "\n")
		if errors.Is(err, fs.ErrPermission) {
			return nil
		}
		return err
	}))
	return b.String()
}

// TestDated hears when the first answer was made, and how long it lay in a cache.
func TestDated(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, date, age string
		want            time.Duration
		heard           bool
	}{
		{"now", now.Format(http.TimeFormat), "", 0, true},
		{"ahead", now.Add(time.Hour).Format(http.TimeFormat), "", time.Hour, true},
		{"out of a cache", now.Add(-time.Minute).Format(http.TimeFormat), "60", 0, true},
		{"an odd age", now.Format(http.TimeFormat), "-5", 0, true},
		{"no date", "", "", 0, false},
		{"an odd date", "today", "", 0, false},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Date"] = nil
			if tt.date != "" {
				w.Header().Set("Date", tt.date)
			}
			if tt.age != "" {
				w.Header().Set("Age", tt.age)
			}
			if r.URL.Path == "/later" {
				w.Header().Set("Date", now.Add(9*time.Hour).Format(http.TimeFormat))
			}
		}))
		d := &dated{base: newTransport(), now: func() time.Time { return now }}
		for _, path := range []string{"/", "/later"} {
			if path == "/later" && !tt.heard {
				continue
			}
			resp, err := d.client().Get(server.URL + path)
			must(t, err)
			must(t, resp.Body.Close())
		}
		if got, heard := d.known(); got != tt.want || heard != tt.heard {
			t.Errorf("%s: %v %v", tt.name, got, heard)
		}
		server.Close()
	}
}

// TestDeployedRole sends an operator's token to no server but the one that it is of.
func TestDeployedRole(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Header.Get("X-Vault-Token") != "of-an-operator" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(`{"data":{"role_type":"jwt"}}`))
	}))
	defer server.Close()
	for _, tt := range []struct {
		token, address, endpoint string
		asks                     bool
	}{
		{"of-an-operator", server.URL, "", true},
		{"of-an-operator", server.URL + "/", "", true},
		{"", server.URL, "", false},
		{"of-an-operator", "", "", false},
		{"of-an-operator", "https://vault.acme.example", "", false},
		{"of-an-operator", strings.Replace(server.URL, "127.0.0.1", "localhost", 1), "", false},
		{"of-an-operator", "http://x@" + strings.TrimPrefix(server.URL, "http://"), "", false},
		{"of-an-operator", server.URL, "https://evil.example", false}, // the manifest leads elsewhere
		{"of-an-operator", "vault", "", false},
	} {
		before := asked
		env := map[string]string{"VAULT_TOKEN": tt.token, "VAULT_ADDR": tt.address}
		j := &job{env: &Env{Getenv: func(name string) string { return env[name] }, Now: time.Now}, veil: &veil{}, client: newClient()}
		g := &manifest.Vault{Address: server.URL, Mount: "jwt", Role: "deploy", HandOver: manifest.HandOver{Endpoint: tt.endpoint}}
		got, err := deployedRole(t.Context(), j, g)
		var unread *doctor.UncheckedError
		if tt.asks != (asked > before) || tt.asks && string(got) != `{"role_type":"jwt"}` || !tt.asks && !errors.As(err, &unread) {
			t.Errorf("%+v: %s %v, asked %d times", tt, got, err, asked-before)
		}
	}
}

// TestDoctorText: nothing that a token, a manifest or a server says begins a line, which a runner could take for a command,
// whatever space stands before it.
func TestDoctorText(t *testing.T) {
	const hostile = "x\n::error::pwned\n  ::add-mask::a\r##[error]\x1b[2J"
	text := doctorText(doctor.Report{Findings: []doctor.Finding{
		{Check: "job", Status: doctor.OK, Message: hostile, Points: []doctor.Point{{What: "::warning::y"}, {What: hostile, Received: hostile, Expected: hostile, Fix: hostile, Place: hostile}}},
		{Check: "trust", Grant: hostile, Status: doctor.Wrong, Message: hostile, Fix: []string{hostile, "second"}},
		{Check: "clock", Status: doctor.Unchecked, Message: "needs a token"},
	}})
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.ContainsAny(line, "\r\x1b") {
			t.Errorf("%q", line)
		}
	}
	if !strings.HasSuffix(text, "\n\n1 wrong, 1 not checked, 1 ok: mend the first that is wrong, and run it again\n") || !strings.Contains(text, "\nnot checked  clock ") {
		t.Error(text)
	}
	for _, status := range []doctor.Status{doctor.OK, doctor.Unchecked} {
		sum := doctorSum(doctor.Report{Findings: []doctor.Finding{{Status: status}}})
		if strings.Contains(sum, "mend") || strings.Contains(sum, "speaks against") != (status == doctor.Unchecked) {
			t.Error(sum)
		}
	}
}
