package inventory

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGuard: all that stands in the way counts at once, and whoever one thing lets by, another may hold.
func TestGuard(t *testing.T) {
	who := func(names ...string) *[]string { return new(append([]string{}, names...)) }
	rule := func(count int, owners, last bool, bypass *[]string) Rule {
		return Rule{Kind: "pull_request", Reviews: &Reviews{Count: count, CodeOwners: owners, LastPush: last}, Bypass: bypass}
	}
	for name, tt := range map[string]struct {
		branch *Branch
		want   Guard
	}{
		"no branch":                 {nil, Guard{Bypass: &[]string{}}},
		"nothing":                   {&Branch{}, Guard{Bypass: &[]string{}}},
		"a rule of another kind":    {&Branch{Rules: []Rule{{Kind: "deletion"}}}, Guard{Bypass: &[]string{}}},
		"a protection without":      {&Branch{Protection: &Protection{Admins: true}}, Guard{Bypass: &[]string{}}},
		"a protection":              {&Branch{Protection: &Protection{Reviews: 2, LastPush: true, Admins: true, Bypass: []string{"@z", "@a"}}}, Guard{2, false, true, who("@a", "@z")}},
		"but for admins":            {&Branch{Protection: &Protection{Reviews: 1, CodeOwners: true}}, Guard{1, true, false, who("role:admin")}},
		"a ruleset":                 {&Branch{Rules: []Rule{rule(1, true, true, who())}}, Guard{1, true, true, &[]string{}}},
		"whose bypass nobody knows": {&Branch{Rules: []Rule{rule(1, true, true, nil)}}, Guard{1, true, true, nil}},
		"two that add up":           {&Branch{Rules: []Rule{rule(2, false, false, who("@b")), rule(1, true, false, who("@a"))}}, Guard{2, true, false, who("@a", "@b")}},
		"two, of one nobody knows":  {&Branch{Rules: []Rule{rule(2, false, false, who("@b")), rule(1, true, false, nil)}}, Guard{2, true, false, nil}},
		"the strictest is enough":   {&Branch{Protection: &Protection{Reviews: 1}, Rules: []Rule{rule(2, true, true, who("app:3"))}}, Guard{2, true, true, who("app:3")}},
		"sorted":                    {&Branch{Rules: []Rule{rule(1, true, true, who("@z", "@a", "@z"))}}, Guard{1, true, true, who("@a", "@z")}},
		"of the last push alone":    {&Branch{Rules: []Rule{rule(0, false, true, who())}, Protection: &Protection{LastPush: true, Admins: true, Bypass: []string{"@a"}}}, Guard{0, false, false, &[]string{}}},
		"and all that is known":     {&Branch{Rules: []Rule{rule(1, false, false, nil), rule(1, false, false, who())}}, Guard{1, false, false, &[]string{}}},
	} {
		if diff := cmp.Diff(tt.want, tt.branch.Guard()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
