package workflow

import (
	"strings"
	"testing"

	"github.com/rhysd/actionlint"

	"github.com/curfew-ci/curfew/internal/corpus"
	"github.com/curfew-ci/curfew/internal/source"
)

// refused are the files of the corpus in which something is wrong, each with what and where. In the
// first, "\." is no escape that YAML knows; in the second, a filter stands behind a cron line.
func refused() map[string]string {
	return map[string]string{
		"dagger__dagger/.github/actions/call-ci-alt-runner/action.yml": "16:5 found a backslash before a character that needs none: use single quotes, or write \"\\\\\"",
		"AdnaneKhan__gato-x/.github/workflows/integration.yaml":        `15:5 unknown key "branches" in schedule`,
	}
}

// TestCorpus holds that every file which actionlint's parser takes is taken, that every workflow and
// action is, but for those in refused, and that what is found in expressions stands where it is said to.
func TestCorpus(t *testing.T) {
	taken, refs := 0, 0
	for _, file := range corpus.Files(t) {
		name := file.Repo + "/" + file.Path
		f := Parse(file.Path, file.Src)
		_, errs := actionlint.Parse(file.Src)
		if len(errs) == 0 || IsDefinition(file.Path) {
			taken++
			if want := refused()[name]; want != problems(f) {
				t.Errorf("%s: got %q, want %q", name, problems(f), want)
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
