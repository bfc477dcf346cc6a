package posture

import (
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// now is the day on which every example is judged.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// file is one file of an example; first is the example's line that the file's line 1 stands on.
type file struct {
	path, src string
	first     int
}

type files []file

// archive splits an example at its "-- path --" lines. What stands before the first one, or
// everything where there is none, is .github/workflows/example.yml.
func archive(src string) files {
	var out files
	cur := file{path: ".github/workflows/example.yml", first: 1}
	keep := func() {
		if strings.TrimSpace(cur.src) != "" {
			out = append(out, cur)
		}
	}
	for i, line := range strings.SplitAfter(src, "\n") {
		if name, ok := marker(line); ok {
			keep()
			cur = file{path: name, first: i + 2}
			continue
		}
		cur.src += line
	}
	keep()
	return out
}

func marker(line string) (name string, ok bool) {
	line = strings.TrimRight(line, "\n")
	if len(line) < 7 || !strings.HasPrefix(line, "-- ") || !strings.HasSuffix(line, " --") {
		return "", false
	}
	return strings.TrimSpace(line[3 : len(line)-3]), true
}

// line is the example's line that r starts on; 0 for a place in no file of it.
func (fs files) line(r source.Region) int {
	for _, f := range fs {
		if f.path == r.Path {
			return f.first + r.Start.Line - 1
		}
	}
	return 0
}

// split takes the files of the state that a change starts from, base/…, from the rest.
func (fs files) split() (head, base files) {
	for _, f := range fs {
		if p, ok := strings.CutPrefix(f.path, "base/"); ok {
			base = append(base, file{p, f.src, f.first})
		} else {
			head = append(head, f)
		}
	}
	return head, base
}

// runAll judges an example by every check, as a scan would.
func runAll(t *testing.T, all files) []finding.Finding {
	t.Helper()
	head, base := all.split()
	facts := head.facts(t)
	if len(base) > 0 {
		b := base.facts(t)
		facts.Base = &Base{Usage: b.Usage, Manifest: b.Manifest}
	}
	found, err := Run(facts)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// facts reads files as scan does.
func (fs files) facts(t *testing.T) *Facts {
	t.Helper()
	facts := &Facts{Now: now}
	for _, f := range fs {
		if isWorkflow(f.path) {
			facts.Files = append(facts.Files, workflow.Parse(f.path, []byte(f.src)))
		}
	}
	slices.SortFunc(facts.Files, func(a, b *workflow.File) int { return strings.Compare(a.Path, b.Path) })
	facts.Usage = &usage.Repo{}
	return facts
}

func isWorkflow(p string) bool {
	base := path.Base(p)
	return strings.HasPrefix(p, ".github/workflows/") || base == "action.yml" || base == "action.yaml"
}

// fill puts made-up tokens in an example: as random as real ones, the same in every run.
func fill(src string) string {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	r := rand.New(rand.NewPCG(1, 2))
	return rules.Fill(src, func(prefix string, n int) string {
		b := []byte(prefix)
		for range n {
			b = append(b, letters[r.IntN(len(letters))])
		}
		return string(b)
	})
}
