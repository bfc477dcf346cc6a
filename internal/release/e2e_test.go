//go:build e2e

package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A snapshot is what `make release-snapshot` made of the tree that is tested (CURFEW_RELEASE).
type snapshot struct {
	dir   string
	table table
}

func theSnapshot(t *testing.T) snapshot {
	t.Helper()
	s := snapshot{dir: os.Getenv("CURFEW_RELEASE")}
	if s.dir == "" {
		t.Fatal("CURFEW_RELEASE doesn't name a release's folder: run make e2e")
	}
	src, err := os.ReadFile(filepath.Join(s.dir, gatheredTable))
	if err != nil {
		t.Fatal(err)
	}
	if s.table, err = parseTable(src); err != nil {
		t.Fatal(err)
	}
	return s
}

// file is the path of the release's file for a platform, whose name goes on with more.
func (s snapshot) file(node, more string) string {
	return filepath.Join(s.dir, s.table.Assets[node].Name+more)
}

// command runs a program and returns all that it prints.
func command(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// needs skips a test where a program isn't there. make e2e prints what tests of this room print.
func needs(t *testing.T, program, install string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("NOT RUN: %s is missing: %s", program, install)
	}
}

// tree copies the files that git knows or would add.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	list := command(t, "../..", nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		src, err := os.ReadFile(filepath.Join("../..", name))
		if os.IsNotExist(err) {
			continue // deleted, but not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(src), 0o755)
	}
	return dir
}

