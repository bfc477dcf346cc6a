package lease_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

func awsGrant(endpoint string) *manifest.Grant {
	return &manifest.Grant{AWS: &manifest.AWS{
		Role: "arn:aws:iam::123456789012:role/deploy", Audience: "sts.amazonaws.com", Region: "eu-west-1",
		HandOver: manifest.HandOver{Endpoint: endpoint},
	}}
}

// stsSession is the answer in the API's reference.
func stsSession(id, secret, token, expires string) string {
	return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>` +
		`<SubjectFromWebIdentityToken>repo:acme/web</SubjectFromWebIdentityToken><Audience>sts.amazonaws.com</Audience>` +
		`<Credentials><SessionToken>` + token + `</SessionToken><SecretAccessKey>` + secret + `</SecretAccessKey><Expiration>` + expires +
		`</Expiration><AccessKeyId>` + id + `</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>` +
		`<ResponseMetadata><RequestId>ad4156e9</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>` + "\n"
}

func stsError(code, message string) string {
	return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>` + code +
		`</Code><Message>` + message + `</Message></Error><RequestId>7</RequestId></ErrorResponse>`
}

func TestAWS(t *testing.T) {
	id, secret, token := "AS"+"IA"+strings.ToUpper(made(16)), made(40), made(400)+"=="
	f := serve(t, says(400, stsError("Throttling", "Rate exceeded")), says(503, ""), says(429, "", "Retry-After", "7"),
		says(200, stsSession(id, secret, token, "2026-11-28T12:15:00Z")))
	p, clock := provider(t, "aws")
	g := awsGrant(f.URL)
	g.AWS.Names = map[string]string{"AWS_REGION": "DEPLOY_REGION"}
	r := request(t, g)
	r.Narrow = []byte("{\n  \"Version\": \"2012-10-17\"\n}\n")
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"AWS_ACCESS_KEY_ID=" + id, "*AWS_SECRET_ACCESS_KEY=" + secret, "*AWS_SESSION_TOKEN=" + token, "DEPLOY_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1"}
	if diff := cmp.Diff(want, values(c)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	issued := start.Add(500*time.Millisecond + time.Second + 7*time.Second)
	if c.Handle != id || !c.Issued.Equal(issued) || !c.NotAfter.Equal(start.Add(15*time.Minute)) || c.Revocable != lease.Never || c.Renewable {
		t.Errorf("%+v", c)
	}
	if diff := cmp.Diff([]time.Duration{500 * time.Millisecond, time.Second, 7 * time.Second}, clock.slept); diff != "" {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}
	unseen(t, fmt.Sprintf("%v %+v %#v", c, c, *c), secret, token)
	last := f.seen[3]
	if last.method != "POST" || last.path != "/" || last.header.Get("Authorization") != "" {
		t.Errorf("sent %s %s with %v", last.method, last.path, last.header)
	}
	form, err := url.ParseQuery(last.body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {g.AWS.Role}, "DurationSeconds": {"900"},
		"RoleSessionName": {"curfew-12055500123-1-01JD9Z6Q"}, "WebIdentityToken": {string(r.IDToken.Reveal())}, "Policy": {`{"Version":"2012-10-17"}`},
	}, form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
}

// TestAWSRevoke: STS is never asked, and nothing is called revoked.
func TestAWSRevoke(t *testing.T) {
	p, clock := provider(t, "aws")
	c := &lease.Credential{Provider: "aws", NotAfter: start.Add(time.Minute), Revocable: lease.Never}
	for _, want := range []string{
		"expire-only until 2026-11-28T12:01:00Z (not asked: STS can't revoke a session)", "already-ended (not asked: its time is over)",
	} {
		got, err := p.Revoke(t.Context(), c)
		if err != nil || got.String() != want {
			t.Errorf("%s and %v, want %s", got, err, want)
		}
		clock.at = c.NotAfter
	}
}

