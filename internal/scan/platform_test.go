package scan_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

// broad is an inventory of a repository whose jobs can write by default.
func broad() *inventory.Inventory {
	inv := &inventory.Inventory{
		Schema: inventory.Schema, Taken: today, Repository: inventory.Repository{ID: 1, Name: "acme/web"},
		Workflows: []inventory.Default{{Scope: inventory.OfRepository, Permissions: "write"}},
	}
	for _, name := range inventory.Names() {
		inv.Sources = append(inv.Sources, inventory.Source{Name: name, State: inventory.Read})
	}
	return inv
}

// entitle gives a repository a manifest that entitles nobody to anything.
func entitle(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, ".github"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(manifest.Path)), []byte("version: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// TestPlatform: what an inventory says is judged, and what it doesn't say is told.
func TestPlatform(t *testing.T) {
	unread := func(name, why string) func(*inventory.Inventory) {
		return func(inv *inventory.Inventory) {
			for i := range inv.Sources {
				if inv.Sources[i].Name == name {
					inv.Sources[i].State, inv.Sources[i].Why = inventory.NotChecked, why
				}
			}
		}
	}
	for name, tt := range map[string]struct {
		alter      func(*inventory.Inventory)
		origin     string
		found      bool
		notChecked string // "" for nothing
	}{
		"read":                      {func(*inventory.Inventory) {}, "", true, ""},
		"nobody says what is right": {func(*inventory.Inventory) {}, "", true, "there is no .github/curfew.yml to judge by"},
		"of this repository":        {func(*inventory.Inventory) {}, "https://github.com/Acme/web.git", true, ""},
		"of another":                {func(*inventory.Inventory) {}, "git@github.com:mallory/web.git", false, "the inventory is of acme/web"},
		"a week old":                {func(inv *inventory.Inventory) { inv.Taken = today.Add(-8 * 24 * time.Hour) }, "", true, "was taken on 2026-11-15"},
		"of tomorrow":               {func(inv *inventory.Inventory) { inv.Taken = today.Add(24 * time.Hour) }, "", true, "was taken on 2026-11-24"},
		"keys unread":               {unread("deploy-keys", "403"), "", true, "403"},
		"what nobody looks at":      {unread("alerts", "403"), "", true, ""},
		"an organisation unasked":   {unread("org-workflow-permissions", inventory.NotAsked), "", true, "add --organization"},
		"a source that is gone": {func(inv *inventory.Inventory) {
			inv.Sources = slices.DeleteFunc(inv.Sources, func(s inventory.Source) bool { return s.Name == "deploy-keys" })
		}, "", true, "doesn't tell of it"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			git(t, dir, "init", "-q")
			if name != "nobody says what is right" {
				entitle(t, dir)
			}
			if tt.origin != "" {
				git(t, dir, "remote", "add", "origin", tt.origin)
			}
			inv := broad()
			tt.alter(inv)
			r, err := scan.Run(t.Context(), scan.Options{Dir: dir, Live: inv, Now: today})
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, n := range r.NotChecked {
				if n.Source == scan.Platform {
					told = append(told, n.What+": "+n.Reason)
				}
			}
			if text := strings.Join(told, "\n"); (text == "") != (tt.notChecked == "") || !strings.Contains(text, tt.notChecked) {
				t.Errorf("not checked: %q", text)
			}
			if found := len(r.Findings) == 1 && r.Findings[0].Rule == "platform-default-broad"; found != tt.found {
				t.Errorf("findings: %+v", r.Findings)
			}
			if slices.Contains(r.Checked.Sources, scan.Platform) != (tt.notChecked == "") {
				t.Errorf("read to the end: %v", r.Checked.Sources)
			}
		})
	}
}

// TestOrganizationUnasked: an inventory that nobody had ask for the organisation doesn't show that its defaults are
// right: what an earlier one found there isn't gone.
func TestOrganizationUnasked(t *testing.T) {
	dir, inv := repository(t, 0), broad()
	entitle(t, dir)
	for i := range inv.Sources {
		if inv.Sources[i].Name == "org-workflow-permissions" {
			inv.Sources[i].State, inv.Sources[i].Why = inventory.NotChecked, inventory.NotAsked
		}
	}
	live, err := scan.Run(t.Context(), scan.Options{Dir: dir, Live: inv, Now: today})
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(live.Checked.Sources, scan.Platform) {
		t.Errorf("taken just now, it is read to the end: %v", live.Checked.Sources)
	}
	src, err := inventory.Encode(inv)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "inventory.json")
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := scan.Run(t.Context(), scan.Options{Dir: dir, Inventory: file, Now: today})
	if err != nil {
		t.Fatal(err)
	}
	told := slices.ContainsFunc(r.NotChecked, func(n scan.NotChecked) bool { return strings.Contains(n.Fix, "--organization") })
	if !told || slices.Contains(r.Checked.Sources, scan.Platform) {
		t.Errorf("not checked: %+v; read to the end: %v", r.NotChecked, r.Checked.Sources)
	}
}

