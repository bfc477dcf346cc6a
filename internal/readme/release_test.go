package readme

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/workflow"
)

// shellOf is the command line by which GitHub's runner runs a script of a workflow of this repository.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
func shellOf(t *testing.T, file string) []string {
	t.Helper()
	f := workflow.Parse(".github/workflows/"+file, []byte(read(t, ".github/workflows/"+file)))
	switch d := f.Workflow.Defaults; {
	case d == nil || d.Shell == nil:
		return []string{"bash", "-e"}
	case d.Shell.Value == "bash":
		return []string{"bash", "--noprofile", "--norc", "-eo", "pipefail"}
	default:
		t.Fatalf("%s: nobody knows how the shell %q is called", file, d.Shell.Value)
		return nil
	}
}

// runScript runs a step of release.yml as the runner does, with programs in the place of those of these names, and returns what they
// were told, what was written for later steps, and whether the step failed.
func runScript(t *testing.T, step string, stubs map[string]string, env ...string) (told, written string, failed bool) {
	t.Helper()
	dir, work := t.TempDir(), t.TempDir()
	for name, stub := range stubs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+stub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"curfew_1.2.3_linux_amd64", "release.json"} {
		write(t, filepath.Join(work, file), "{}")
	}
	shell := append(shellOf(t, "release.yml"), "-c", script(t, "release.yml", step))
	cmd := exec.CommandContext(t.Context(), shell[0], shell[1:]...)
	cmd.Dir = work
	cmd.Env = append(env, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "TOLD="+filepath.Join(dir, "told"),
		"GITHUB_OUTPUT="+filepath.Join(dir, "output"))
	out, err := cmd.CombinedOutput()
	t.Logf("%s: %v\n%s", step, err, out)
	return content(t, filepath.Join(dir, "told")), content(t, filepath.Join(dir, "output")), err != nil
}

// content is what a file holds, nothing where there is none.
func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// TestReleaseStopsAtATag: a tag that isn't its table's ends the release at the step that holds it to that, also where what the step
// prints goes on through a pipe.
func TestReleaseStopsAtATag(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the workflow runs on Linux")
	}
	const step = "hold the tag to its table"
	for name, tt := range map[string]struct {
		stub, written string
		failed        bool
	}{
		"refused": {"echo 'release: the tag is another' >&2; exit 1", "", true},
		"held":    {"echo version=1.2.3; echo commit=0123", "version=1.2.3\ncommit=0123\n", false},
	} {
		_, written, failed := runScript(t, step, map[string]string{"go": tt.stub}, "GITHUB_REF_NAME=v1.2.3")
		if failed != tt.failed || written != tt.written {
			t.Errorf("%s: failed %v, outputs %q", name, failed, written)
		}
	}
}

// TestReleaseIsMadeAtOnce: one command makes the release, of which nobody sees anything until all files are there. A draft that an
// attempt left behind, with some of the files, could be taken by the next one for its own.
func TestReleaseIsMadeAtOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the workflow runs on Linux")
	}
	const rest = "--title\nTAG\n--generate-notes\n./curfew_1.2.3_linux_amd64\n./release.json\n"
	for tag, want := range map[string]string{
		"v1.2.3":      "release\ncreate\nTAG\n--verify-tag\n" + rest,
		"v1.2.3-rc.1": "release\ncreate\nTAG\n--verify-tag\n--prerelease\n" + rest,
	} {
		stubs := map[string]string{"gh": `printf '%s\n' "$@" >> "$TOLD"` + "\n"}
		told, _, failed := runScript(t, "publish", stubs, "GITHUB_REF_NAME="+tag, "VERSION="+strings.TrimPrefix(tag, "v"))
		if failed || told != strings.ReplaceAll(want, "TAG", tag) {
			t.Errorf("%s: failed %v, gh was told\n%s", tag, failed, told)
		}
	}
}

// TestDependabotKnowsEachTool: what checks the project is pinned, so that somebody has to say what is out of date.
func TestDependabotKnowsEachTool(t *testing.T) {
	config := read(t, ".github/dependabot.yml")
	for _, pins := range []string{"go.mod", "*/package.json", "*/*.txt"} {
		files, err := filepath.Glob(filepath.Join(rooted(t), "internal", "tools", filepath.FromSlash(pins)))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pins, err)
		}
		for _, file := range files {
			folder, err := filepath.Rel(rooted(t), filepath.Dir(file))
			if err != nil {
				t.Fatal(err)
			}
			if !regexp.MustCompile(`[ \[]/` + regexp.QuoteMeta(filepath.ToSlash(folder)) + `[,\]\n]`).MatchString(config) {
				t.Errorf("dependabot.yml doesn't name /%s", filepath.ToSlash(folder))
			}
		}
	}
}
