package posture

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rhysd/actionlint"

	"github.com/curfew-ci/curfew/internal/corpus"
	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

var dump = flag.String("dump", "", "print the corpus's findings of this rule, or of all")

// readRepos parses each repository's workflows and actions.
func readRepos(tb testing.TB) (names []string, files map[string][]*workflow.File) {
	tb.Helper()
	files = map[string][]*workflow.File{}
	for _, f := range corpus.Files(tb) {
		if workflow.IsDefinition(f.Path) {
			files[f.Repo] = append(files[f.Repo], workflow.Parse(f.Path, f.Src))
		}
	}
	return slices.Sorted(maps.Keys(files)), files
}

func corpusFacts(t testing.TB, files []*workflow.File, know *rules.Actions) *Facts {
	t.Helper()
	return &Facts{
		Files: files, Usage: usage.Collect(files, know), Tokens: Literals(files), Now: now,
	}
}

// TestCorpus runs every check on real repositories: none fails, each finding stands in its file, and the
// number of cores changes nothing.
func TestCorpus(t *testing.T) {
	repos, files := readRepos(t)
	know, err := rules.LoadActions()
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	counts := map[string]int{}
	for _, repo := range repos {
		var results [][]finding.Finding
		for _, cores := range []int{1, 8} {
			runtime.GOMAXPROCS(cores)
			found, err := Run(corpusFacts(t, files[repo], know))
			if err != nil {
				t.Fatalf("%s: %v", repo, err)
			}
			results = append(results, found)
		}
		if diff := cmp.Diff(results[0], results[1]); diff != "" {
			t.Errorf("%s: one core (-) and eight (+) differ:\n%s", repo, diff)
		}
		for _, f := range results[0] {
			counts[f.Rule]++
			checkShape(t, &f)
			if *dump == f.Rule || *dump == "all" {
				fmt.Printf("%s[%s]: %s\n  %s/%s\n  fix: %s\n  key: %s  label: %s\n", f.Severity, f.Rule, f.Message, repo, f.Region, f.Fix, f.Key, f.Label)
			}
		}
	}
	t.Logf("%d repositories: %v", len(repos), counts)
}

// BenchmarkCorpus judges every repository: "curfew" parses its workflows, collects what the jobs use and
// runs all checks; "actionlint" only parses the same files. "ms/file" is what a file costs.
func BenchmarkCorpus(b *testing.B) {
	byRepo := map[string][]corpus.File{}
	count := 0
	for _, f := range corpus.Files(b) {
		if workflow.IsDefinition(f.Path) {
			byRepo[f.Repo] = append(byRepo[f.Repo], f)
			count++
		}
	}
	know, err := rules.LoadActions()
	if err != nil {
		b.Fatal(err)
	}
	for _, bm := range []struct {
		name string
		run  func([]corpus.File)
	}{
		{"curfew", func(files []corpus.File) {
			parsed := make([]*workflow.File, len(files))
			for i, f := range files {
				parsed[i] = workflow.Parse(f.Path, f.Src)
			}
			if _, err := Run(corpusFacts(b, parsed, know)); err != nil {
				b.Fatal(err)
			}
		}},
		{"actionlint", func(files []corpus.File) {
			for _, f := range files {
				_, _ = actionlint.Parse(f.Src)
			}
		}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			for b.Loop() {
				for _, files := range byRepo {
					bm.run(files)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N*count), "ms/file")
		})
	}
}
