package posture

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

var dump = flag.String("dump", "", "print the corpus's findings of this rule, or of all")

// corpus lists the folders of real repositories, or skips the test.
func corpus(t testing.TB) (root string, repos []string) {
	t.Helper()
	if root = os.Getenv("CURFEW_CORPUS"); root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus", "workflows")
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Skipf("no corpus of workflows: set CURFEW_CORPUS to a folder of repositories (%v)", err)
	}
	for _, e := range entries {
		if e.IsDir() {
			repos = append(repos, e.Name())
		}
	}
	return root, repos
}

// readRepo reads a repository's workflows and actions.
func readRepo(t testing.TB, dir string) []*workflow.File {
	t.Helper()
	var out []*workflow.File
	tree := os.DirFS(dir)
	err := fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !isWorkflow(name) {
			return err
		}
		src, err := fs.ReadFile(tree, name)
		out = append(out, workflow.Parse(name, src))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
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
	root, repos := corpus(t)
	know, err := rules.LoadActions()
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	counts := map[string]int{}
	for _, repo := range repos {
		files := readRepo(t, filepath.Join(root, repo))
		var results [][]finding.Finding
		for _, cores := range []int{1, 8} {
			runtime.GOMAXPROCS(cores)
			found, err := Run(corpusFacts(t, files, know))
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
				fmt.Printf("%s[%s]: %s\n  %s/%s/%s\n  fix: %s\n  key: %s  label: %s\n", f.Severity, f.Rule, f.Message, root, repo, f.Region, f.Fix, f.Key, f.Label)
			}
		}
	}
	t.Logf("%d repositories: %v", len(repos), counts)
}

// BenchmarkChecks measures all checks together; "ms/file" is what they add to a workflow.
func BenchmarkChecks(b *testing.B) {
	root, repos := corpus(b)
	know, err := rules.LoadActions()
	if err != nil {
		b.Fatal(err)
	}
	var all []*Facts
	count := 0
	for _, repo := range repos {
		facts := corpusFacts(b, readRepo(b, filepath.Join(root, repo)), know)
		count += len(facts.Files)
		all = append(all, facts)
	}
	for b.Loop() {
		for _, facts := range all {
			if _, err := Run(facts); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N*count), "ms/file")
}
