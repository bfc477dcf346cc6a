package certify

import "testing"

// TestDecision: what is asked for has one name whatever day it is, and another where it is something else.
func TestDecision(t *testing.T) {
	in, src := scene(t)
	first := Plan(in, file, src)
	in.Now = in.Now.AddDate(0, 0, 1)
	second := Plan(in, file, src)
	seen := map[string]string{}
	for i := range first {
		g := &first[i]
		name := g.Decision()
		if other, ok := seen[name]; ok {
			t.Errorf("%s and %s are one", g.Owner, other)
		}
		seen[name] = g.Owner
		for k := range second {
			if same := len(second[k].Changes) == len(g.Changes); second[k].Owner == g.Owner && same && second[k].Decision() != name {
				t.Errorf("%s: the day after it is another", g.Owner)
			}
		}
		for name, change := range map[string]func(*Change){
			"action": func(c *Change) { c.Action = "x" }, "id": func(c *Change) { c.ID += "x" }, "kind": func(c *Change) { c.Kind = "x" },
			"last day": func(c *Change) { c.Expires = c.Expires.AddDays(1) }, "grants": func(c *Change) { c.Gone = append(c.Gone, "x") },
		} {
			was, mine := g.Decision(), g.Changes[0]
			change(&g.Changes[0])
			if g.Decision() == was {
				t.Errorf("%s: another %s is the same decision", g.Owner, name)
			}
			g.Changes[0] = mine
		}
	}
}