// TestE2EReleaseReproduced builds binaries as docs/release.md tells anybody to: in another folder, without git, and with nothing
// of an earlier build. They are the release's, bit by bit.
func TestE2EReleaseReproduced(t *testing.T) {
	s := theSnapshot(t)
	page, err := os.ReadFile("../../docs/release.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^.*GOOS=linux GOARCH=amd64 .*go build .*$`).FindString(string(page))
	if line == "" || !strings.Contains(line, "1.2.3") {
		t.Fatal("docs/release.md has no line that builds version 1.2.3 for GOOS=linux GOARCH=amd64")
	}
	line = strings.ReplaceAll(line, "1.2.3", s.table.Version)
	dir := tree(t)
	modules := strings.TrimSpace(command(t, dir, nil, "go", "env", "GOMODCACHE"))
	for _, node := range []string{"linux-x64", "darwin-arm64"} {
		p := platforms()[node]
		build := strings.Replace(line, "GOOS=linux GOARCH=amd64", "GOOS="+p.os+" GOARCH="+p.arch, 1)
		command(t, dir, []string{"GOCACHE=" + t.TempDir(), "GOMODCACHE=" + modules}, "sh", "-euc", build)
		sum, _, err := digest(filepath.Join(dir, "curfew"))
		if err != nil {
			t.Fatal(err)
		}
		if want := s.table.Assets[node].SHA256; sum != want {
			t.Errorf("%s: SHA-256 %s, and the release's is %s", node, sum, want)
		}
	}
}

// TestE2EReleaseComplete: the folder is what its table says, and the binary for this machine tells its version.
func TestE2EReleaseComplete(t *testing.T) {
	s := theSnapshot(t)
	if err := check(filepath.Join(s.dir, gatheredTable), s.dir); err != nil {
		t.Error(err)
	}
	if got, want := command(t, "", nil, s.file("linux-x64", ""), "version"), "curfew "+s.table.Version+"\n"; got != want {
		t.Errorf("curfew version prints %q, want %q", got, want)
	}
	for node, p := range platforms() {
		info, err := buildinfo.ReadFile(s.file(node, ""))
		if err != nil {
			t.Error(err)
			continue
		}
		got := map[string]string{}
		for _, b := range info.Settings {
			got[b.Key] = b.Value
		}
		want := map[string]string{"GOOS": p.os, "GOARCH": p.arch, "CGO_ENABLED": "0", "-trimpath": "true", "-buildmode": "exe", "-compiler": "gc"}
		maps.DeleteFunc(got, func(key, _ string) bool { return want[key] == "" && !strings.HasPrefix(key, "vcs") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: settings (-want +got):\n%s", node, diff)
		}
	}
}

// TestE2EReleaseSBOM: a binary's bill of materials has the modules that the linker wrote into it, each once, and no other.
func TestE2EReleaseSBOM(t *testing.T) {
	s := theSnapshot(t)
	for node := range platforms() {
		info, err := buildinfo.ReadFile(s.file(node, ""))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"std " + info.GoVersion}
		for _, m := range info.Deps {
			want = append(want, m.Path+" "+m.Version)
		}
		src, err := os.ReadFile(s.file(node, ".cdx.json"))
		if err != nil {
			t.Fatal(err)
		}
		var bill struct {
			BOMFormat string
			Metadata  struct {
				Component struct{ Name, Version string }
			}
			Components []struct{ Name, Version string }
		}
		if err := json.Unmarshal(src, &bill); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(bill.BOMFormat, bill.Metadata.Component); got != "CycloneDX{github.com/curfew-ci/curfew v"+s.table.Version+"}" {
			t.Errorf("%s: a bill of %s", node, got)
		}
		var got []string
		for _, c := range bill.Components {
			got = append(got, c.Name+" "+c.Version)
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: modules (-want +got):\n%s", node, diff)
		}
	}
}

// TestE2EReleaseFormula: Homebrew is sent to the binaries of the table, by their digests.
func TestE2EReleaseFormula(t *testing.T) {
	s := theSnapshot(t)
	src, err := os.ReadFile(filepath.Join(s.dir, "curfew.rb"))
	if err != nil {
		t.Fatal(err)
	}
	pairs := regexp.MustCompile(`url "([^"]*)"\s+sha256 "([^"]*)"`).FindAllSubmatch(src, -1)
	got := map[string]string{}
	for _, p := range pairs {
		got[string(p[1])] = string(p[2])
	}
	want := map[string]string{}
	for node, a := range s.table.Assets {
		if !strings.HasPrefix(node, "win32-") {
			want[a.URL] = a.SHA256
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("downloads (-want +got):\n%s", diff)
	}
	for _, part := range []string{"class Curfew < Formula\n", `version "` + s.table.Version + `"`, `license "Apache-2.0"`, `=> "curfew"`} {
		if !bytes.Contains(src, []byte(part)) {
			t.Errorf("the formula lacks %q:\n%s", part, src)
		}
	}
	needs(t, "ruby", "its syntax is not checked")
	command(t, s.dir, nil, "ruby", "-c", "curfew.rb")
}

// TestE2EReleaseDeb: a package holds the binary of the table and the licences, owned by root, and nothing that runs at install.
func TestE2EReleaseDeb(t *testing.T) {
	needs(t, "dpkg-deb", "apt-get install dpkg")
	s := theSnapshot(t)
	for _, node := range []string{"linux-x64", "linux-arm64"} {
		deb := s.file(node, ".deb")
		var got []string
		for line := range strings.Lines(command(t, "", nil, "dpkg-deb", "--contents", deb)) {
			f := strings.Fields(line)
			if len(f) == 6 && f[0][0] == '-' {
				got = append(got, f[0]+" "+f[1]+" "+f[5])
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff([]string{
			"-rw-r--r-- root/root ./usr/share/doc/curfew/copyright", "-rw-r--r-- root/root ./usr/share/doc/curfew/licenses.txt", "-rwxr-xr-x root/root ./usr/bin/curfew",
		}, got); diff != "" {
			t.Errorf("%s: files (-want +got):\n%s", node, diff)
		}
		into := t.TempDir()
		command(t, "", nil, "dpkg-deb", "--raw-extract", deb, into)
		sum, _, err := digest(filepath.Join(into, "usr/bin/curfew"))
		if err != nil {
			t.Fatal(err)
		}
		if sum != s.table.Assets[node].SHA256 {
			t.Errorf("%s: another binary than the table's: %s", node, sum)
		}
		if inside, beside := s.text(t, filepath.Join(into, "usr/share/doc/curfew/licenses.txt")), s.licenses(t); inside != beside {
			t.Errorf("%s: other licences than the release's", node)
		}
		control, err := os.ReadDir(filepath.Join(into, "DEBIAN"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range control {
			if c.Name() != "control" && c.Name() != "md5sums" {
				t.Errorf("%s: %s is in its control archive", node, c.Name())
			}
		}
		if arch := strings.TrimSpace(command(t, "", nil, "dpkg-deb", "--field", deb, "Architecture")); arch != platforms()[node].arch {
			t.Errorf("%s: for %s", node, arch)
		}
	}
}
