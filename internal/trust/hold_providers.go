package trust

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// asked is what most providers ask of a token: an audience, claims, and to be early enough.
type asked struct {
	audience string
	claims   map[string][]string // the issuer's among them
	until    string              // RFC 3339; "" for ever
}

// refusals compares audience, claims and time. before is what the provider has claims below, as it names them.
func (a asked) refusals(before, audienceName string, claims identity.Claims, now time.Time) []Difference {
	var out []Difference
	if aud, ok := audience(claims); !ok || aud != a.audience {
		out = append(out, Difference{audienceName, describeAudience(claims), anyOf([]string{a.audience})})
	}
	for _, name := range sortedKeys(a.claims) {
		out = append(out, unproven(before+name, name, claims, a.claims[name])...)
	}
	if end, err := time.Parse(time.RFC3339, a.until); a.until != "" && (err != nil || !now.Before(end)) {
		out = append(out, Difference{"time", now.UTC().Format(time.RFC3339), "before " + a.until})
	}
	return out
}

func (b *gcp) refusals(claims identity.Claims, now time.Time) []Difference {
	return asked{b.audience, b.demanded, b.until}.refusals("assertion.", "allowedAudiences", claims, now)
}

func (b *kubernetes) refusals(claims identity.Claims, now time.Time) []Difference {
	return asked{b.grant.audience, b.grant.demanded, b.grant.until}.refusals("claims.", "claims.aud", claims, now)
}

func (b *exchanged) refusals(claims identity.Claims, now time.Time) []Difference {
	return asked{b.Audience, b.Claims, b.Until}.refusals("claims.", "audience", claims, now)
}

func (b *stsPolicy) refusals(claims identity.Claims, now time.Time) []Difference {
	want := maps.Clone(b.claims)
	want["iss"], want["sub"] = []string{b.issuer}, b.subjects
	return asked{audience: b.audience, claims: want}.refusals("token.", "audience", claims, now)
}

// refusals are those of the credential for the subject that comes nearest: they differ in nothing else.
func (b *azure) refusals(claims identity.Claims, now time.Time) []Difference {
	want := asked{audience: b.credentials[0].Audiences[0], claims: map[string][]string{"iss": {b.credentials[0].Issuer}}}
	for _, c := range b.credentials {
		want.claims["sub"] = append(want.claims["sub"], c.Subject)
	}
	return want.refusals("", "audiences", claims, now)
}

func (b *registry) refusals(claims identity.Claims, _ time.Time) []Difference {
	return nearest(b.publishers, func(p publisher) []Difference { return p.refusals(b, claims) })
}

// refusals compares what a registry does: the workflow's file whatever its ref, and the environment where one is set.
func (p publisher) refusals(b *registry, claims identity.Claims) []Difference {
	want := map[string][]string{"iss": {b.issuer}, b.kind.project: {p.Owner + "/" + p.Repository}}
	if p.Environment != "" {
		want["environment"] = []string{p.Environment}
	}
	out := asked{audience: b.kind.audience, claims: want}.refusals("", "aud", claims, time.Time{})
	ref, _ := claims.Text(b.kind.definition)
	if path := b.kind.path(p); !strings.HasPrefix(ref, path+"@") {
		out = append(out, Difference{b.kind.definition, claims.Describe(b.kind.definition), strconv.Quote(path + "@…")})
	}
	return out
}
