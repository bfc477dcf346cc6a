package manifest

import (
	"slices"
	"strconv"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/source"
)

// issuer checks who signed the token: an issuer that the policy lists, or a built-in one where it lists
// none. Ids are unique within one issuer only, so where there are several, an identity that lists no iss
// means its platform's public one.
func (j *judge) issuer() verdict {
	allowed, region := identity.BuiltInIssuers(), j.claimsRegion()
	if j.Policy != nil && j.Policy.Issuers != nil {
		allowed, region = j.Policy.Issuers, j.Policy.At("/issuers")
	}
	iss, ok := j.q.Claims.Text("iss")
	r := Reason{
		Code: CodeIssuer, Message: "the token's issuer isn't one whose tokens may lease",
		Received: j.q.Claims.Describe("iss"), Expected: oneOf(allowed),
		Fix: "run the job on one of these, or have the issuer added to the organisation's policy", Region: region,
	}
	if !ok || !slices.Contains(allowed, iss) {
		return refused(r)
	}
	_, listed := j.identity.Claims["iss"]
	if listed || len(allowed) == 1 || iss == j.who.PublicIssuer() {
		return proven()
	}
	r.Message, r.Expected = "of several issuers, the identity doesn't say that it means this one", orAbsent(j.who.PublicIssuer())
	r.Fix, r.Region = "add iss under claims", j.claimsRegion()
	return refused(r)
}

// token finds out whose words the claims are in.
func (j *judge) token() verdict {
	who, err := identity.From(j.q.Claims)
	if err != nil {
		return refused(Reason{
			Code: CodeTokenUnclear, Message: err.Error(), Received: "claims " + oneOf(j.q.Claims.Names()),
			Expected: "the claims of one job's ID token", Fix: "give the claims as the platform issued them", Region: j.claimsRegion(),
		})
	}
	j.who = who
	return proven()
}

// claims checks that the token proves each claim that the identity lists, and that it lists those
// without which it would be any job of any repository.
func (j *judge) claims() verdict {
	v := verdict{proven: j.who.Platform() != ""}
	for _, a := range []identity.Attribute{identity.Project, identity.Definition} {
		name := j.who.ClaimFor(a)
		if _, listed := j.identity.Claims[name]; listed || name == "" {
			continue
		}
		v = v.and(refused(Reason{
			Code: CodeClaimUnlisted, Message: "the identity doesn't list the claim " + name, Received: "absent",
			Expected: "at least the project's id and the file that defines the job",
			Fix:      "add " + name + " under claims", Region: j.claimsRegion(),
		}))
	}
	for _, name := range inOrder(j.Manifest.where, j.identity.Claims, Pointer("identities", j.id, "claims")) {
		v = v.and(j.claim(name, j.identity.Claims[name]))
	}
	return v
}

func (j *judge) claim(name string, want Match) verdict {
	got, ok := j.q.Claims.Text(name)
	isProject := name == j.who.ClaimFor(identity.Project)
	unknown := isProject && (got == identity.UnknownProject || want.Matches(identity.UnknownProject))
	r := Reason{
		Code: CodeClaimMismatch, Message: "the claim " + name + " isn't what the identity must prove",
		Received: j.q.Claims.Describe(name), Expected: expected(want),
		Fix:    "run the job that the manifest means, or have the owner change the claim",
		Region: j.at("identities", j.id, "claims", name),
	}
	switch {
	case unknown:
		r.Code, r.Message = CodeProjectUnknown, "the manifest doesn't know its project's id yet"
		r.Expected, r.Fix = "an id that a project has", "write the project's id under claims."+name
	case ok && want.Matches(got):
		return proven()
	case name == "sub":
		r.Fix = subjectFix(got, want, r.Fix)
	}
	return refused(r)
}

// expected shows a match as received values are shown: in quotes.
func expected(m Match) string {
	if m.IsGlob() {
		return m.String()
	}
	quoted := make([]string, len(m.Any))
	for i, s := range m.Any {
		quoted[i] = strconv.Quote(s)
	}
	return list(quoted, "or")
}

// subjectFix explains a subject that differs from the expected one only in its format.
func subjectFix(got string, want Match, otherwise string) string {
	received, ok := identity.ParseSubject(got)
	if !ok {
		return otherwise
	}
	for _, literal := range want.Any {
		expected, ok := identity.ParseSubject(literal)
		if ok && expected != received && expected.ByNames() == received.ByNames() && expected.Immutable() != received.Immutable() {
			return "the subject is the same but for its ids: list both forms while the platform changes from one to the other"
		}
	}
	return otherwise
}

// event checks what started the run: where the identity names no events, only those count which none
// but the project's own people can bring about.
func (j *judge) event() verdict {
	name := j.who.ClaimFor(identity.Event)
	event, ok := j.who.Get(identity.Event)
	if want, listed := j.identity.Claims[name]; listed || name == "" {
		return verdict{proven: ok && want.Matches(event)} // claims has said why not
	}
	defaults := j.who.DefaultEvents()
	if defaults == nil {
		return proven()
	}
	if ok && slices.Contains(defaults, event) {
		return proven()
	}
	return refused(Reason{
		Code: CodeEvent, Message: "the run was started by an event that others may bring about",
		Received: j.q.Claims.Describe(name), Expected: oneOf(defaults),
		Fix: "run the job on one of these, or name the event under claims." + name, Region: j.claimsRegion(),
	})
}

// claimsRegion is where the identity's claims are introduced.
func (j *judge) claimsRegion() source.Region {
	return j.Manifest.KeyAt(Pointer("identities", j.id, "claims"))
}