// TestInventoryOfAChange: a change doesn't bring the inventory by which it is judged.
func TestInventoryOfAChange(t *testing.T) {
	dir := repository(t, 0)
	entitle(t, dir)
	git(t, dir, "add", ".")
	git(t, dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "manifest")
	file := filepath.Join(dir, "inventory.json")
	write := func(inv *inventory.Inventory) {
		src, err := inventory.Encode(inv)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, src, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(base string) *scan.Result {
		r, err := scan.Run(t.Context(), scan.Options{Dir: dir, Inventory: file, Base: base, Now: today})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	clean := broad()
	clean.Workflows[0].Permissions = "read"
	write(clean)
	if r := run("HEAD"); slices.Contains(r.Checked.Sources, scan.Platform) || len(r.NotChecked) < 1 {
		t.Errorf("a new inventory is believed: %+v", r.NotChecked)
	}
	write(broad())
	git(t, dir, "add", ".")
	git(t, dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
	write(clean)
	if r := run("HEAD"); len(r.Findings) != 1 {
		t.Errorf("a changed inventory is believed: %+v", r.Findings)
	}
	if r := run(""); len(r.Findings) != 0 || !slices.Contains(r.Checked.Sources, scan.Platform) {
		t.Errorf("without a base: %+v", r.Findings)
	}
	if err := os.WriteFile(file, []byte(`{"schema":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := scan.Run(t.Context(), scan.Options{Dir: dir, Inventory: file, Now: today}); err == nil || !strings.Contains(err.Error(), "inventory.json:1:1") {
		t.Errorf("a broken inventory: %v", err)
	}
}

// TestInventoryOf: the platform's number says of which repository an inventory is, where the job or the manifest knows
// it. Names are given up, and others take them.
func TestInventoryOf(t *testing.T) {
	const claims = `version: 1
owners: { web: { team: "@acme/web" } }
identities:
  release:
    owner: web
    purpose: Publish the package
    privilege: high
    expires: "2027-02-01"
    runs-as: { workflow: .github/workflows/release.yml, job: publish }
    claims: { repository_id: "ID", job_workflow_ref: acme/web/.github/workflows/release.yml@refs/heads/main }
    grants:
      app:
        github: { exchange: "https://x.example", identity: d, repositories: [acme/web], permissions: { contents: read } }
        ttl: 15m
        narrow: none
        limits: none
        when: always
`
	for name, tt := range map[string]struct {
		job    scan.Job
		origin string
		claim  string
		why    string // "" is judged by
	}{
		"nobody knows":               {scan.Job{}, "", "", ""},
		"the same name":              {scan.Job{}, "acme/web", "", ""},
		"another name":               {scan.Job{}, "acme/shop", "", "what is scanned is of acme/shop"},
		"the job's":                  {scan.Job{Repository: "acme/web", RepositoryID: "1"}, "acme/web", "", ""},
		"the job's, renamed":         {scan.Job{Repository: "acme/shop", RepositoryID: "1"}, "acme/shop", "", ""},
		"the job's, without a clone": {scan.Job{Repository: "acme/web", RepositoryID: "1"}, "", "", ""},
		"a name that was taken":      {scan.Job{Repository: "acme/web", RepositoryID: "2"}, "acme/web", "", "what is scanned is of acme/web (2)"},
		"another than the job's":     {scan.Job{Repository: "acme/ci", RepositoryID: "2"}, "acme/web", "", ""},
		"the manifest's":             {scan.Job{}, "acme/web", "1", ""},
		"another manifest's":         {scan.Job{}, "acme/web", "2", "the manifest's claims are of repository_id 2"},
		"a manifest of a fork's":     {scan.Job{}, "mallory/web", "1", "what is scanned is of mallory/web"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			git(t, dir, "init", "-q")
			if tt.origin != "" {
				git(t, dir, "remote", "add", "origin", "https://github.com/"+tt.origin+".git")
			}
			if tt.claim != "" {
				if err := os.MkdirAll(filepath.Join(dir, ".github"), 0o750); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, ".github/curfew.yml"), []byte(strings.Replace(claims, `"ID"`, `"`+tt.claim+`"`, 1)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r, err := scan.Run(t.Context(), scan.Options{Dir: dir, Live: broad(), Job: tt.job, Now: today})
			if err != nil {
				t.Fatal(err)
			}
			judged := slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Rule == "platform-default-broad" })
			told := slices.ContainsFunc(r.NotChecked, func(n scan.NotChecked) bool { return tt.why != "" && strings.Contains(n.Reason, tt.why) })
			if judged != (tt.why == "") || told != (tt.why != "") {
				t.Errorf("judged %v: %+v", judged, r.NotChecked)
			}
		})
	}
}

// TestIgnoreWithoutInventory: that an ignore silences nothing of what only an inventory tells is known where there is one.
func TestIgnoreWithoutInventory(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "-q")
	if err := os.MkdirAll(filepath.Join(dir, ".github"), 0o750); err != nil {
		t.Fatal(err)
	}
	src := "# curfew: ignore[deploy-key, secret-reuse] until=2026-12-31 the mirror needs it\nversion: 1\nowners: { web: { team: \"@acme/web\" } }\n"
	if err := os.WriteFile(filepath.Join(dir, ".github/curfew.yml"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, live := range []*inventory.Inventory{nil, broad()} {
		r, err := scan.Run(t.Context(), scan.Options{Dir: dir, Live: live, Now: today})
		if err != nil {
			t.Fatal(err)
		}
		unused := 0
		for _, f := range r.Findings {
			if f.Rule == "exception-fault" {
				unused++
			}
		}
		if want := map[bool]int{true: 0, false: 2}[live == nil]; unused != want {
			t.Errorf("inventory %v: %d unused: %+v; %+v", live != nil, unused, r.Findings, r.NotChecked)
		}
	}
}
