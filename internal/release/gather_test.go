package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goreleaser is a fake of what goreleaser leaves behind: a folder a file, and the list of them. It returns the folder.
func goreleaser(t *testing.T, names []string) string {
	t.Helper()
	dir := t.TempDir()
	var list []made
	for i, name := range names {
		sub := filepath.Join(dir, strings.Repeat("x", i+1))
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(sub, "curfew")
		write(t, path, "this is "+name, 0o755)
		list = append(list, made{Name: name, Path: path})
	}
	list = append(list, made{Name: "metadata.json", Path: "nowhere"}, list[0]) // as a binary is, which is an archive too
	src, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "artifacts.json"), string(src), 0o644)
	return dir
}

func write(t *testing.T, name, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// licensesOf is a file of licences.
func licensesOf(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "licenses.txt")
	write(t, name, "all licences", 0o644)
	return name
}

var testCommit = strings.Repeat("0123456789", 4)

// release gathers a release of a version, and returns its folder and a copy of its table elsewhere.
func release(t *testing.T, version string) (folder, tableName string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "release")
	if err := gather(goreleaser(t, contents(version)), licensesOf(t), folder, version, testCommit); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(filepath.Join(folder, gatheredTable))
	if err != nil {
		t.Fatal(err)
	}
	tableName = filepath.Join(t.TempDir(), "table.json")
	write(t, tableName, string(src), 0o644)
	return folder, tableName
}

func TestGather(t *testing.T) {
	folder, tableName := release(t, "1.2.3")
	if err := check(tableName, folder); err != nil {
		t.Errorf("check: %v", err)
	}
	sum := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "--quiet", checksums)
	sum.Dir = folder
	if out, err := sum.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
	info, err := os.Stat(filepath.Join(folder, "curfew_1.2.3_darwin_arm64"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o755 {
		t.Errorf("a binary's mode is %v", info.Mode())
	}
}

func TestGatherRefuses(t *testing.T) {
	all := contents("1.2.3")
	for name, tt := range map[string]struct {
		names           []string
		version, commit string
		want            string
	}{
		"a part is missing":     {all[1:], "1.2.3", testCommit, all[0] + ": goreleaser made 0 files"},
		"a part is there twice": {append(all, all[2]), "1.2.3", testCommit, all[2] + ": goreleaser made 2 files"},
		"another version":       {all, "1.2.4", testCommit, "goreleaser made 0 files"},
		"no version":            {all, "v1.2.3-dirty", testCommit, "expected one like"},
		"no commit":             {all, "1.2.3", "HEAD", "all 40"},
	} {
		t.Run(name, func(t *testing.T) {
			err := gather(goreleaser(t, tt.names), licensesOf(t), filepath.Join(t.TempDir(), "release"), tt.version, tt.commit)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that has %q", err, tt.want)
			}
		})
	}
}

// TestCheckRefuses changes a release after its table was made, as who builds, hands over or uploads could.
func TestCheckRefuses(t *testing.T) {
	const victim = "curfew_1.2.3_windows_amd64.exe"
	for name, tt := range map[string]struct {
		change func(t *testing.T, folder, tableName string)
		want   string
	}{
		"another binary": {func(t *testing.T, folder, _ string) {
			write(t, filepath.Join(folder, victim), "THIS is "+victim, 0o755)
		}, victim + " has SHA-256"},
		"a binary and the digests": {func(t *testing.T, folder, _ string) {
			write(t, filepath.Join(folder, victim), "THIS is "+victim, 0o755)
			sums, err := digests(folder, gathered("1.2.3"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(folder, checksums), string(sums), 0o644)
		}, victim + " has SHA-256"},
		"no binary": {func(t *testing.T, folder, _ string) {
			if err := os.Remove(filepath.Join(folder, victim)); err != nil {
				t.Fatal(err)
			}
		}, "no such file"},
		"another package": {func(t *testing.T, folder, _ string) {
			write(t, filepath.Join(folder, "curfew_1.2.3_linux_amd64.deb"), "evil", 0o644)
		}, "doesn't list the files beside it"},
		"another table beside": {func(t *testing.T, folder, _ string) {
			write(t, filepath.Join(folder, gatheredTable), string(encoded(t, sample("1.2.3"))), 0o644)
			sums, err := digests(folder, gathered("1.2.3"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(folder, checksums), string(sums), 0o644)
		}, "isn't the table of"},
		"no licences": {func(t *testing.T, folder, _ string) {
			if err := os.Remove(filepath.Join(folder, "curfew_1.2.3_licenses.txt")); err != nil {
				t.Fatal(err)
			}
		}, "no such file"},
		"one file more": {func(t *testing.T, folder, _ string) {
			write(t, filepath.Join(folder, "install.sh"), "evil", 0o755)
		}, "install.sh is no part of a release"},
		"no digests": {func(t *testing.T, folder, _ string) {
			write(t, filepath.Join(folder, checksums), "", 0o644)
		}, "doesn't list the files beside it"},
		"another table": {func(t *testing.T, _, tableName string) {
			write(t, tableName, string(encoded(t, sample("1.2.3"))), 0o644)
		}, "has SHA-256"},
		"no table": {func(t *testing.T, _, tableName string) {
			write(t, tableName, "{}", 0o644)
		}, "schema 0: expected 1"},
	} {
		t.Run(name, func(t *testing.T) {
			folder, tableName := release(t, "1.2.3")
			tt.change(t, folder, tableName)
			err := check(tableName, folder)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that has %q", err, tt.want)
			}
		})
	}
}
