package lease

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// What STS allows: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html.
const (
	awsShortest      = 900 * time.Second
	awsLongest       = 12 * time.Hour
	awsPolicyLength  = 2048 // characters of the session policy, as text
	awsSessionLength = 64
)

// The names by which AWS' tools know what is handed over. Of those for the region each SDK reads one: Python's the second
// (https://docs.aws.amazon.com/boto3/latest/guide/configuration.html), all others the first.
const (
	awsKeyID  = "AWS_ACCESS_KEY_ID"
	awsSecret = "AWS_SECRET_ACCESS_KEY" //nolint:gosec // its name
	awsToken  = "AWS_SESSION_TOKEN"     //nolint:gosec // its name
	awsRegion = "AWS_REGION"
	awsBoto   = "AWS_DEFAULT_REGION"
)

func awsKind() kind {
	return kind{
		name: "aws", make: func(d desk) Provider { return &aws{d} },
		audience: func(g *manifest.Grant) string { return g.AWS.Audience },
		endpoint: func(g *manifest.Grant) (string, error) { return AWSEndpoint("sts", g.AWS.Role, g.AWS.Region) },
		as:       manifest.AsEnv, longest: awsLongest,
	}
}

// aws exchanges by STS' AssumeRoleWithWebIdentity: one POST without a signature, as the ID token says who
// asks. The session that it issues can't be revoked.
type aws struct{ desk }

// Exchange assumes the role.
func (p *aws) Exchange(ctx context.Context, r Request) (*Credential, error) {
	c, err := p.exchange(ctx, r)
	if err != nil {
		return nil, within("aws", err)
	}
	return c, nil
}

func (p *aws) exchange(ctx context.Context, r Request) (*Credential, error) {
	g := r.Grant.AWS
	if g == nil {
		return nil, errOtherGrant
	}
	names, err := namesOf(g.HandOver, []string{awsKeyID, awsSecret, awsToken, awsRegion, awsBoto}, nil)
	if err != nil {
		return nil, err
	}
	body, err := awsBody(r)
	if err != nil {
		return nil, err
	}
	base, err := Endpoint(r.Grant)
	if err != nil {
		return nil, err
	}
	l, ctx, cancel, err := p.open(ctx, base, dialect{awsSaid, awsLater}, r.IDToken)
	if err != nil {
		return nil, err
	}
	defer cancel()
	a, err := l.ask(ctx, question{method: http.MethodPost, body: body, header: http.Header{
		"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"},
		"Accept":       {"application/xml"},
	}})
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, l.denied(r, a, awsTry(a, g))
	}
	c, err := p.credential(a, r, names)
	if err == nil {
		err = r.hold(c)
	}
	if err != nil && c != nil {
		return nil, giveBack(ctx, p, c, err)
	}
	return c, err
}

// awsBody is the form that is posted.
func awsBody(r Request) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	switch {
	case r.TTL < awsShortest:
		return nil, fmt.Errorf("a session of %s can't be had: STS issues none of less than %s; give the grant a ttl of 15m, or do without AWS", r.TTL, awsShortest)
	case r.TTL > awsLongest:
		return nil, fmt.Errorf("a session of %s can't be had: STS issues none of more than %s; give the grant a shorter ttl", r.TTL, awsLongest)
	}
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"},
		"RoleArn": {r.Grant.AWS.Role}, "RoleSessionName": {r.Session.awsName()},
		"DurationSeconds":  {strconv.FormatInt(int64(r.TTL/time.Second), 10)},
		"WebIdentityToken": {string(r.IDToken.Reveal())},
	}
	if r.Narrow != nil {
		policy, err := awsPolicy(r.Narrow)
		if err != nil {
			return nil, err
		}
		form.Set("Policy", policy)
	}
	return []byte(form.Encode()), nil
}

// awsPolicy is a session policy without the white space between its values, which would count.
func awsPolicy(narrow []byte) (string, error) {
	if _, err := jsontree.Parse("the session policy", narrow, jsontree.Limits{Bytes: maxValue, Depth: 16}); err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := json.Compact(&out, narrow); err != nil {
		return "", fmt.Errorf("the session policy: %w", err)
	}
	if n := len([]rune(out.String())); n > awsPolicyLength {
		return "", fmt.Errorf("the session policy has %d characters without white space, and STS takes %d: shorten it, or narrow the role itself", n, awsPolicyLength)
	}
	return out.String(), nil
}

// awsName is the session's name in CloudTrail: curfew-RUN-ATTEMPT-LEASE, of the lease's id the first 8
// characters, with - for what STS doesn't take ([\w+=,.@-]). Of what is too long, the run is cut.
func (s Session) awsName() string {
	clean := func(part string) string {
		return strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_+=,.@-", r) {
				return r
			}
			return '-'
		}, part)
	}
	run, attempt, lease := clean(s.Run), clean(s.Attempt), clean(s.Lease)
	attempt, lease = attempt[:min(len(attempt), 8)], lease[:min(len(lease), 8)]
	rest := "-" + attempt + "-" + lease
	run = run[:min(len(run), awsSessionLength-len("curfew-")-len(rest))]
	return "curfew-" + run + rest
}

// AWSEndpoint is where AWS serves sts or s3 for a region in the role's partition:
// https://docs.aws.amazon.com/general/latest/gr/sts.html and s3.html.
func AWSEndpoint(service, role, region string) (string, error) {
	partition := ""
	if parts := strings.SplitN(role, ":", 3); len(parts) == 3 {
		partition = parts[1]
	}
	suffix := map[string]string{
		"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu",
	}[partition]
	if suffix == "" {
		return "", fmt.Errorf("the %s of the partition %q isn't known: name it as the endpoint", strings.ToUpper(service), partition)
	}
	return "https://" + service + "." + region + "." + suffix, nil
}

// Revoke ends nothing: a session of STS can't be revoked. A deny on aws:TokenIssueTime ends all older
// sessions of a role, and is an administrator's to set.
func (p *aws) Revoke(_ context.Context, c *Credential) (Revocation, error) {
	if c.Provider != "aws" {
		return Revocation{}, within("aws", errOtherCredential)
	}
	return c.unasked(p.now(), "STS can't revoke a session"), nil
}