// TestAWSKeysLater: that STS didn't read the issuer's keys in time is no word on the token.
func TestAWSKeysLater(t *testing.T) {
	id, end := "AS"+"IA"+strings.ToUpper(made(16)), "2026-11-28T12:15:00Z"
	unread := says(400, stsError("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"))
	f := serve(t, unread, says(200, stsSession(id, made(40), made(400), end)))
	p, _ := provider(t, "aws")
	if c, err := p.Exchange(t.Context(), request(t, awsGrant(f.URL))); err != nil || c.Handle != id {
		t.Errorf("%+v, %v", c, err)
	}
	f = serve(t, unread)
	if err := failed(t, p, request(t, awsGrant(f.URL))); !strings.Contains(err.Error(), "requirements, in the last of 4 tries") {
		t.Error(err)
	}
}

func TestAWSDenied(t *testing.T) {
	tests := []struct {
		name, code, message string
		status              int
		try                 string
	}{
		{"trust", "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403, "compare the claims with the conditions in the trust policy of arn:aws:iam::123456789012:role/deploy"},
		{"wrong audience", "InvalidIdentityToken", "Incorrect token audience", 400, `with the audience "sts.amazonaws.com"`},
		{"expired token", "ExpiredTokenException", "Token expired: current date/time 1 must be before the expiration date/time 0", 400, "exchange the ID token as soon as it is fetched"},
		{"disowned", "IDPRejectedClaim", "The identity provider reported that authentication failed", 403, "fetch a new ID token"},
		{"packed policy", "PackedPolicyTooLarge", "Packed size of session policies and tags is 104% of the allotted quota", 400, "shorten the session policy"},
		{"bad policy", "MalformedPolicyDocument", "Syntax errors in policy.", 400, "mend the session policy"},
		{"region", "RegionDisabledException", "STS is not activated in this region", 403, "have STS activated in eu-west-1"},
		{"too long", "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400, "a ttl must fit in the maximum session duration"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var token string
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				says(tt.status, stsError(tt.code, tt.message+" "+token))(w, r)
			})
			p, _ := provider(t, "aws")
			r := request(t, awsGrant(f.URL))
			token = string(r.IDToken.Reveal())
			d := isDenied(t, failed(t, p, r))
			if want := fmt.Sprintf("%s answered %d: %s: %s [redacted]", f.host(), tt.status, tt.code, tt.message); d.Answer != want {
				t.Errorf("%q, want %q", d.Answer, want)
			}
			if !strings.Contains(d.Try, tt.try) {
				t.Errorf("try: %s, want %s in it", d.Try, tt.try)
			}
			if diff := cmp.Diff([]string{
				`aud: received "elsewhere", expected "sts.amazonaws.com"`,
				`iss: received "https://token.actions.githubusercontent.com"`,
				`sub: received "repo:acme/web:environment:production"`,
				`repository_id: received "12", expected "987654"`,
			}, d.Claims); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAWSOdd: an answer that isn't exactly one session is none, and no error shows what it holds.
func TestAWSOdd(t *testing.T) {
	id, secret, token := "AS"+"IA"+strings.ToUpper(made(16)), made(40), made(100)
	const end = "2026-11-28T12:15:00Z"
	good := stsSession(id, secret, token, end)
	tests := []struct{ name, body, want string }{
		{"HTML", "<!doctype html><html><body>Sign in</body></html>", "and no session: it isn't the XML that the API's reference describes"},
		{"JSON", `{"token":"` + token + `"}`, "and no session: it isn't the XML"},
		{"another namespace", strings.ReplaceAll(good, "sts.amazonaws.com/doc", "sts.evil.example/doc"), "and no session: it isn't the XML"},
		{"cut", good[:len(good)-40], "and no session: it isn't the XML"},
		{"two documents", good + good, "something follows the XML"},
		{"newline in a value", stsSession(id, secret+"&#10;PATH=/tmp", token, end), "AWS_SECRET_ACCESS_KEY holds a line break"},
		{"carriage return", stsSession(id, secret, token+"&#13;", end), "AWS_SESSION_TOKEN holds a line break"},
		{"line separator", stsSession(id+"\u2028", secret, token, end), "AWS_ACCESS_KEY_ID holds a line break"},
		{"no key", stsSession("", secret, token, end), "the answer has no AWS_ACCESS_KEY_ID"},
		{"two keys", stsSession(id+"</AccessKeyId><AccessKeyId>x", secret, token, end), "the answer has no AWS_ACCESS_KEY_ID"},
		{"two sessions", strings.ReplaceAll(good, "</Credentials>", "</Credentials><Credentials></Credentials>"), "with 2 sessions, expected one"},
		{"no end", stsSession(id, secret, token, "soon"), "the answer doesn't say when the session ends\n  the token isn't handed over; it is expire-only, and nobody knows until when"},
		{"over", stsSession(id, secret, token, "2026-11-28T11:00:00Z"), "it ended at 2026-11-28T11:00:00Z, before it came"},
		{"too long", stsSession(id, secret, token, "2026-11-28T13:00:00Z"), "it would live until 2026-11-28T13:00:00Z, longer than the 15m0s that the grant allows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, says(200, tt.body))
			p, _ := provider(t, "aws")
			if err := failed(t, p, request(t, awsGrant(f.URL)), secret, token); !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s in it", err, tt.want)
			}
		})
	}
}

