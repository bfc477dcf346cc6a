package certify

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/manifest/splice"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestStatus(t *testing.T) {
	in, _ := scene(t)
	var b strings.Builder
	for _, r := range Status(in) {
		fmt.Fprintf(&b, "%-13s | %-17s | %-6s | %-12s | %-10s | %s | %s\n",
			r.State, r.Name(), r.Owner, r.Handle, r.Deadline(), r.Used, strings.Join(r.Idle, " "))
	}
	golden(t, "status.txt", b.String())
}

func TestPlan(t *testing.T) {
	in, src := scene(t)
	groups := Plan(in, file, src)
	var b strings.Builder
	for _, g := range groups {
		fmt.Fprintf(&b, "== %s (%s, %s)\n", g.Owner, g.Handle, g.Escalate)
		for _, c := range g.Changes {
			if c.Refused != "" {
				t.Errorf("%s: %s", c.Name(), c.Refused)
			}
			fmt.Fprintf(&b, "%-7s | %-17s | %s | %s\n", c.Action, c.Name(), c.Effect(), c.Reason)
		}
		b.WriteString(splice.Unified(file, src, g.Source))
	}
	golden(t, "plan.txt", b.String())
	golden(t, "web.md", groups[0].Title()+"\n\n"+groups[0].Body())
}

// TestPlanNeverWidens holds what no proposal may do: only a renewal lets anybody have anything for longer.
func TestPlanNeverWidens(t *testing.T) {
	in, src := scene(t)
	groups := Plan(in, file, src)
	renewed := map[string]bool{}
	for _, g := range groups {
		for _, c := range g.Changes {
			if c.Action == Renew {
				renewed[manifest.Pointer(map[Kind]string{Identity: "identities", Exception: "exceptions"}[c.Kind], c.ID, "expires")] = true
			}
		}
	}
	src, refused := Together(in, file, src, groups)
	after, errs := manifest.Parse(file, src)
	if after == nil {
		t.Fatal(errs)
	}
	widened := 0
	for _, c := range manifest.Diff(in.Manifest, after) {
		if c.Effect != manifest.Widens {
			continue
		}
		widened++
		if !renewed[c.Pointer] {
			t.Errorf("%s: %s", c.Pointer, c.Message)
		}
	}
	if widened == 0 {
		t.Error("no renewal widened anything")
	}
	if len(refused) > 0 {
		t.Errorf("refused: %+v", refused)
	}
	for _, f := range manifest.Faults(after, in.Policy, in.Now) {
		if f.Kind == manifest.FaultTerm || f.Kind == manifest.FaultSeparation {
			t.Errorf("the organisation doesn't allow: %+v", f)
		}
	}
}

// TestPlanSettles makes each proposal and certifies: the next plan has none left but those that ask for more than
// an edit.
func TestPlanSettles(t *testing.T) {
	in, src := scene(t)
	src, _ = Together(in, file, src, Plan(in, file, src))
	after, errs := manifest.Parse(file, src)
	if after == nil {
		t.Fatal(errs)
	}
	in.Manifest = after
	for id := range in.Manifest.Identities {
		in.Facts.Certified[id] = manifest.Certified{Time: manifest.Instant{Time: in.Now}}
	}
	var left []string
	for _, g := range Plan(in, file, src) {
		for _, c := range g.Changes {
			left = append(left, string(c.Action)+" "+c.Name())
		}
	}
	slices.Sort(left)
	want := []string{"renew identity engaged", "renew identity overdue", "suspend identity hired", "suspend identity orphan"}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
}

// TestSuspendedStaysSo: what a merged suspension records is a denial by itself, whatever the ledger says then.
func TestSuspendedStaysSo(t *testing.T) {
	in, src := scene(t)
	src, _ = Together(in, file, src, Plan(in, file, src))
	m, errs := manifest.Parse(file, src)
	if m == nil {
		t.Fatal(errs)
	}
	for _, id := range []string{"overdue", "hired"} {
		s := manifest.Standing{Manifest: m, Now: in.Now} // no policy, no facts: the day alone
		if why := s.Identity(id); len(why) == 0 || why[0].Code != manifest.CodeExpired {
			t.Errorf("%s: %v", id, why)
		}
	}
}

func TestWithoutLedger(t *testing.T) {
	in, src := scene(t)
	for name, u := range map[string]*Usage{"none": nil, "empty": usage(t, in.Manifest), "too short": usage(t, in.Manifest, leased(in.Manifest)[1:]...)} {
		in.Usage = u
		for _, r := range Status(in) {
			if len(r.Idle) > 0 || r.State == Unused && r.Kind == Identity {
				t.Errorf("%s: %s is unused", name, r.Name())
			}
			if r.ID == "asleep" && !strings.HasPrefix(r.Used, "unknown") {
				t.Errorf("%s: %s", name, r.Used)
			}
		}
		for _, g := range Plan(in, file, src) {
			for _, c := range g.Changes {
				if c.Kind == Identity && c.Action == Remove && c.ID != "left" || c.Action == Narrow && len(c.Gone) > 0 {
					t.Errorf("%s: %s %s: %s", name, c.Action, c.Name(), c.Reason)
				}
			}
		}
	}
}

// TestWithoutFacts: that no certification is known removes nothing, however long ago the last one may have been.
func TestWithoutFacts(t *testing.T) {
	in, src := scene(t)
	in.Facts = manifest.Facts{}
	for _, g := range Plan(in, file, src) {
		for _, c := range g.Changes {
			switch {
			case c.Kind == Exception, c.ID == "asleep", c.ID == "hired", c.ID == "orphan": // for other reasons
			case c.ID == "half", c.ID == "reads":
				if c.Action != Narrow || c.ID == "half" && c.Until.IsZero() {
					t.Errorf("%s %s %s", c.Action, c.Name(), c.Effect())
				}
			case c.Action != Renew || c.Until.IsZero() || c.Deadline() != "now":
				t.Errorf("%s %s: %s", c.Action, c.Name(), c.Reason)
			}
		}
	}
}

// TestNew: what wasn't there yet 90 days ago isn't unused.
func TestNew(t *testing.T) {
	in, _ := scene(t)
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	earlier, err := splice.Apply(file, src, splice.Remove("/identities/asleep"))
	if err != nil {
		t.Fatal(err)
	}
	in.Earlier, _ = manifest.Parse(file, earlier)
	for _, r := range Status(in) {
		if r.ID == "asleep" && r.State != Current || r.ID == "half" && len(r.Idle) != 1 {
			t.Errorf("%s: %s %v", r.Name(), r.State, r.Idle)
		}
	}
}

// TestWithoutPolicy: only the last day counts.
func TestWithoutPolicy(t *testing.T) {
	in, _ := scene(t)
	in.Policy = nil
	states := map[string]State{}
	for _, r := range Status(in) {
		states[r.ID] = r.State
	}
	for id, want := range map[string]State{"overdue": Current, "never": Current, "grace": Current, "ending": Due, "expired": Expired, "hired": SponsorEnded, "excess": Orphaned} {
		if states[id] != want {
			t.Errorf("%s: %s, want %s", id, states[id], want)
		}
	}
	identity := in.Manifest.Identities["ending"]
	if got := in.renewed(&identity).String(); got != "2027-02-21" {
		t.Errorf("renewed until %s", got)
	}
	identity = in.Manifest.Identities["fresh"]
	if got := in.renewed(&identity); !got.IsZero() {
		t.Errorf("shortened to %s", got)
	}
}
