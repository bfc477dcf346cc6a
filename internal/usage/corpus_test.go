package usage

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/workflow"
)

// corpus parses each repository of the shared corpus, which CURFEW_CORPUS names or which stands beside
// the checkout. It skips the test where there is none.
func corpus(tb testing.TB) map[string][]*workflow.File {
	tb.Helper()
	root := os.Getenv("CURFEW_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	root = filepath.Join(root, "workflows")
	repos := map[string][]*workflow.File{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".yml", ".yaml"}, filepath.Ext(p)) {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		repo, path, _ := strings.Cut(filepath.ToSlash(rel), "/")
		repos[repo] = append(repos[repo], workflow.Parse(path, src))
		return nil
	})
	if err != nil || len(repos) == 0 {
		tb.Skipf("the corpus of workflow files is missing: set CURFEW_CORPUS to its folder (%v)", err)
	}
	return repos
}

// TestCorpus holds what must be true of any repository.
func TestCorpus(t *testing.T) {
	k := knowledge(t)
	secrets, logins := 0, 0
	for name, files := range corpus(t) {
		repo := Collect(files, k)
		if len(repo.Skipped) > 0 {
			t.Errorf("%s: real repositories are followed whole: %v", name, repo.Skipped)
		}
		for _, j := range repo.Jobs {
			secrets += len(j.Secrets)
			logins += len(j.Logins)
			for _, s := range j.Secrets {
				if s.Name == githubToken || s.Region.Path != j.File.Path || s.Region.Span.IsZero() {
					t.Errorf("%s: %s: %+v", name, j.Job.ID.Value, s)
				}
			}
			for _, l := range j.Logins {
				if len(l.Static)+len(l.OIDC) == 0 || l.Region.Span.IsZero() {
					t.Errorf("%s: %s: %+v", name, j.Job.ID.Value, l)
				}
			}
		}
		if testing.Verbose() {
			t.Logf("%s\n%s", name, describe(repo))
		}
	}
	if secrets < 1000 || logins < 100 {
		t.Errorf("the corpus has %d reads of secrets and %d logins: far fewer than it should", secrets, logins)
	}
}

func BenchmarkCollect(b *testing.B) {
	repos, k, n := corpus(b), knowledge(b), 0
	for _, files := range repos {
		n += len(files)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, files := range repos {
			Collect(files, k)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/file")
}
