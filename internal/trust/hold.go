package trust

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// Difference is one thing that isn't what a document says.
type Difference struct {
	What     string // the parameter or the condition's key, as the provider names it
	Received string // as a person reads it: a quoted value, or absent
	Expected string
}

// Refusals is why a cloud with just this document would turn away a token with these claims at now; nil where
// it would let it in. The claims are taken as verified: issuer's keys, expiry and not-before are the cloud's to check.
func (d Document) Refusals(claims identity.Claims, now time.Time) []Difference {
	return d.body.refusals(claims, now)
}

// refusals compares audience, subject and claims, as a login does
// (https://developer.hashicorp.com/vault/docs/auth/jwt#bound-claims).
func (r *vaultRole) refusals(claims identity.Claims, _ time.Time) []Difference {
	var out []Difference
	if aud, ok := audience(claims); !ok || !slices.Contains(r.BoundAudiences, aud) {
		out = append(out, Difference{"bound_audiences", describeAudience(claims), anyOf(r.BoundAudiences)})
	}
	if r.BoundSubject != "" {
		out = append(out, unproven("bound_subject", "sub", claims, []string{r.BoundSubject})...)
	}
	for _, name := range sortedKeys(r.BoundClaims) {
		out = append(out, unproven("bound_claims."+name, name, claims, r.BoundClaims[name])...)
	}
	return out
}

func (p *policy) refusals(claims identity.Claims, now time.Time) []Difference {
	return nearest(p.Statement, func(s statement) []Difference { return s.refusals(claims, now) })
}

// nearest are the refusals by the one of all that comes nearest: one that lets a token in is enough.
func nearest[T any](all []T, refusals func(T) []Difference) []Difference {
	var least []Difference
	for i, one := range all {
		if found := refusals(one); i == 0 || len(found) < len(least) {
			least = found
		}
	}
	return least
}

func (s *statement) refusals(claims identity.Claims, now time.Time) []Difference {
	var out []Difference
	_, provider, _ := strings.Cut(s.Principal.Federated, ":oidc-provider/")
	out = append(out, unproven("Principal.Federated", "iss", claims, []string{"https://" + provider})...)
	equals := s.Condition[stringEquals]
	for _, key := range sortedKeys(equals) {
		name := key[strings.LastIndexByte(key, ':')+1:]
		if name == "aud" {
			if aud, ok := audience(claims); !ok || !slices.Contains(equals[key], aud) {
				out = append(out, Difference{key, describeAudience(claims), anyOf(equals[key])})
			}
			continue
		}
		out = append(out, unproven(key, name, claims, equals[key])...)
	}
	for _, until := range s.Condition[dateLessThan]["aws:CurrentTime"] {
		if end, err := time.Parse(time.RFC3339, until); err != nil || !now.Before(end) {
			out = append(out, Difference{"aws:CurrentTime", now.UTC().Format(time.RFC3339), "before " + until})
		}
	}
	return out
}

// unproven is one difference where a claim is none of some values.
func unproven(what, name string, claims identity.Claims, want []string) []Difference {
	if got, ok := claims.Text(name); ok && slices.Contains(want, got) {
		return nil
	}
	return []Difference{{what, claims.Describe(name), anyOf(want)}}
}

// audience is the one audience of a token, which may write it as a list.
func audience(claims identity.Claims) (string, bool) {
	if aud, ok := claims.Text("aud"); ok {
		return aud, true
	}
	list := audiences(claims)
	if len(list) != 1 {
		return "", false
	}
	return list[0], list[0] != ""
}

// audiences are those of a token that has a list of them.
func audiences(claims identity.Claims) []string {
	src, err := claims.MarshalJSON()
	if err != nil {
		return nil
	}
	var list struct {
		Aud []string `json:"aud"`
	}
	if json.Unmarshal(src, &list) != nil {
		return nil
	}
	return list.Aud
}

func describeAudience(claims identity.Claims) string {
	if list := audiences(claims); len(list) > 0 {
		return "[" + quotedAll(list, ", ") + "]"
	}
	return claims.Describe("aud")
}

func anyOf(values []string) string { return quotedAll(values, " or ") }

func quotedAll(values []string, by string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strconv.Quote(v)
	}
	return strings.Join(out, by)
}
