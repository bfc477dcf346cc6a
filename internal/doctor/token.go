package doctor

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
)

// seen is a token as it came.
type seen struct {
	before, after time.Time // by our clock, when it was asked for and when it was there
	issued        time.Time // as it says
	late          error     // why it doesn't hold now, though it held when it was issued
}

// claimed is what a token for some audience proves.
type claimed struct {
	identity.Claims
	seen
	err error // why it proves nothing
}

// token is whether the job gets an ID token, and what that proves.
func (e *exam) token(ctx context.Context) Finding {
	if !e.o.Job.MayAsk {
		return e.mayNotAsk()
	}
	c := e.fetch(ctx, issuance.Audience)
	if c.err != nil {
		var stranger *strangerError
		if errors.As(c.err, &stranger) {
			return stranger.finding()
		}
		return wrong(c.err.Error(), issuance.Mended(c.err, "let the job have id-token: write, and let this machine reach the platform and the issuer"))
	}
	who, err := identity.From(c.Claims)
	if err != nil {
		return wrong("whose job the token is of can't be told: "+err.Error(), "use the ID token as the platform issues it")
	}
	e.first, e.who, e.proven = c.seen, who, true
	for _, same := range []struct {
		a     identity.Attribute
		value string
	}{{identity.Run, e.o.Job.Run}, {identity.Attempt, e.o.Job.Attempt}} {
		if got, _ := who.Get(same.a); same.value != "" && got != same.value {
			return wrong("the token is of another run or attempt than the environment says, so that no record could be written",
				"let no step set the runner's own variables").with(Point{
				What: who.ClaimFor(same.a), Received: c.Describe(who.ClaimFor(same.a)), Expected: strconv.Quote(same.value),
			})
		}
	}
	return ok("given for the audience "+strconv.Quote(issuance.Audience)+", proven to be of "+e.issuer+"; its claims:", claims(c.Claims)...)
}

// claims lists what a manifest may ask for: not the times and ids of the token itself.
func claims(c identity.Claims) []Point {
	var out []Point
	for _, name := range c.Names() {
		if _, comparable := c.Text(name); comparable && !slices.Contains([]string{"aud", "exp", "iat", "jti", "nbf"}, name) {
			out = append(out, Point{What: name, Received: c.Describe(name)})
		}
	}
	return out
}

// mayNotAsk says why a job gets no ID token.
func (e *exam) mayNotAsk() Finding {
	f := wrong(e.o.Job.Platform.NoTokens)
	if strings.HasPrefix(e.o.Job.Event, "pull_request") {
		f.Fix = append(f.Fix, "this run is of "+e.o.Job.Event+": from a fork it gets no ID token whatever the workflow says; otherwise")
	}
	f.Fix = append(f.Fix, e.o.Job.Platform.Tokens...)
	return f
}

// strangerError is why a token of an issuer that nobody named isn't asked any further.
type strangerError struct {
	said  string
	known []string
}

// Error says whose token it is.
func (e *strangerError) Error() string {
	return "the ID token is of the issuer " + strconv.Quote(e.said) + ", which isn't known here"
}

func (e *strangerError) finding() Finding {
	return wrong(e.Error(),
		"if it is the platform's own, say --issuer "+shell(e.said)+", and list it under issuers in the organisation's policy",
	).with(Point{What: "iss", Received: strconv.Quote(e.said), Expected: strings.Join(e.known, " or ")})
}

// fetch gets the token for an audience, once, and proves it as of the moment at which it says it was issued: whether
// it holds now is for the clock's check to say.
func (e *exam) fetch(ctx context.Context, audience string) claimed {
	if c, ok := e.tokens[audience]; ok {
		return c
	}
	c := e.ask(ctx, audience)
	e.tokens[audience] = c
	return c
}

func (e *exam) ask(ctx context.Context, audience string) (c claimed) {
	asked, cancel := e.limited(ctx)
	defer cancel()
	c.before = e.o.Now()
	token, err := e.o.Tokens.IDToken(asked, audience)
	c.after = e.o.Now()
	if err != nil {
		return claimed{err: err}
	}
	e.o.Hide(token)
	if err := e.knownIssuer(asked, token.Reveal()); err != nil {
		return claimed{err: err}
	}
	want := identity.Expectation{Issuer: e.issuer, Audience: audience, Skew: identity.MaxSkew}
	if c.issued, err = identity.UnverifiedTime(token.Reveal()); err != nil {
		return claimed{err: err}
	}
	want.Now = c.issued
	if c.Claims, err = identity.Verify(token.Reveal(), e.keys, want); err != nil {
		return claimed{err: err}
	}
	want.Now = c.after
	_, c.late = identity.Verify(token.Reveal(), e.keys, want)
	return c
}

// knownIssuer finds the issuer among those that are known beforehand, and gets its keys: those of the first token are
// for all.
func (e *exam) knownIssuer(ctx context.Context, token []byte) error {
	said, err := identity.UnverifiedIssuer(token)
	switch known := append(identity.BuiltInIssuers(), e.o.Issuers...); {
	case err != nil:
		return err
	case !slices.Contains(known, said):
		return &strangerError{said, known}
	case e.issuer == said:
		return nil
	}
	keys, _, err := e.o.Keys.Keys(ctx, said)
	if err != nil {
		return err
	}
	e.keys, e.issuer = keys, said
	return nil
}
