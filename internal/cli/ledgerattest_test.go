package cli_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// inventoried writes an inventory of acme/web: inventoried FILE [HOURS [BYPASS]], taken so many hours ago, of a branch
// that a ruleset guards. BYPASS may do without, "?" is that nobody knows who may.
func inventoried(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 3 {
		ts.Fatalf("usage: inventoried FILE [HOURS [BYPASS]]")
	}
	hours, bypass := 0, []string{}
	if len(args) > 1 {
		var err error
		hours, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	if len(args) > 2 {
		bypass = strings.Fields(args[2])
	}
	src, err := inventory.Encode(guardedInventory(today.Add(-time.Duration(hours)*time.Hour), bypass))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), src, 0o600))
}

// guardedInventory is one of acme/web whose default branch a ruleset guards.
func guardedInventory(at time.Time, bypass []string) *inventory.Inventory {
	rule := inventory.Rule{Kind: "pull_request", Ruleset: 1, Reviews: &inventory.Reviews{Count: 2, CodeOwners: true, LastPush: true}}
	if !slices.Contains(bypass, "?") {
		rule.Bypass = &bypass
	}
	return &inventory.Inventory{
		Schema: inventory.Schema, Taken: at, Repository: inventory.Repository{ID: 987654, Name: "acme/web", OwnerID: 4242, OwnerKind: "Organization", DefaultBranch: "main"},
		Sources: []inventory.Source{
			{Name: "repository", State: inventory.Read}, {Name: "branch-rules", State: inventory.Read}, {Name: "branch-protection", State: inventory.NotChecked, Why: "403"},
		},
		Branch: &inventory.Branch{Name: "main", Rules: []inventory.Rule{rule}},
	}
}

// certified writes what an export of a ledger would hold of certifications: certified FILE IDENTITY=DAYS..., each
// merged so many days ago.
func certified(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: certified FILE IDENTITY=DAYS...")
	}
	var all []byte
	for i, arg := range args[1:] {
		name, ago, _ := strings.Cut(arg, "=")
		days, err := strconv.Atoi(ago)
		ts.Check(err)
		r := certification(name, today.AddDate(0, 0, -days))
		r.Schema, r.ID, r.Time = ledger.Schema, "01JD9Z6Q4T8K0000000000000"+strconv.Itoa(i), today
		r.Task = ledger.Task{RunID: "1", Attempt: 1, Job: "collect"}
		line, err := r.Encode()
		ts.Check(err)
		all = append(append(all, line...), '\n')
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), all, 0o600))
}

func certification(identity string, merged time.Time) ledger.Record {
	return ledger.Record{
		Plane: ledger.Entitlement, Type: ledger.CertificationMerged, Outcome: ledger.Done,
		Identity:      ledger.Identity{ID: identity, RepositoryID: "987654", Owner: "payments"},
		Certification: &ledger.Certification{Action: ledger.Renew, By: []string{"@anna"}, PullRequest: "acme/web#12", Merged: merged, Commit: strings.Repeat("9f2c41e0", 5)},
	}
}
