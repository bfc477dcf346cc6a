package scan_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/scan"
)

func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func of(t *testing.T, opt scan.Options) scan.Of {
	t.Helper()
	opt.Now = today.Add(700 * time.Millisecond)
	r, err := scan.Run(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Of.Time.Equal(today) || r.Of.Time.Location() != time.UTC {
		t.Errorf("time: %v", r.Of.Time)
	}
	r.Of.Time = time.Time{}
	return r.Of
}

// TestOfRepository: the caller's word comes first, then the remote's where it lies on GitHub, then the job's; and what
// a job says of itself is about no other repository that it has checked out.
func TestOfRepository(t *testing.T) {
	dir := repository(t, 1)
	gitIn(t, dir, "branch", "-M", "main")
	head := gitIn(t, dir, "rev-parse", "HEAD")
	job := scan.Job{Repository: "acme/shop", RepositoryID: "42", Ref: "refs/pull/7/merge", Commit: head, Host: "ghe.acme.example"}
	elsewhere := job
	elsewhere.Commit = strings.Repeat("1", 40)
	for _, tt := range []struct {
		name, remote, flag string
		job                scan.Job
		want               scan.Of
	}{
		{"nobody says", "", "", scan.Job{}, scan.Of{Ref: "refs/heads/main"}},
		{"the flag", "git@github.com:acme/shop.git", "acme/web", job, scan.Of{Repository: "acme/web", Ref: "refs/heads/main"}},
		{"the remote", "git@github.com:acme/shop.git", "", scan.Job{}, scan.Of{Repository: "acme/shop", Ref: "refs/heads/main"}},
		{"a remote with a password", "https://x:pass@github.com/acme/shop", "", scan.Job{}, scan.Of{Repository: "acme/shop", Ref: "refs/heads/main"}},
		{"a remote elsewhere", "https://gitlab.com/group/acme/shop", "", scan.Job{}, scan.Of{Ref: "refs/heads/main"}},
		{"the job", "", "", job, scan.Of{Repository: "acme/shop", RepositoryID: "42", Ref: "refs/pull/7/merge"}},
		{"the job and its remote", "https://ghe.acme.example/Acme/shop", "", job, scan.Of{Repository: "Acme/shop", RepositoryID: "42", Ref: "refs/pull/7/merge"}},
		{"another checkout than the job's", "https://github.com/acme/web", "", job, scan.Of{Repository: "acme/web", Ref: "refs/heads/main"}},
		{"another checkout, called the job's", "https://github.com/acme/web", "acme/shop", job, scan.Of{Repository: "acme/shop", Ref: "refs/heads/main"}},
		{"another commit than the job's", "", "", elsewhere, scan.Of{Repository: "acme/shop", RepositoryID: "42", Ref: "refs/heads/main"}},
	} {
		if tt.remote != "" {
			gitIn(t, dir, "remote", "add", "origin", tt.remote)
		}
		tt.want.Commit = head
		if diff := cmp.Diff(tt.want, of(t, scan.Options{Dir: dir, Repository: tt.flag, Job: tt.job})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if tt.remote != "" {
			gitIn(t, dir, "remote", "remove", "origin")
		}
	}
}

// TestOfChanged: what isn't just what the commit holds says so, without anything that the repository configures being
// run to compare.
func TestOfChanged(t *testing.T) {
	dir := repository(t, 2)
	ran := filepath.Join(t.TempDir(), "ran")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("plain.txt", "one\n")
	write(".gitattributes", "*.txt filter=evil\n")
	gitIn(t, dir, "add", ".")
	gitIn(t, dir, "commit", "-q", "-m", "y")
	gitIn(t, dir, "config", "filter.evil.clean", "touch "+ran+"; cat")
	changed := func(want bool, what string) {
		t.Helper()
		o := of(t, scan.Options{Dir: dir})
		if o.Changed != want || o.Commit == "" {
			t.Errorf("%s: %+v", what, o)
		}
	}
	changed(false, "as committed")
	write("plain.txt", "two\n")
	changed(true, "changed, with the same size")
	write("plain.txt", "one\n")
	changed(false, "written again")
	write("new.env", "")
	changed(true, "added")
	write(".git/info/exclude", "new.env\n")
	changed(false, "ignored")
	if err := os.Remove(filepath.Join(dir, "plain.txt")); err != nil {
		t.Fatal(err)
	}
	changed(true, "deleted")
	if _, err := os.Stat(ran); err == nil {
		t.Error("the repository's filter was run")
	}
}

// TestOfSearches: each search says which commit it is of, as far as there is one.
func TestOfSearches(t *testing.T) {
	dir := repository(t, 1)
	gitIn(t, dir, "branch", "-M", "main")
	first := gitIn(t, dir, "rev-parse", "HEAD")
	gitIn(t, dir, "commit", "-q", "--allow-empty", "-m", "second")
	second := gitIn(t, dir, "rev-parse", "HEAD")
	gitIn(t, dir, "checkout", "-q", first)
	for name, tt := range map[string]struct {
		search scan.Search
		want   scan.Of
	}{
		"tree":    {scan.Search{}, scan.Of{Commit: first}},
		"history": {scan.Search{History: true}, scan.Of{Commit: first}},
		"staged":  {scan.Search{Staged: true}, scan.Of{Commit: first}},
		"diff":    {scan.Search{Diff: first + "..main"}, scan.Of{Commit: second}},
		"text":    {scan.Search{Text: []byte("x")}, scan.Of{}},
	} {
		if diff := cmp.Diff(tt.want, of(t, scan.Options{Dir: dir, Search: tt.search})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(scan.Of{Commit: first, Folder: "a/b"}, of(t, scan.Options{Dir: filepath.Join(dir, "a", "b")})); diff != "" {
		t.Errorf("a folder of it (-want +got):\n%s", diff)
	}
	empty := t.TempDir()
	job := scan.Job{Repository: "acme/shop", RepositoryID: "42", Ref: "refs/heads/main", Commit: first, Host: "github.com"}
	if diff := cmp.Diff(scan.Of{}, of(t, scan.Options{Dir: empty, Job: job})); diff != "" {
		t.Errorf("a plain folder, in a job that has checked out nothing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(scan.Of{Repository: "acme/web"}, of(t, scan.Options{Dir: empty, Job: job, Repository: "acme/web"})); diff != "" {
		t.Errorf("a plain folder, of which the caller says what it is (-want +got):\n%s", diff)
	}
	gitIn(t, empty, "init", "-q", "-b", "main")
	if diff := cmp.Diff(scan.Of{}, of(t, scan.Options{Dir: empty})); diff != "" {
		t.Errorf("before the first commit (-want +got):\n%s", diff)
	}
}

// TestHistoryInPart: what was left out of the history is told, as it closes nothing.
func TestHistoryInPart(t *testing.T) {
	dir := repository(t, 1)
	first := gitIn(t, dir, "rev-parse", "HEAD")
	gitIn(t, dir, "commit", "-q", "--allow-empty", "-m", "second")
	shallow := filepath.Join(t.TempDir(), "shallow")
	gitIn(t, dir, "clone", "-q", "--depth", "1", "file://"+dir, shallow)
	empty := t.TempDir()
	gitIn(t, empty, "init", "-q")
	for name, tt := range map[string]struct {
		dir    string
		search scan.Search
		want   bool
	}{
		"the tree":          {dir, scan.Search{}, false},
		"all":               {dir, scan.Search{History: true}, false},
		"since":             {dir, scan.Search{History: true, Since: []string{first}}, true},
		"a shallow clone":   {shallow, scan.Search{History: true}, true},
		"before any commit": {empty, scan.Search{History: true}, true},
	} {
		r, err := scan.Run(t.Context(), scan.Options{Dir: tt.dir, Search: tt.search, Now: today})
		if err != nil {
			t.Fatal(err)
		}
		if r.Checked.HistoryInPart != tt.want {
			t.Errorf("%s: %+v", name, r.Checked)
		}
	}
}
