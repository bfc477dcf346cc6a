package workflow

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

// own lists this repository's workflows, and those that others copy.
func own(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"../../.github/workflows/*.yml", "../../docs/workflows/*.yml"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		files = append(files, found...)
	}
	return files
}

// selfRepository is what actionlint 1.7.12 says of `uses: $/folder`, which GitHub has since July 2026 and it doesn't know yet:
// https://github.com/rhysd/actionlint/issues/711
var selfRepository = regexp.MustCompile(`^specifying action "\$/[a-z/]+" in invalid format because ref is missing`)

// TestOwnWorkflowsLint holds this repository's workflows to actionlint.
func TestOwnWorkflowsLint(t *testing.T) {
	for _, file := range own(t) {
		linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		faults, err := linter.Lint("<stdin>", src, nil)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, f := range faults {
			if !selfRepository.MatchString(f.Message) {
				t.Errorf("%s:%d:%d: %s [%s]", file, f.Line, f.Column, f.Message, f.Kind)
			}
		}
	}
}

// TestOwnWorkflowsKeepTheHouseRules: every action is pinned by its commit, with its version beside it; nothing that a caller
// or an event brings is part of a script; jobs say what they may and for how long; no secret is passed unnamed.
func TestOwnWorkflowsKeepTheHouseRules(t *testing.T) {
	for _, file := range own(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f := Parse(".github/workflows/"+filepath.Base(file), src)
		if f.Workflow == nil || len(f.Problems) > 0 {
			t.Fatalf("%s: %v", file, f.Problems)
		}
		if p := f.Workflow.Permissions; p == nil || p.All != nil || len(p.Scopes) > 0 {
			t.Errorf("%s: its own permissions aren't {}", file)
		}
		for _, j := range f.Workflow.Jobs {
			if j.Permissions == nil || j.Permissions.All != nil {
				t.Errorf("%s: job %s doesn't list its permissions", file, j.ID.Value)
			}
			if j.Uses == nil && j.TimeoutMinutes == nil {
				t.Errorf("%s: job %s has no timeout-minutes", file, j.ID.Value)
			}
			if j.Concurrency == nil && f.Workflow.Concurrency == nil {
				t.Errorf("%s: job %s has no concurrency", file, j.ID.Value)
			}
			for _, s := range j.Steps {
				houseStep(t, file, string(src), s)
			}
		}
		if strings.Contains(string(src), "secrets: inherit") {
			t.Errorf("%s: secrets: inherit", file)
		}
	}
}

func houseStep(t *testing.T, file, src string, s *Step) {
	t.Helper()
	if s.Run.Present() && strings.Contains(s.Run.Value, "${{") {
		t.Errorf("%s: step %s: an expression in a script", file, s.Title())
	}
	if s.Uses == nil || s.Uses.Kind == UsesSelf || s.Uses.Kind == UsesLocal {
		return
	}
	if s.Uses.Value.Value == "curfew-ci/curfew/dist/setup@COMMIT" { // which has no release to name yet
		return
	}
	line := regexp.MustCompile(regexp.QuoteMeta(s.Uses.Value.Value) + ` # v\d+\.\d+\.\d+\n`)
	if !s.Uses.Pinned() || !line.MatchString(src) {
		t.Errorf("%s: %s isn't pinned by a commit with its version behind it", file, s.Uses.Value.Value)
	}
}
