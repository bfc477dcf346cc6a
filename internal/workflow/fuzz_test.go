package workflow

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzParse holds for any file, read as a workflow and as an action: no panic, places that agree with
// the file, every problem with a message, and the same model twice.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/golden/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, path := range []string{".github/workflows/w.yml", "action.yml"} {
			file := Parse(path, src)
			checkSeen(t, file)
			for s := range file.Strings {
				checkString(t, file, s)
			}
			for _, p := range file.Problems {
				checkSpan(t, file, p.Region.Span)
				if p.Message == "" {
					t.Errorf("%s: a problem without a message", p.Region)
				}
			}
			if file.Workflow == nil && file.Action == nil && len(file.Problems) == 0 {
				t.Error("nothing was read and nothing is wrong")
			}
			if d := cmp.Diff(dump(file), dump(Parse(path, src))); d != "" {
				t.Error(d)
			}
		}
	})
}
