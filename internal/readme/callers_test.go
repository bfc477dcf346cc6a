package readme

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// fenced returns the blocks of a page with just that info string.
func fenced(page, info string) []string {
	var found []string
	block := regexp.MustCompile("(?ms)^```" + regexp.QuoteMeta(info) + "\n(.*?)^```$")
	for _, m := range block.FindAllStringSubmatch(page, -1) {
		found = append(found, m[1])
	}
	return found
}

// callers are the calling workflows of docs/workflows.md, by the path that the first line of each names.
func callers(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, block := range fenced(read(t, "docs/workflows.md"), "yaml caller") {
		name, _, _ := strings.Cut(strings.TrimPrefix(block, "# "), "\n")
		found[name] = block
	}
	if len(found) < 4 {
		t.Fatalf("%d callers in docs/workflows.md", len(found))
	}
	return found
}

// TestCallers holds each calling workflow of the docs to what the called one declares: GitHub refuses to start a run with
// unknown inputs, without required ones, or with fewer permissions than a called job asks for.
func TestCallers(t *testing.T) {
	called := map[string]bool{}
	for name, block := range callers(t) {
		f := workflow.Parse(name, []byte(block))
		if f.Workflow == nil || len(f.Problems) > 0 {
			t.Fatalf("%s: %v", name, f.Problems)
		}
		for _, j := range f.Workflow.Jobs {
			prefix := "curfew-ci/curfew/.github/workflows/"
			file, ok := strings.CutPrefix(j.Uses.Value.Value, prefix)
			file, ref, _ := strings.Cut(file, "@")
			if !ok || ref != "COMMIT" {
				t.Errorf("%s uses %s", name, j.Uses.Value.Value)
				continue
			}
			called[file] = true
			callee := workflow.Parse(".github/workflows/"+file, []byte(read(t, ".github/workflows/"+file)))
			checkCall(t, name, j, callee.Workflow)
		}
	}
	for _, file := range []string{"scan.yml", "deploy.yml", "tickets.yml", "certify.yml"} {
		if !called[file] {
			t.Errorf("nobody calls %s", file)
		}
	}
}

func checkCall(t *testing.T, name string, j *workflow.Job, callee *workflow.Workflow) {
	t.Helper()
	call := callee.Event("workflow_call")
	if call == nil || len(callee.On) != 1 {
		t.Fatalf("%s calls what others can't call, or what runs by itself", name)
	}
	declared := map[string]bool{}
	for _, in := range call.Inputs {
		declared[in.Name.Value] = true
		if in.Required && j.With.Get(in.Name.Value) == nil {
			t.Errorf("%s doesn't give %s", name, in.Name.Value)
		}
	}
	if j.With != nil {
		for _, e := range j.With.Entries {
			if !declared[e.Name.Value] {
				t.Errorf("%s gives %s, which isn't declared", name, e.Name.Value)
			}
		}
	}
	given := scopes(j.Permissions)
	for _, c := range callee.Jobs {
		for scope, access := range scopes(c.Permissions) {
			if given[scope] != access {
				t.Errorf("%s gives %s: %q, and job %s asks for %q", name, scope, given[scope], c.ID.Value, access)
			}
			delete(given, scope)
		}
	}
	if len(given) > 0 {
		t.Errorf("%s gives what nobody asks for: %v", name, given)
	}
}

func scopes(p *workflow.Permissions) map[string]string {
	found := map[string]string{}
	for _, s := range p.Scopes {
		found[s.Name.Value] = s.Level.Value
	}
	return found
}

// TestInputsAreTold: every input and secret of a workflow that others call stands in the docs.
func TestInputsAreTold(t *testing.T) {
	page := read(t, "docs/workflows.md")
	for _, file := range []string{"scan.yml", "deploy.yml", "tickets.yml", "certify.yml"} {
		f := workflow.Parse(".github/workflows/"+file, []byte(read(t, ".github/workflows/"+file)))
		call := f.Workflow.Event("workflow_call")
		var names []string
		for _, in := range call.Inputs {
			names = append(names, in.Name.Value)
		}
		for _, s := range call.Secrets {
			names = append(names, s.Name.Value)
		}
		for _, name := range names {
			if !strings.Contains(page, "`"+name+"`") {
				t.Errorf("docs/workflows.md says nothing of %s of %s", name, file)
			}
		}
	}
}

// TestCallersAreEntitled scans a repository of the callers, and one of the collector, by the manifests beside them.
func TestCallersAreEntitled(t *testing.T) {
	page := read(t, "docs/workflows.md")
	env := environment(t, rooted(t))
	users := callers(t)
	collector := map[string]string{".github/workflows/collect.yml": read(t, "docs/workflows/collect.yml")}
	for info, files := range map[string]map[string]string{"yaml manifest": users, "yaml manifest collect": collector} {
		manifests := fenced(page, info)
		if len(manifests) != 1 {
			t.Fatalf("%d blocks of %s", len(manifests), info)
		}
		dir := t.TempDir()
		files[".github/curfew.yml"] = today(t, manifests[0])
		for name, text := range files {
			write(t, filepath.Join(dir, filepath.FromSlash(name)), text)
		}
		status, out := run(t, "git init --quiet && git add . && curfew scan", dir, env)
		// A job that a called workflow does may log in there: what it leases can't be seen from here.
		if status != 0 || !strings.Contains(out, "No findings") {
			t.Errorf("%s: exit status %d\n%s", info, status, out)
		}
	}
}

// TestCallersDontCancelEachOther: what cancels its own earlier runs tells them from those of another workflow that calls it.
func TestCallersDontCancelEachOther(t *testing.T) {
	for _, file := range []string{"scan.yml", "deploy.yml", "tickets.yml", "certify.yml"} {
		f := workflow.Parse(".github/workflows/"+file, []byte(read(t, ".github/workflows/"+file)))
		for _, j := range f.Workflow.Jobs {
			if c := j.Concurrency; c.CancelInProgress.Value != "false" &&
				!(strings.Contains(c.Group.Value, "${{ github.workflow }}") && strings.Contains(c.Group.Value, "${{ github.ref }}")) {
				t.Errorf("%s: group %q", file, c.Group.Value)
			}
		}
	}
}

func rooted(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestOwnScanIsClean: curfew has nothing to say of its own repository.
func TestOwnScanIsClean(t *testing.T) {
	root := rooted(t)
	watch(t, root)
	status, out := run(t, "curfew scan", root, environment(t, root))
	if status != 0 || !strings.Contains(out, "No findings") {
		t.Errorf("exit status %d\n%s", status, out)
	}
	// Every job of its own is in its manifest: those that nobody entitles would be no finding where they hold nothing.
	m, faults := manifest.Parse(".github/curfew.yml", []byte(read(t, ".github/curfew.yml")))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := path.Join(".github/workflows", filepath.Base(file))
		f := workflow.Parse(name, src)
		if slices.ContainsFunc(f.Workflow.On, func(e *workflow.Event) bool { return e.Name.Value != "workflow_call" }) {
			for _, j := range f.Workflow.Jobs {
				if len(m.Match(name, j.ID.Value)) == 0 {
					t.Errorf("no identity runs as job %s of %s", j.ID.Value, name)
				}
			}
		}
	}
}
