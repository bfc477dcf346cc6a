package readme

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// migration scans the workflows of docs/migrate.md by its manifest: each one before has what the page says is
// found there, and all of them after are clean.
func migration(t *testing.T, env []string) {
	t.Helper()
	page := read(t, "docs/migrate.md")
	entitled := fenced(page, "yaml manifest")[0]
	if status, out := scanned(t, env, append(fenced(page, "yaml after"), entitled)); status != 0 || !strings.Contains(out, "No findings") || strings.Contains(out, "Not checked") {
		t.Errorf("after: exit status %d\n%s", status, out)
	}
	before := fenced(page, "yaml before")
	if len(before) != 5 || len(fenced(page, "yaml after")) != len(before) {
		t.Errorf("%d workflows before and %d after", len(before), len(fenced(page, "yaml after")))
	}
	for _, src := range before {
		status, out := scanned(t, env, []string{src, entitled})
		if status != 1 || !strings.Contains(out, "[secret-unentitled]") && !strings.Contains(out, "[static-cloud-key]") {
			t.Errorf("exit status %d of\n%s\n%s", status, src, out)
		}
	}
}

// workflows holds that the workflows which a page shows are entitled by the manifest beside them.
func workflows(t *testing.T, env []string) {
	t.Helper()
	for page, manifest := range map[string]string{
		"README.md": "docs/start/developer.md", "docs/start/pipeline.md": "docs/start/pipeline.md",
	} {
		files := append(fenced(read(t, page), "yaml workflow"), fenced(read(t, manifest), "yaml manifest")...)
		if len(files) != 2 {
			t.Errorf("%s has %d files, want a workflow and a manifest", page, len(files))
		}
		if status, out := scanned(t, env, files); status != 0 || !strings.Contains(out, "No findings") {
			t.Errorf("%s: exit status %d\n%s", page, status, out)
		}
	}
}

// scanned scans a repository of such files. A workflow's first line says where it is; the manifest has none.
func scanned(t *testing.T, env, files []string) (status int, out string) {
	t.Helper()
	folder := t.TempDir()
	for _, src := range files {
		name := ".github/curfew.yml"
		if first, rest, _ := strings.Cut(src, "\n"); strings.HasPrefix(first, "# .github/") {
			name, src = strings.TrimPrefix(first, "# "), rest
		}
		name = filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return run(t, "curfew scan", repository(t, folder), env)
}
