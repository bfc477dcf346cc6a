package posture

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/ownership"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/suppress"
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

// runAll judges an example by every check, as a scan would, ignores included.
func (k *knowledge) runAll(t *testing.T, all files) []finding.Finding {
	t.Helper()
	head, base := all.split()
	facts := k.facts(t, head)
	if len(base) > 0 {
		facts.Base = &Base{Usage: k.facts(t, base).Usage}
		facts.Proposed = facts.Manifest
	}
	found, err := Run(facts)
	if err != nil {
		t.Fatal(err)
	}
	var state suppress.State
	for _, f := range head {
		state.Ignores = append(state.Ignores, suppress.Parse(source.NewText(f.path, []byte(f.src)))...)
	}
	return suppress.Apply(found, state, suppress.Options{
		Rules: rules.IDs(), Term: facts.Policy.ExceptionTerm().Std(), Now: now,
	})
}

// knowledge is what is loaded once for all examples.
type knowledge struct {
	actions  *rules.Actions
	detector *secret.Detector
}

func newKnowledge(t *testing.T) *knowledge {
	t.Helper()
	actions, err := rules.LoadActions()
	if err != nil {
		t.Fatal(err)
	}
	detector, err := secret.New(rules.SecretRules())
	if err != nil {
		t.Fatal(err)
	}
	return &knowledge{actions, detector}
}

// facts reads files as scan does.
func (k *knowledge) facts(t *testing.T, fs files) *Facts {
	t.Helper()
	facts := &Facts{Now: now, Repository: "acme/web", CodeOwners: &ownership.File{}}
	for _, f := range fs {
		switch {
		case workflow.IsDefinition(f.path):
			facts.Files = append(facts.Files, workflow.Parse(f.path, []byte(f.src)))
		case f.path == manifest.Path:
			m, errs := manifest.Parse(f.path, []byte(f.src))
			if len(errs) > 0 {
				t.Fatalf("the example's manifest: %v", errs)
			}
			facts.Manifest = m
		case f.path == manifest.PolicyPath:
			p, errs := manifest.ParsePolicy(f.path, []byte(f.src))
			if len(errs) > 0 {
				t.Fatalf("the example's policy: %v", errs)
			}
			facts.Policy = p
		case slices.Contains(ownership.Places(), f.path):
			owners, err := ownership.Parse(f.path, []byte(f.src))
			if err != nil {
				t.Fatal(err)
			}
			facts.CodeOwners = owners
		case f.path == "inventory.json":
			facts.Inventory = stocked(t, f.src)
		case f.path == "facts.json": // as docs/decide.md has it
			_, given, errs := manifest.ParseFacts(f.path, []byte(f.src))
			if len(errs) > 0 {
				t.Fatalf("the example's facts: %v", errs)
			}
			facts.Emergencies = given.Ledger.BreakGlass
		}
		tokens, err := k.detector.Detect(t.Context(), f.path, []byte(f.src))
		if err != nil {
			t.Fatal(err)
		}
		facts.Tokens = append(facts.Tokens, tokens...)
	}
	slices.SortFunc(facts.Files, func(a, b *workflow.File) int { return strings.Compare(a.Path, b.Path) })
	facts.Usage = usage.Collect(facts.Files, k.actions)
	facts.Tokens = append(facts.Tokens, Literals(facts.Files)...)
	if facts.Manifest != nil {
		facts.Faults = manifest.Faults(facts.Manifest, facts.Policy, now)
	}
	return facts
}

// stocked reads an inventory of which an example shows the lists that matter. All else was read, and is empty.
func stocked(t *testing.T, src string) *inventory.Inventory {
	t.Helper()
	all := &inventory.Inventory{Schema: inventory.Schema, Taken: now, Repository: inventory.Repository{ID: 987654, Name: "acme/web"}}
	for _, name := range inventory.Names() {
		all.Sources = append(all.Sources, inventory.Source{Name: name, State: inventory.Read})
	}
	whole, err := inventory.Encode(all)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	for _, part := range []string{string(whole), src} { // the latter's in place of the former's
		if err := json.Unmarshal([]byte(part), &members); err != nil {
			t.Fatalf("the example's inventory: %v", err)
		}
	}
	if whole, err = json.Marshal(members); err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Parse("inventory.json", whole)
	if err != nil {
		t.Fatalf("the example's inventory: %v\n%s", err, whole)
	}
	return inv
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
