package trust

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// policy is an IAM trust policy
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
type policy struct {
	Version   string
	Statement []statement
	role      arn
	seconds   int64 // the longest session that the role gives
}

type statement struct {
	Sid       string
	Effect    string
	Principal struct{ Federated string }
	Action    string
	// Condition is operator → key → values, any of which.
	Condition map[string]map[string][]string
}

// arn is a role's ARN in its parts.
type arn struct {
	partition, account, path, name string // the path with a slash at either end
}

// The operators that a trust policy uses. Both are false for a claim that the token lacks.
const (
	stringEquals = "StringEquals"
	dateLessThan = "DateLessThan"
)

// awsLeastSession is the least that a role's MaxSessionDuration can be, in seconds
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html).
const awsLeastSession = 3600

// awsPolicyLength is the quota of a trust policy's characters, white space left out
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const awsPolicyLength = 2048

// awsClaims are the claims besides aud and sub that STS makes condition keys of, for GitHub's public issuer
// alone (https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html). GitHub's own
// guide still says that there are none.
func awsClaims(issuer string) []string {
	if issuer != "https://token.actions.githubusercontent.com" {
		return nil
	}
	return []string{
		"actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref", "ref", "repository", "repository_id", "workflow",
	}
}

// aws renders the trust policy of the grant's role: for each format of subject one statement, so that the
// one by names can go once tokens carry ids.
func (q *request) aws() body {
	role, okRole := cutARN(q.grant.AWS.Role)
	provider, okProvider := awsProvider(q.issuer)
	switch {
	case !okRole:
		q.gap(Missing, "", "the role's ARN has no account or name", "write it as IAM shows it")
		return nil
	case !okProvider:
		q.gap(Missing, "iss", "AWS takes no issuer that isn't https, or that has a port, a query or a slash at its end", "let the issuer have a name of its own")
		return nil
	}
	subs, ok := q.subjects()
	if !ok || !q.awsLiteral() {
		return nil
	}
	p := &policy{Version: "2012-10-17", role: role, seconds: max(awsLeastSession, seconds(q.grant))}
	bound := q.awsBound()
	for _, format := range []struct {
		sid  string
		subs []string
	}{{"SubjectByNames", subs.byNames}, {"SubjectWithIds", subs.immutable}} {
		if len(format.subs) > 0 {
			p.Statement = append(p.Statement, q.awsStatement(format.sid, role, provider, format.subs, bound))
		}
	}
	q.awsGaps(subs, bound)
	q.emergencies(p.seconds)
	if n := len(compact(p)); n > awsPolicyLength {
		q.gap(Elsewhere, "", fmt.Sprintf("the trust policy has %d characters, and AWS takes %d unless the account's quota is raised", n, awsPolicyLength),
			"raise the quota, or give each repository and environment an identity of its own")
	}
	return p
}

// awsStatement lets in the tokens of some subjects that prove what is bound besides.
func (q *request) awsStatement(sid string, role arn, provider string, subs, bound []string) statement {
	s := statement{Sid: sid, Effect: "Allow", Action: "sts:AssumeRoleWithWebIdentity"}
	s.Principal.Federated = "arn:" + role.partition + ":iam::" + role.account + ":oidc-provider/" + provider
	equals := map[string][]string{provider + ":aud": {q.grant.AWS.Audience}, provider + ":sub": subs}
	for _, name := range bound {
		equals[provider+":"+name] = q.demand.claims[name]
	}
	s.Condition = map[string]map[string][]string{
		stringEquals: equals,
		dateLessThan: {"aws:CurrentTime": {lastDay(q.identity).End().Format("2006-01-02T15:04:05Z")}},
	}
	return s
}

// lastDay is the last day on which the identity holds, its sponsor's included.
func lastDay(i *manifest.Identity) manifest.Date {
	if i.Sponsor != nil && i.Sponsor.Ends.Compare(i.Expires) < 0 {
		return i.Sponsor.Ends
	}
	return i.Expires
}

