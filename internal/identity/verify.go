package identity

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

const (
	// MaxSkew is the most that clocks may differ.
	MaxSkew = time.Minute
	// maxLifetime is the longest life of an ID token. GitHub's live for five minutes, GitLab's as long as the
	// job may run, which is an hour where nobody says otherwise.
	maxLifetime = time.Hour
)

// Expectation is what a token must prove. Issuer, Audience and Now must be set.
type Expectation struct {
	Issuer   string // iss, to the letter
	Audience string // the one audience of aud
	Now      time.Time
	Skew     time.Duration // that the issuer's clock may differ from Now: 0 to MaxSkew
}

// Verify takes an ID token in the compact form of a JWS (RFC 7515), and returns its claims where one of keys
// signed it and it is from the expected issuer, for the expected audience alone, and valid now. keys must be
// the expected issuer's own: which issuer signed is proven by nothing else. The error is a *TokenError.
//
// The order is that of RFC 8725: nothing but the header is read before the signature holds.
func Verify(token []byte, keys Keys, want Expectation) (Claims, error) {
	if err := want.check(); err != nil {
		return Claims{}, err
	}
	p, err := split(token)
	if err != nil {
		return Claims{}, err
	}
	if err := verifySignature(p, keys); err != nil {
		return Claims{}, err
	}
	c, err := ParseClaims("claims", p.claims)
	if err != nil {
		return Claims{}, refuse(CodeMalformed, "%v", err)
	}
	for _, check := range []func(Claims) error{want.issuer, want.audience, want.times} {
		if err := check(c); err != nil {
			return Claims{}, err
		}
	}
	return c, nil
}

// verifySignature verifies with the key that the header names, by the header's algorithm where that is the
// key's: a header that could choose freely would choose one that it can forge.
func verifySignature(p parts, keys Keys) error {
	h, err := readHeader(p.header)
	if err != nil {
		return err
	}
	k, err := keys.find(h)
	if err != nil {
		return err
	}
	switch {
	case k.alg != "" && k.alg != h.alg.name:
		return refuse(CodeAlgorithm, "alg is %q, expected %q, which the issuer's key is for", h.alg.name, k.alg)
	case !h.alg.fits(k.public):
		return refuse(CodeAlgorithm, "alg is %q, which the issuer's key isn't for", h.alg.name)
	case !h.alg.verify(k.public, p.signed, p.signature):
		return refuse(CodeSignature, "the signature is not by the issuer's key over this header and these claims: the token was changed or forged")
	}
	return nil
}

// check fails where an expectation would let through what nobody expected.
func (e Expectation) check() error {
	switch {
	case e.Issuer == "":
		return refuse(CodeExpectation, "no issuer is expected: name one")
	case e.Audience == "":
		return refuse(CodeExpectation, "no audience is expected: name one")
	case e.Now.IsZero():
		return refuse(CodeExpectation, "no time is given to compare the token's with")
	case e.Skew < 0 || e.Skew > MaxSkew:
		return refuse(CodeExpectation, "%s for clocks that differ: expected 0s to %s", e.Skew, MaxSkew)
	}
	return nil
}

func (e Expectation) issuer(c Claims) error {
	iss := c.values["iss"]
	if iss == nil || iss.Kind != jsontree.String || iss.Text != e.Issuer {
		return refuse(CodeIssuer, "iss is %s, expected %s", describe(iss), shown(e.Issuer))
	}
	return nil
}

// audience takes the expected audience alone. RFC 7519 would let it stand among others, but each of those
// gets to see the token and could hand it in here in the job's name.
func (e Expectation) audience(c Claims) error {
	aud := c.values["aud"]
	one := aud
	if aud != nil && aud.Kind == jsontree.Array && len(aud.Items) == 1 {
		one = aud.Items[0]
	}
	if one == nil || one.Kind != jsontree.String || one.Text != e.Audience {
		return refuse(CodeAudience, "aud is %s, expected %s and no other: request a token for that audience", describeAudience(aud), shown(e.Audience))
	}
	return nil
}

// describeAudience shows up to three audiences of a list.
func describeAudience(aud *jsontree.Node) string {
	if aud == nil || aud.Kind != jsontree.Array {
		return describe(aud)
	}
	var list []string
	for i, item := range aud.Items {
		if i == 3 {
			list = append(list, "…")
			break
		}
		list = append(list, describe(item))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// times checks exp and iat, which must be there, and nbf.
func (e Expectation) times(c Claims) error {
	exp, err := date(c, "exp")
	if err != nil {
		return err
	}
	iat, err := date(c, "iat")
	if err != nil {
		return err
	}
	now := utc(e.Now)
	if !e.Now.Before(exp.Add(e.Skew)) {
		return refuse(CodeExpired, "exp is %s, now is %s: request a new token", utc(exp), now)
	}
	if iat.After(e.Now.Add(e.Skew)) {
		return refuse(CodeNotYet, "iat is %s, now is %s: set the clock", utc(iat), now)
	}
	if life := exp.Sub(iat); life < 0 || life > maxLifetime {
		return refuse(CodeLifetime, "exp is %s, which is %s after iat, expected at most %s: request a token of a shorter life", utc(exp), life, maxLifetime)
	}
	if c.values["nbf"] == nil {
		return nil
	}
	nbf, err := date(c, "nbf")
	if err != nil {
		return err
	}
	if nbf.After(e.Now.Add(e.Skew)) {
		return refuse(CodeNotYet, "nbf is %s, now is %s: set the clock, or wait", utc(nbf), now)
	}
	return nil
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Time is a claim that is a NumericDate, such as exp. Its error is a *Refusal.
func (c Claims) Time(name string) (time.Time, error) { return date(c, name) }

// date reads a NumericDate: RFC 7519, section 2. It may have a fraction.
func date(c Claims, name string) (time.Time, error) {
	const year9999 = 253402300799
	n := c.values[name]
	if n == nil || n.Kind != jsontree.Number {
		return time.Time{}, refuse(CodeMalformed, "%s is %s, expected a time in seconds since 1970", name, describe(n))
	}
	seconds, err := strconv.ParseFloat(n.Text, 64)
	if err != nil || seconds < 0 || seconds > year9999 {
		return time.Time{}, refuse(CodeMalformed, "%s is out of range: expected a time in seconds since 1970", name)
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), nil
}
