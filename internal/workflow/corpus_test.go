package workflow

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"

	"github.com/curfew-ci/curfew/internal/source"
)

type corpusFile struct {
	path string // from the corpus's root, with slashes
	src  []byte
}

// inRepo is the path from the repository's root: the corpus has them at workflows/<owner>__<name>.
func (f corpusFile) inRepo() string {
	parts := strings.SplitN(f.path, "/", 3)
	return parts[len(parts)-1]
}

// corpus returns the workflow files of the shared corpus, which CURFEW_CORPUS names or which stands
// beside the checkout. It skips the test where there is none.
func corpus(tb testing.TB) []corpusFile {
	tb.Helper()
	root := os.Getenv("CURFEW_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	var files []corpusFile
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".yml", ".yaml"}, filepath.Ext(path)) {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		files = append(files, corpusFile{filepath.ToSlash(rel), src})
		return err
	})
	if err != nil || len(files) == 0 {
		tb.Skipf("the corpus of workflow files is missing: set CURFEW_CORPUS to its folder (%v)", err)
	}
	return files
}

// refused are the files of the corpus in which something is wrong, each with what and where. In the
// first, "\." is no escape that YAML knows; in the second, a filter stands behind a cron line.
func refused() map[string]string {
	return map[string]string{
		"workflows/dagger__dagger/.github/actions/call-ci-alt-runner/action.yml": "16:5 found a backslash before a character that needs none: use single quotes, or write \"\\\\\"",
		"workflows/AdnaneKhan__gato-x/.github/workflows/integration.yaml":        `15:5 unknown key "branches" in schedule`,
	}
}

// TestCorpus holds that every file which actionlint's parser takes is taken, that every workflow and
// action is, but for those in refused, and that what is found in expressions stands where it is said to.
func TestCorpus(t *testing.T) {
	taken, refs := 0, 0
	for _, file := range corpus(t) {
		f := Parse(file.path, file.src)
		_, errs := actionlint.Parse(file.src)
		if len(errs) == 0 || IsDefinition(file.inRepo()) {
			taken++
			if want := refused()[file.path]; want != problems(f) {
				t.Errorf("%s: got %q, want %q", file.path, problems(f), want)
			}
		}
		checkSeen(t, f)
		for s := range f.Strings {
			checkString(t, f, s)
			refs += len(s.Refs)
			for _, b := range s.Bad {
				t.Errorf("%s: %s", b.Region, b.Message)
			}
		}
	}
	t.Logf("%d workflows and actions, %d reads of contexts", taken, refs)
}

func problems(f *File) string {
	var all []string
	for _, p := range f.Problems {
		all = append(all, p.Region.Start.String()+" "+p.Message)
	}
	return strings.Join(all, "\n")
}

// checkString holds what is true of every string: its places lie in the file, agree with its lines
// and columns, and hold the names that are said to stand there.
func checkString(t *testing.T, f *File, s *String) {
	t.Helper()
	checkSpan(t, f, s.Span)
	checkSpan(t, f, f.Locate(s, 0, len(s.Value)))
	for _, r := range s.Refs {
		text := strings.ToLower(checkSpan(t, f, r.Span))
		for _, name := range append([]string{r.Context}, r.Path...) {
			if !strings.Contains(text, strings.ToLower(name)) && !strings.Contains(name, "'") {
				t.Errorf("%s:%s: %q is not in %q", f.Path, r.Span.Start, name, text)
			}
		}
	}
	for _, c := range s.Calls {
		if text := checkSpan(t, f, c.Span); !strings.HasPrefix(strings.ToLower(text), c.Name) {
			t.Errorf("%s:%s: call of %s spans %q", f.Path, c.Span.Start, c.Name, text)
		}
	}
	for _, b := range s.Bad {
		checkSpan(t, f, b.Region.Span)
	}
}

func checkSpan(t *testing.T, f *File, s source.Span) string {
	t.Helper()
	if want := f.Text.Span(s.Start.Offset, s.End.Offset); s != want || s.Start.Offset > s.End.Offset {
		t.Fatalf("%s: span %+v: want %+v", f.Path, s, want)
	}
	return string(f.Text.Src[s.Start.Offset:s.End.Offset])
}