// awsBound lists the claims that have a condition key.
func (q *request) awsBound() []string {
	return slices.DeleteFunc(awsClaims(q.issuer), func(name string) bool { return q.demand.claims[name] == nil })
}

// awsLiteral refuses what IAM or Terraform's provider would take for a variable: in a policy "${" begins
// one (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html), and
// aws_iam_policy_document makes "${" of "&{". "*" and "?" are nothing special to StringEquals, but would be
// as soon as somebody makes StringLike of it.
func (q *request) awsLiteral() bool {
	special := func(v string) bool {
		return strings.Contains(v, "${") || strings.Contains(v, "&{") || strings.ContainsAny(v, "*?")
	}
	if a := q.grant.AWS.Audience; unfit(a) || unstable(a) || special(a) {
		return q.gap(Missing, "", "the audience can't be written to the letter", "give the grant another audience")
	}
	ok := true
	for _, name := range sortedKeys(q.demand.claims) {
		if slices.ContainsFunc(q.demand.claims[name], special) {
			ok = q.gap(Missing, name, "the claim "+name+" has a value that a trust policy may take for a pattern or a variable", "rename what it names")
		}
	}
	return ok
}

// awsProvider is the issuer as IAM names its identity provider and the condition keys: without the scheme.
// IAM takes https alone, no port and no query
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html).
func awsProvider(issuer string) (string, bool) {
	u, err := url.Parse(issuer)
	provider, ok := strings.CutPrefix(issuer, "https://")
	// plain refuses the colon before a port.
	if err != nil || !ok || u.Host == "" || provider != u.Host+u.Path || !plain(provider) {
		return "", false
	}
	return provider, !strings.HasSuffix(provider, "/")
}

// plain reports whether s has only what ARNs and the names of condition keys may hold.
func plain(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+=,@"
	return s != "" && strings.Trim(s, letters) == ""
}

// cutARN reads arn:PARTITION:iam::ACCOUNT:role/PATH/NAME.
func cutARN(s string) (arn, bool) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || parts[3] != "" {
		return arn{}, false
	}
	path, ok := strings.CutPrefix(parts[5], "role/")
	i := strings.LastIndexByte(path, '/') + 1
	a := arn{partition: parts[1], account: parts[4], path: "/" + path[:i], name: path[i:]}
	return a, ok && plain(a.partition) && plain(a.account) && plain(a.name) && plain(a.path) && !strings.Contains(a.path, "//")
}

func (p *policy) own() Form { return JSON }

func (p *policy) data() any { return p }

func (p *policy) terraform(w *hclWriter, label string) {
	w.open(`data "aws_iam_policy_document" ` + quoted(label))
	for _, s := range p.Statement {
		w.open("statement")
		w.attributes(
			attribute{"sid", quoted(s.Sid)}, attribute{"effect", quoted(s.Effect)},
			attribute{"actions", quotedList([]string{s.Action})},
		)
		w.open("principals")
		w.attributes(attribute{"type", quoted("Federated")}, attribute{"identifiers", quotedList([]string{s.Principal.Federated})})
		w.close()
		for _, operator := range sortedKeys(s.Condition) {
			for _, key := range sortedKeys(s.Condition[operator]) {
				w.open("condition")
				w.attributes(
					attribute{"test", quoted(operator)}, attribute{"variable", quoted(key)},
					attribute{"values", quotedList(s.Condition[operator][key])},
				)
				w.close()
			}
		}
		w.close()
	}
	w.close()
	w.open(`resource "aws_iam_role" ` + quoted(label))
	w.attributes(
		attribute{"name", quoted(p.role.name)}, attribute{"path", quoted(p.role.path)},
		attribute{"assume_role_policy", "data.aws_iam_policy_document." + label + ".json"},
		attribute{"max_session_duration", number(p.seconds)},
	)
	w.close()
}