// TestAWSUnasked: what can't be had is refused before anybody is asked.
func TestAWSUnasked(t *testing.T) {
	unasked(t, "aws", awsGrant, map[string]func(*lease.Request){
		"a session of 14m59s can't be had: STS issues none of less than 15m0s": func(r *lease.Request) { r.TTL = 899 * time.Second },
		"STS issues none of more than 12h0m0s":                                 func(r *lease.Request) { r.TTL = 13 * time.Hour },
		"give the grant a ttl":                                                 func(r *lease.Request) { r.TTL = 0 },
		"the ID token is empty":                                                func(r *lease.Request) { r.IDToken.Zero(); r.IDToken = lease.Request{}.IDToken },
		"has 2049 characters without white space, and STS takes 2048":          func(r *lease.Request) { r.Narrow = []byte(`"` + strings.Repeat("é", 2047) + `"`) },
		"the session policy:1:8":                                               func(r *lease.Request) { r.Narrow = []byte(`{"a":1,"a":2}`) },
		"the grant is another provider's":                                      func(r *lease.Request) { r.Grant = &manifest.Grant{} },
		`the STS of the partition "aws-iso" isn't known`:                       func(r *lease.Request) { r.Grant.AWS.Endpoint, r.Grant.AWS.Role = "", "arn:aws-iso:iam::1:role/a" },
		"expected https":                                                       func(r *lease.Request) { r.Grant.AWS.Endpoint = "http://sts.example" },
		"names: AWS_KEY isn't handed over":                                     func(r *lease.Request) { r.Grant.AWS.Names = map[string]string{"AWS_KEY": "A"} },
		"would both be handed over as AWS_ACCESS_KEY_ID":                       func(r *lease.Request) { r.Grant.AWS.Names = map[string]string{"AWS_REGION": "AWS_ACCESS_KEY_ID"} },
	})
}

func awsBehaviour() behaviour {
	return behaviour{
		provider: "aws", grant: func(f *fake) *manifest.Grant { return awsGrant(f.URL) },
		token: func() string { return made(300) + "==" },
		steps: func(token string, ends time.Time) []http.HandlerFunc {
			return []http.HandlerFunc{says(200, stsSession("AS"+"IA"+strings.ToUpper(made(16)), made(40), token, ends.Format(time.RFC3339)))}
		},
		issues: -1, narrows: true,
		refusal: says(403, stsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")),
		reason:  "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
	}
}
