package manifest

import (
	"slices"
	"strings"
	"testing"
)

// TestDiffSeesWhatWidens changes manifests in some of the ways that are legal: whatever then entitles to more, the
// diff must say that something widens, and where it says so of nothing, nothing may be wider.
func TestDiffSeesWhatWidens(t *testing.T) {
	t.Parallel()
	wider, noWider := 0, 0
	for _, wild := range []bool{false, true} {
		eachWorld(t, wild, func(t *testing.T, w *world) {
			b := newBench(t, w)
			b.leaveOut = beyondItsPolicy
			w.manifest.visit(func(path []int, names []string, v *node) {
				others := otherValues(names, v)
				w.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
				for _, other := range others[:min(1, len(others))] {
					m, errs := Parse(Path, []byte(w.manifest.clone(path, other).write()))
					if errs != nil {
						continue
					}
					widens := slices.ContainsFunc(Diff(b.m, m), func(c Change) bool { return c.Effect == Widens })
					why := b.wider(m, 12)
					switch {
					case why != "" && !widens:
						t.Errorf("%s: nothing is said to widen, but %s", strings.Join(names, "."), why)
					case why != "":
						wider++
					default:
						noWider++
					}
				}
			})
		})
	}
	t.Logf("%d changes made it wider, %d didn't", wider, noWider)
	if wider < 20 || noWider < 20 {
		t.Error("the property was held against too little")
	}
}

// beyondItsPolicy is for what is denied because the manifest says more than its policy allows, or holds
// what must be certified more often: saying less narrows it, and brings it back into good standing all
// the same.
func beyondItsPolicy(d *Decision) bool {
	return slices.ContainsFunc(d.Reasons, func(r Reason) bool {
		return r.Code == CodeCeiling || r.Code == CodeSeparation || r.Code == CodeSystem || r.Code == CodeOverdue
	})
}

// otherValues are legal values for what names lead to; nil leaves it out.
func otherValues(names []string, v *node) []*node {
	last := names[len(names)-1]
	up := ""
	if len(names) > 1 {
		up = names[len(names)-2]
	}
	switch {
	case last == "expires" || last == "ends":
		return []*node{str("2026-11-23"), str("2026-12-24"), str("2027-06-30"), str("2027-12-31")}
	case last == "ttl" && v.kind == quoted:
		return []*node{str("15m"), str("16m"), str("2h")}
	case last == "privilege":
		return []*node{str("critical"), str("low")}
	case last == "kind":
		return []*node{nil, str("workload"), str("ai-agent")}
	case last == "when" || up == "any" || up == "all":
		return []*node{
			nil, str("always"), table("environment-approval", table("min", num(1))), table("any", seq(v, table("policy", table("rule", str("data.curfew.deploy.allow"))))),
			table("all", seq(v, table("policy", table("rule", str("data.curfew.deploy.allow"))))),
		}
	case last == "limits":
		return []*node{str("none"), table("concurrent", num(9), "per-day", num(20)), table("concurrent", num(1), "per-day", num(1))}
	case up == "claims":
		return []*node{nil, globbed("*"), str("decoy"), strs("production", "staging", "decoy"), seq(v, str("decoy"))}
	case last == "claims":
		var out []*node
		for _, add := range []struct {
			name string
			v    *node
		}{
			{"environment", str("production")},
			{"event_name", strs("push", "pull_request_target")},
			{"event_name", str("push")},
			{"pipeline_source", str("push")},
			{"ref", str("refs/heads/main")},
			{"iss", str(worldIssuer)},
		} {
			more := *v
			if v.get(add.name) == nil {
				more.keys, more.kids = append(slices.Clone(v.keys), add.name), append(slices.Clone(v.kids), add.v)
				out = append(out, &more)
			}
		}
		return out
	case last == "token":
		return []*node{nil, table("contents", str("write"), "id-token", str("write"))}
	case last == "secrets" || last == "extends" || last == "break-glass" || up == "grants" || up == "identities" || up == "status" || up == "keys":
		return []*node{nil}
	case last == "status" || last == "keys":
		return []*node{seq(append(slices.Clone(v.kids), str("keys/x.pub"))...)}
	case last == "use":
		return []*node{str("once"), str("reusable")}
	case last == "references":
		return []*node{str("sha"), str("run")}
	case last == "min":
		return []*node{num(1), num(3)}
	case last == "window":
		return []*node{str("30m"), str("3h")}
	case last == "requires":
		return []*node{strs("incident"), strs("incident", "reason")}
	case last == "count":
		return []*node{num(1), num(3)}
	case last == "activators":
		return []*node{strs("@anna"), strs("@alice", "@anna")}
	case last == "role" && up == "aws":
		return []*node{str("arn:aws:iam::123456789012:role/deploy"), str("arn:aws:iam::123456789012:role/admin")}
	case last == "owner":
		return []*node{str("nobody"), str("appsec")}
	case last == "job":
		return []*node{globbed("*"), str("other"), seq(v, str("other"))}
	}
	return nil
}
