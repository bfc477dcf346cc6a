package policy

import (
	"context"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/curfew-ci/curfew/internal/manifest/form"
)

// Verdict is a policy's answer.
type Verdict struct {
	// Allowed is true only where the policy's answer is exactly true.
	Allowed bool
	// Reasons why not, each a printable line; nil where it is allowed, else never empty. One policy gives at
	// most 20, each cut at 500 code points, and how many more there were.
	Reasons []string
}

func denied(format string, args ...any) Verdict {
	return Verdict{Reasons: []string{visible(fmt.Sprintf(format, args...), maxReason)}}
}

// Judge asks data.curfew.lease.allow whether the lease that in describes may be, at now. It is allowed
// only where that is exactly true, and data.curfew.lease.deny is undefined or an empty set: a policy that
// says both yes and no says no. The reasons are the strings of deny, where the policy gives such a set,
// else what came of allow.
//
// The answer comes within one second, or when ctx ends if that is earlier; in is only read.
func (p *Policy) Judge(ctx context.Context, in Input, now time.Time) Verdict {
	q, stop, err := p.question(ctx, in, now)
	if err != nil {
		return denied("%s", err)
	}
	defer stop()
	said, err := q.ask(leaseRef("allow"))
	if err != nil {
		return denied("%s", err)
	}
	reasons, err := q.reasons()
	switch {
	case err != nil:
		return denied("%s", err)
	case len(reasons) > 0:
		return Verdict{Reasons: reasons}
	case isTrue(said):
		return Verdict{Allowed: true}
	}
	return denied("%s is %s", leaseRef("allow"), describe(said))
}

// Rule asks one rule, for the manifest's trigger when: policy: {rule: …}, by the same laws as Judge. path
// is the rule's as the manifest has it: data.curfew.deploy.allow. Of in, Decision is nil.
func (p *Policy) Rule(ctx context.Context, path string, in Input, now time.Time) Verdict {
	ref, err := ruleRef(path)
	if err != nil {
		return denied("%s", err)
	}
	q, stop, err := p.question(ctx, in, now)
	if err != nil {
		return denied("%s", err)
	}
	defer stop()
	said, err := q.ask(ref)
	switch {
	case err != nil:
		return denied("%s", err)
	case isTrue(said):
		return Verdict{Allowed: true}
	}
	return denied("%s is %s", ref, describe(said))
}

// defines reports whether a module has anything at ref.
func (p *Policy) defines(ref ast.Ref) bool {
	return p != nil && p.rego != nil && len(p.rego.GetRules(ref)) > 0
}

// leaseRef is data.curfew.lease.NAME.
func leaseRef(name string) ast.Ref {
	return ast.Ref{ast.DefaultRootDocument, ast.StringTerm("curfew"), ast.StringTerm("lease"), ast.StringTerm(name)}
}

// ruleRef is the reference that a manifest's rule path names. It is built from its parts, not parsed, so
// that nothing in it is Rego.
func ruleRef(path string) (ast.Ref, error) {
	if f := form.Named("rule"); f.Check(path) != nil {
		return nil, fmt.Errorf("expected %s, such as %s, found %q", f.Want, f.Example, path)
	}
	return refOf(path), nil
}

// isTrue reports whether v is the boolean true, and nothing that is like it.
func isTrue(v ast.Value) bool {
	b, ok := v.(ast.Boolean)
	return ok && bool(b)
}

// describe says what v is, other than true; nil is undefined. It shows no value: allow's is no message.
func describe(v ast.Value) string {
	switch v := v.(type) {
	case nil:
		return "undefined, not true"
	case ast.Boolean:
		return fmt.Sprintf("%t, not true", bool(v))
	case ast.Null:
		return "null, not true"
	}
	name := ast.ValueName(v)
	if name == "array" || name == "object" {
		return "not true but an " + name
	}
	return "not true but a " + name
}
