package issuance

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/redact"
)

// identify proves who asks: by the first ID token, whose issuer is one of those known beforehand.
func (w *way) identify(ctx context.Context) *DeniedError {
	token, denied := w.fetch(ctx, Audience)
	if denied != nil {
		return denied
	}
	if w.issuer, denied = w.choose(token); denied != nil {
		return denied
	}
	asked, cancel := w.limited(ctx)
	defer cancel()
	keys, _, err := w.o.Keys.Keys(asked, w.issuer)
	if err != nil {
		return denyFor(err, Reason{
			Code: CodeKeys, Message: "the issuer's keys can't be had", Expected: "the keys of " + w.issuer,
			Fix: "see that this machine reaches the issuer, and run the job again",
		})
	}
	w.keys = keys
	claims, denied := w.verify(token, Audience)
	if denied != nil {
		return denied
	}
	who, err := identity.From(claims)
	if err != nil {
		return denyFor(err, Reason{
			Code: CodeClaims, Message: "whose job the ID token is of can't be told", Expected: "the claims of one job",
			Fix: "use the ID token as the platform issues it",
		})
	}
	if denied := recordable(who); denied != nil {
		return denied
	}
	w.who = who
	return ended(ctx)
}

// fetch gets a token.
func (w *way) fetch(ctx context.Context, audience string) (redact.Secret, *DeniedError) {
	asked, cancel := w.limited(ctx)
	defer cancel()
	token, err := w.o.Tokens.IDToken(asked, audience)
	if err != nil {
		return redact.Secret{}, denyFor(err, Reason{
			Code: CodeToken, Message: "the job gets no ID token", Expected: "one for the audience " + strconv.Quote(audience),
			Fix: untokenedFix(err),
		})
	}
	w.hide(token)
	return token, ended(ctx)
}

// Mended is what mends an error by its own word, for who knows more of the job's platform than there is here; otherwise what is
// said here.
func Mended(err error, otherwise string) string {
	var own interface{ Mend() string }
	if errors.As(err, &own) {
		return own.Mend()
	}
	return otherwise
}

// untokenedFix is what mends that there is no token: rights where the job may not ask for one, and otherwise the way there.
func untokenedFix(err error) string {
	var may interface{ MayNotAsk() bool }
	if errors.As(err, &may) && may.MayNotAsk() {
		return "add to the job, and where another workflow calls it to the calling job too," +
			" permissions: { contents: read, actions: read, id-token: write }; of pull requests from forks lease nothing"
	}
	return Mended(err, "see that this machine reaches the platform, through HTTPS_PROXY where there is a proxy, and run the job again")
}

// choose finds the issuer that is to be proven among those that are known: what a token says of itself
// brings nobody in.
func (w *way) choose(token redact.Secret) (string, *DeniedError) {
	said, err := identity.UnverifiedIssuer(token.Reveal())
	if err != nil {
		return "", tokenDenied(err)
	}
	known := append(identity.BuiltInIssuers(), w.o.Issuers...)
	if !slices.Contains(known, said) {
		return "", deny(Reason{
			Code: CodeIssuer, Message: "the ID token's issuer isn't known here", Received: strconv.Quote(said),
			Expected: strings.Join(known, " or "),
			Fix:      "if it is the platform's own, such as a GitHub Enterprise Server's or that of a GitLab of your own, say --issuer and its URL, and list it under issuers: in the organisation's policy",
		})
	}
	return said, nil
}

// verify is the claims of a token of the chosen issuer's.
func (w *way) verify(token redact.Secret, audience string) (identity.Claims, *DeniedError) {
	claims, err := identity.Verify(token.Reveal(), w.keys, identity.Expectation{
		Issuer: w.issuer, Audience: audience, Now: w.o.Now(), Skew: identity.MaxSkew,
	})
	if err != nil {
		return identity.Claims{}, tokenDenied(err)
	}
	return claims, nil
}

// tokenDenied says why a token was refused, which its error says with what was received and expected.
func tokenDenied(err error) *DeniedError {
	r := Reason{Code: CodeClaims, Message: err.Error(), Fix: "let the job ask its platform for a new ID token"}
	var refused *identity.TokenError
	if errors.As(err, &refused) {
		r.Code, r.Message = "token-"+string(refused.Code), "the ID token is refused: "+refused.Message
	}
	return &DeniedError{Reasons: []Reason{r}, cause: err}
}

// recordable refuses claims by which no record could name the job.
func recordable(who identity.Identity) *DeniedError {
	for _, a := range []identity.Attribute{identity.Project, identity.Run, identity.Attempt} {
		v, ok := who.Get(a)
		fit := ok && len(v) <= maxName && strings.IndexFunc(v, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) < 0
		if a == identity.Attempt {
			n, err := strconv.ParseInt(v, 10, 64)
			fit = fit && err == nil && n > 0 && strconv.FormatInt(n, 10) == v
		}
		if !fit {
			return deny(Reason{
				Code: CodeClaims, Message: "the claim " + who.ClaimFor(a) + " is none by which a record could name the job",
				Received: who.Claims.Describe(who.ClaimFor(a)), Expected: "a short id", Fix: "use the ID token as the platform issues it",
			})
		}
	}
	return nil
}

// second is the ID token for the provider. It must be the same job's: whoever can bring another job's token
// here would get, in this job's name, what that one may have.
func (w *way) second(ctx context.Context) (redact.Secret, identity.Claims, *DeniedError) {
	token, denied := w.fetch(ctx, w.audience)
	if denied != nil {
		return redact.Secret{}, identity.Claims{}, denied
	}
	claims, denied := w.verify(token, w.audience)
	if denied != nil {
		return redact.Secret{}, identity.Claims{}, denied
	}
	var rs []Reason
	for _, name := range w.tied() {
		first, second := w.who.Claims.Describe(name), claims.Describe(name)
		if first != second {
			rs = append(rs, Reason{
				Code: CodeSecond, Message: "the second ID token is of another job: its claim " + name + " differs",
				Received: second, Expected: first, Fix: "find out which step of the job answers for its ID tokens",
			})
		}
	}
	if len(rs) > 0 {
		return redact.Secret{}, identity.Claims{}, deny(rs...)
	}
	return token, claims, nil
}

// tied lists the claims by which two tokens are of the same job, and those that a manifest judges by.
func (w *way) tied() []string {
	names := []string{"sub"}
	for _, a := range []identity.Attribute{
		identity.Project, identity.Owner, identity.Definition, identity.Event, identity.Actor, identity.ActorID, identity.Run,
		identity.Attempt, identity.Revision, identity.Ref, identity.Environment,
	} {
		names = append(names, w.who.ClaimFor(a))
	}
	for name := range w.rules.manifest.Identities[w.first.identity].Claims {
		if name != "aud" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names[1:])
	return names
}
