package usage

import (
	"testing"

	"github.com/curfew-ci/curfew/internal/corpus"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// repositories parses the workflows and actions of each repository of the corpus.
func repositories(tb testing.TB) map[string][]*workflow.File {
	tb.Helper()
	repos := map[string][]*workflow.File{}
	for _, f := range corpus.Files(tb) {
		repos[f.Repo] = append(repos[f.Repo], workflow.Parse(f.Path, f.Src))
	}
	return repos
}

// TestCorpus holds what must be true of any repository.
func TestCorpus(t *testing.T) {
	k := knowledge(t)
	secrets, logins := 0, 0
	for name, files := range repositories(t) {
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

func BenchmarkCorpus(b *testing.B) {
	repos, k, n := repositories(b), knowledge(b), 0
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
