package manifest

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
)

// organisation checks that the policy at hand is the one that binds: the one that the manifest extends,
// of the organisation that owns the project, and the one that the calling workflow was pinned to.
func (j *judge) organisation() verdict {
	m, p, org := j.Manifest, j.Policy, j.q.Task.Org
	if p == nil && m.Extends == "" && org == "" {
		return proven()
	}
	v := proven()
	if m.Extends == "" || org != "" && !sameUser(org, m.Extends) {
		expected := "extends: " + org
		if org == "" {
			expected = "extends: " + p.Organization.Name + "/.github"
		}
		v = v.and(refused(Reason{
			Code: CodeExtends, Message: "the manifest doesn't extend the policy to which leases are bound here",
			Received: orAbsent(m.Extends), Expected: expected, Fix: "write " + expected, Region: m.At("/extends"),
		}))
	}
	if p == nil {
		return v.and(refused(Reason{
			Code: CodePolicyUnknown, Message: "the organisation's policy isn't known", Received: "unknown",
			Expected: "curfew/org.yml of " + orAbsent(m.Extends), Unknown: true,
			Fix: "make the organisation's policy readable, or give it", Region: m.At("/extends"),
		}))
	}
	if owner, _, _ := strings.Cut(m.Extends, "/"); m.Extends != "" && !sameUser(owner, p.Organization.Name) {
		v = v.and(refused(Reason{
			Code: CodeExtends, Message: "the manifest extends another organisation's policy", Received: m.Extends,
			Expected: p.Organization.Name + "/.github", Fix: "extend the policy of the organisation that owns the project",
			Region: m.At("/extends"), Policy: p.At("/organization/name"),
		}))
	}
	return v.and(j.ownerID())
}

// ownerID checks that the organisation owns the project, by ids: names can be taken over.
func (j *judge) ownerID() verdict {
	want := j.Policy.Organization.ID
	got, ok := j.who.Get(identity.Owner)
	if ok && got == want && want != identity.UnknownProject {
		return proven()
	}
	name := j.who.ClaimFor(identity.Owner)
	if name == "" {
		return refused()
	}
	return refused(Reason{
		Code: CodeOrganization, Message: "the project isn't owned by the organisation whose policy this is",
		Received: name + " " + j.q.Claims.Describe(name), Expected: quote(want),
		Fix: "run the job in a repository of the organisation's, or mend organization.id", Region: j.Policy.At("/organization/id"),
	})
}

// separation checks that nobody holds two grants that the organisation keeps apart. Grant looks at the
// identity itself; here are the others whose claims the same token proves.
func (j *judge) separation() verdict {
	var rs []Reason
	for _, other := range j.Manifest.IdentityIDs() {
		if other != j.id && j.proves(other) {
			rs = append(rs, j.conflictsWith(j.id, j.name, other)...)
		}
	}
	return unless(rs)
}

// proves reports whether the token has all claims of another identity.
func (j *judge) proves(id string) bool {
	claims := j.Manifest.Identities[id].Claims
	for name, want := range claims {
		if got, ok := j.q.Claims.Text(name); !ok || !want.Matches(got) {
			return false
		}
	}
	return len(claims) > 0
}

func orAbsent(s string) string {
	if s == "" {
		return "absent"
	}
	return s
}
