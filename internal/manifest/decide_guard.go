package manifest

import (
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// GuardState says whether what the organisation wants to protect the manifest was proven to do so.
type GuardState string

// The states.
const (
	GuardNone       GuardState = "none" // the policy asks for nothing
	GuardVerified   GuardState = "verified"
	GuardUnverified GuardState = "unverified"
)

// guarded checks what protects the manifest. Where the policy wants a guard but doesn't require it, the
// lease is allowed without, and the state says so.
func (j *judge) guarded() verdict {
	if j.Policy == nil || j.Policy.Guard == nil {
		j.guard = GuardNone
		return proven()
	}
	v := j.store(j.Policy.KeyAt("/guard"), "a proven guard").and(j.guardAsWanted(j.Policy.Guard))
	j.guard = GuardUnverified
	if v.proven {
		j.guard = GuardVerified
	}
	if !v.proven && !j.Policy.Guard.Required {
		return proven()
	}
	return v
}

// guardAsWanted compares the newest inventory with the policy.
func (j *judge) guardAsWanted(g *Guard) verdict {
	f := j.Facts.Guard
	if f == nil {
		return refused(Reason{
			Code: CodeGuard, Message: "what protects the manifest is unknown", Received: "unknown",
			Expected: "an inventory at most " + g.MaxAge.String() + " old", Fix: "let the collector workflow take an inventory",
			Unknown: true, Region: j.Policy.KeyAt("/guard"),
		})
	}
	age := j.Now.Sub(f.Taken.Time)
	v := j.guardIs(!f.Taken.IsZero() && -maxSkew <= age && age <= g.MaxAge.Std(), "max-age", "the inventory is too old",
		f.Taken.UTC().Format(time.RFC3339), "at most "+g.MaxAge.String()+" old")
	v = v.and(j.guardOrigin(f))
	onRef := f.Ref != "" && f.Ref == g.Ref || g.Ref == "default-branch" && f.DefaultBranch
	v = v.and(j.guardIs(onRef, "ref", "the guard protects another ref", orAbsent(f.Ref), g.Ref))
	v = v.and(j.guardIs(f.Approvals >= g.Approvals, "approvals", "changes of the manifest need too few approvals",
		strconv.Itoa(f.Approvals), "at least "+strconv.Itoa(g.Approvals)))
	v = v.and(j.guardIs(f.CodeOwners || !g.CodeOwners, "code-owners", "code owners needn't approve changes of the manifest", "false", "true"))
	v = v.and(j.guardIs(f.LastPushApproval || !g.LastPushApproval, "last-push-approval",
		"the last push needs nobody else's approval", "false", "true"))
	return v.and(j.bypass(g, f))
}

// guardOrigin checks that the inventory was signed by the collector, and is of this project.
func (j *judge) guardOrigin(f *GuardFacts) verdict {
	project, ok := j.who.Get(identity.Project)
	if !ok {
		return refused() // the token has no project: token has said so
	}
	v := j.guardIs(f.Project == project, "", "the inventory is of another project", orAbsent(f.Project),
		j.q.Claims.Describe(j.who.ClaimFor(identity.Project)))
	if j.Policy.Ledger == nil {
		return v.and(refused()) // store has said so
	}
	want := j.Policy.Ledger.Collector
	return v.and(j.guardIs(want != "" && f.Collector == want, "", "the inventory isn't signed by the organisation's collector",
		orAbsent(f.Collector), want))
}

// bypass checks that nobody may bypass the guard but whom the policy lists.
func (j *judge) bypass(g *Guard, f *GuardFacts) verdict {
	expected := none
	if g.Bypass != nil && !g.Bypass.None {
		expected = "nobody but " + list(g.Bypass.Items, "and")
	}
	if f.Bypass == nil {
		return j.guardIs(false, "bypass", "who may bypass the guard is unknown", "unknown", expected)
	}
	var extra []string
	for _, who := range f.Bypass {
		if g.Bypass == nil || g.Bypass.None || !containsUser(g.Bypass.Items, who) {
			extra = append(extra, who)
		}
	}
	return j.guardIs(len(extra) == 0, "bypass", "some may bypass the guard who shouldn't", strings.Join(extra, ", "), expected)
}

func containsUser(users []string, user string) bool {
	for _, u := range users {
		if sameUser(u, user) {
			return true
		}
	}
	return false
}

// guardIs is proven where ok. key is the policy's under guard; "" where it is about the whole.
func (j *judge) guardIs(ok bool, key, what, received, expected string) verdict {
	if ok {
		return proven()
	}
	region := j.Policy.At(Pointer("guard", key))
	if key == "" {
		region = j.Policy.KeyAt("/guard")
	}
	return refused(Reason{
		Code: CodeGuard, Message: what, Received: received, Expected: expected,
		Fix: "protect the manifest as the policy asks, and let a new inventory prove it", Region: region,
	})
}
