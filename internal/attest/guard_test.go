package attest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/ledger"
)

func at() time.Time { return time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC) }

// taken is an inventory in which both sources of a guard were read, and the branch has none.
func taken() *inventory.Inventory {
	return &inventory.Inventory{
		Schema: inventory.Schema, Taken: at(), Repository: inventory.Repository{ID: 987654, Name: "acme/web", DefaultBranch: "main"},
		Sources: []inventory.Source{{Name: "branch-rules", State: inventory.Read}, {Name: "branch-protection", State: inventory.Read}},
		Branch:  &inventory.Branch{Name: "main"},
	}
}

// rule asks for all that a guard can, and lets those by who are named; nobody knows whom where bypass is nil.
func rule(count int, owners, last bool, bypass []string) inventory.Rule {
	r := inventory.Rule{Kind: "pull_request", Reviews: &inventory.Reviews{Count: count, CodeOwners: owners, LastPush: last}}
	if bypass != nil {
		r.Bypass = &bypass
	}
	return r
}

func TestGuard(t *testing.T) {
	const both = "refs/heads/main"
	nobody := []string{}
	protection := inventory.Protection{Reviews: 2, CodeOwners: true, LastPush: true, Admins: true}
	unread := func(inv *inventory.Inventory, name string) {
		for i := range inv.Sources {
			if inv.Sources[i].Name == name {
				inv.Sources[i].State, inv.Sources[i].Why = inventory.NotChecked, "403"
			}
		}
	}
	for _, tt := range []struct {
		name   string
		change func(inv *inventory.Inventory)
		want   *ledger.Guard
	}{
		{"nothing guards it", func(*inventory.Inventory) {}, &ledger.Guard{Ref: both, DefaultBranch: true, Bypass: nobody}},
		{"no branch was read", func(inv *inventory.Inventory) { inv.Branch = nil }, nil},
		{"nothing was read", func(inv *inventory.Inventory) { inv.Sources, inv.Branch.Protection = nil, &protection }, nil},
		{
			"protected", func(inv *inventory.Inventory) { inv.Branch.Protection = &protection },
			&ledger.Guard{Ref: both, DefaultBranch: true, Approvals: 2, CodeOwners: true, LastPushApproval: true, Bypass: nobody},
		},
		{
			"another branch", func(inv *inventory.Inventory) { inv.Branch.Name = "release"; inv.Branch.Protection = &protection },
			&ledger.Guard{Ref: "refs/heads/release", Approvals: 2, CodeOwners: true, LastPushApproval: true, Bypass: nobody},
		},
		{
			"protected from all but administrators and a robot", func(inv *inventory.Inventory) {
				inv.Branch.Protection = &inventory.Protection{Reviews: 1, Bypass: []string{"app release"}}
			},
			&ledger.Guard{Ref: both, DefaultBranch: true, Approvals: 1, Bypass: []string{"app release", "role:admin"}},
		},
		{
			"protected without reviews", func(inv *inventory.Inventory) { inv.Branch.Protection = &inventory.Protection{Signatures: true} },
			&ledger.Guard{Ref: both, DefaultBranch: true, Bypass: nobody},
		},
		{
			"a ruleset", func(inv *inventory.Inventory) { inv.Branch.Rules = []inventory.Rule{rule(1, true, true, nobody)} },
			&ledger.Guard{Ref: both, DefaultBranch: true, Approvals: 1, CodeOwners: true, LastPushApproval: true, Bypass: nobody},
		},
		{
			"a ruleset, and nobody knows who bypasses it", func(inv *inventory.Inventory) { inv.Branch.Rules = []inventory.Rule{rule(1, true, true, nil)} },
			&ledger.Guard{Ref: both, DefaultBranch: true, Approvals: 1, CodeOwners: true, LastPushApproval: true},
		},
		{
			"another rule's bypass is no matter", func(inv *inventory.Inventory) {
				inv.Branch.Rules = []inventory.Rule{{Kind: "deletion"}, {Kind: "required_signatures"}, rule(1, false, false, nobody), rule(0, false, false, nil)}
			},
			&ledger.Guard{Ref: both, DefaultBranch: true, Approvals: 1, Bypass: nobody},
		},
		{
			"each asks for a part: who bypasses any of them", func(inv *inventory.Inventory) {
				inv.Branch.Rules = []inventory.Rule{rule(2, false, false, []string{"@b", "@a"}), rule(1, true, false, []string{"@c", "@a"})}
			},
			&ledger.Guard{Ref: both, DefaultBranch: true, Approvals: 2, CodeOwners: true, Bypass: []string{"@a", "@b", "@c"}},
		},
		{
			"each asks for a part, and one isn't known", func(inv *inventory.Inventory) {
				inv.Branch.Rules = []inventory.Rule{rule(2, false, false, nobody), rule(1, true, false, nil)}
			},
			&ledger.Guard{Ref: both, DefaultBranch: true, Approvals: 2, CodeOwners: true},
		},
		{
			"the last push's approval, asked for where none is", func(inv *inventory.Inventory) {
				inv.Branch.Rules = []inventory.Rule{rule(2, true, false, nobody), rule(0, false, true, nobody)}
			},
			&ledger.Guard{Ref: both, DefaultBranch: true, Approvals: 2, CodeOwners: true, Bypass: nobody},
		},
		{
			"one asks for all, and holds everybody", func(inv *inventory.Inventory) {
				inv.Branch.Rules = []inventory.Rule{rule(2, true, true, []string{"organization admins"}), rule(1, false, false, nil)}
				inv.Branch.Protection = &protection
			},
			&ledger.Guard{Ref: both, DefaultBranch: true, Approvals: 2, CodeOwners: true, LastPushApproval: true, Bypass: nobody},
		},
		{
			"what wasn't read could only add", func(inv *inventory.Inventory) {
				inv.Branch.Protection = &protection
				unread(inv, "branch-rules")
			},
			&ledger.Guard{Ref: both, DefaultBranch: true, Approvals: 2, CodeOwners: true, LastPushApproval: true, Bypass: nobody},
		},
		{
			"rules that weren't read say nothing", func(inv *inventory.Inventory) {
				inv.Branch.Rules = []inventory.Rule{rule(2, true, true, nobody)}
				unread(inv, "branch-rules")
			}, nil,
		},
		{
			"protection that wasn't read says nothing", func(inv *inventory.Inventory) {
				inv.Branch.Protection = &protection
				unread(inv, "branch-protection")
			}, nil,
		},
	} {
		inv := taken()
		tt.change(inv)
		if diff := cmp.Diff(tt.want, guard(inv)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if r := Inventory(inv, []byte("x")); tt.want != nil {
			r.Schema, r.ID, r.Time, r.Task = ledger.Schema, "01JD9Z6Q4T8K0000000000000A", at(), ledger.Task{RunID: "1", Attempt: 1, Job: "collect"}
			if _, err := r.Encode(); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	}
}
