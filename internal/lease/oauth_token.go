package lease

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/redact"
)

// oauthAnswer is what a token exchange brought (RFC 8693, section 2.2.1).
type oauthAnswer struct {
	value   redact.Secret
	refresh redact.Secret // none is wanted
	lives   time.Duration // 0 where the server doesn't say
	scope   []string      // none where it is what was asked for
	fault   error         // of what was issued
}

// access reads the answer. Where it errs and yet returns a token, that is one that can't be handed over, whatever else the answer
// says; what is wrong of one that could be is the answer's fault.
func (l *line) access(a answer) (oauthAnswer, error) {
	root, err := readJSON(a)
	if err != nil {
		return oauthAnswer{}, err
	}
	said := text(root, "access_token")
	out := oauthAnswer{value: redact.New([]byte(said))}
	l.hide(out.value)
	if v := member(root, "refresh_token"); v != nil && v.Kind != jsontree.Null {
		out.refresh = redact.New([]byte(v.Text))
		l.hide(out.refresh)
		out.fault = errRefresh
	}
	// The type must be there, and a server that leaves it out has answered with an access token all the same.
	if v := member(root, "issued_token_type"); v != nil && text(root, "issued_token_type") != oauthAccess {
		out.fault = fmt.Errorf("the answer's token isn't an access token, for which it was asked, but %s", l.say(v.Text))
	}
	if kind := text(root, "token_type"); !strings.EqualFold(kind, "Bearer") {
		out.fault = fmt.Errorf("the token is of the type %q, and only Bearer can be handed over", l.say(kind))
	}
	if v := member(root, "scope"); v != nil && v.Kind == jsontree.String {
		out.scope = strings.Fields(v.Text)
	} else if v != nil && v.Kind != jsontree.Null {
		out.fault = errors.New("the answer's scope is no text")
	}
	if out.lives, _ = seconds(root, "expires_in"); out.lives <= 0 {
		out.fault = errors.New("the token doesn't say by expires_in when it ends: have the server say so")
	}
	_, unfit := bearer("access token", said)
	return out, unfit
}

// issuedAs fills in what the answer says of the credential.
func (c *Credential) issuedAs(a oauthAnswer, now time.Time, s Session) {
	c.Issued, c.NotAfter, c.Handle = now, now.Add(a.lives), oauthHandle(a.value, s)
	if c.Revocable == ByToken {
		c.ending.token = a.value
	}
}

// oauthHandle is "jti:" and the id of a token that is a JWT (RFC 9068, section 2.2), which the server's log may have; otherwise
// as of any token.
func oauthHandle(token redact.Secret, s Session) string {
	if parts := strings.Split(string(token.Reveal()), "."); len(parts) == 3 {
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil {
			doc, err := jsontree.Parse("the token", payload, jsontree.Limits{Bytes: maxValue, Depth: 16, Nodes: 10_000})
			if err == nil {
				id := text(doc.Root, "jti")
				if _, err := fit("jti", id); err == nil && len(id) <= 100 {
					return "jti:" + id
				}
			}
		}
	}
	return s.handle("oauth", token)
}

// fits refuses a token that is more than was asked for.
func (l *line) fits(a oauthAnswer, c *Credential, r Request) error {
	if a.fault != nil {
		return a.fault
	}
	if a.lives > r.TTL {
		return fmt.Errorf("the token would live for %s, longer than the %s that the grant allows: have the server issue this client's for %d s at most",
			a.lives, r.TTL, int(r.TTL.Seconds()))
	}
	asked := items(r.Grant.OAuth.Scope)
	for _, scope := range a.scope {
		if len(asked) > 0 && !slices.Contains(asked, scope) {
			return fmt.Errorf("the token has the scope %s, for which it wasn't asked: have the server grant this client no more than %s",
				l.say(scope), strings.Join(asked, " "))
		}
	}
	return r.term(c.Issued, c.NotAfter)
}

// giveBackAll revokes what isn't handed over: the refresh token first, by which others could be had.
func (p *oauth) giveBackAll(ctx context.Context, c *Credential, a oauthAnswer, r Request, why error) error {
	if a.refresh.Len() == 0 {
		return giveBack(ctx, p, c, why)
	}
	also := p.giveBackRefresh(ctx, c, a.refresh, r)
	switch {
	case a.value.Len() == 0:
		also.Why = why
		return also
	case also.Unanswered != nil:
		why = fmt.Errorf("%w\n  the refresh token could not be revoked: %w", why, also.Unanswered)
	case c.Revocable != ByToken:
		why = fmt.Errorf("%w\n  the refresh token lives on, as the grant has no revoke-url: end it at the server", why)
	default:
		why = fmt.Errorf("%w\n  the refresh token is %s", why, also.Revocation.Outcome)
	}
	back := giveBack(ctx, p, c, why)
	back.Also = also
	return back
}

// giveBackRefresh revokes a refresh token, of which nobody knows when it ends by itself.
func (p *oauth) giveBackRefresh(ctx context.Context, of *Credential, refresh redact.Secret, r Request) *GivenBackError {
	c := &Credential{Provider: "oauth", Handle: oauthHandle(refresh, r.Session), Issued: p.now(), Revocable: of.Revocable, ending: of.ending}
	if c.Handle == of.Handle { // else the end of one would be taken for the other's
		c.Handle += ":refresh"
	}
	if c.Revocable == ByToken {
		c.ending.token = refresh
	}
	got, err := p.end(context.WithoutCancel(ctx), c, "refresh_token")
	got.Answer = "of the refresh token: " + got.Answer
	return &GivenBackError{Credential: c, Why: errRefresh, Revocation: got, Unanswered: err}
}

// errRefresh is why an answer with a refresh token is given back.
var errRefresh = errors.New("the answer has a refresh token, by which its holder gets new ones after the lease: have the server issue none to this client")

// Revoke asks the server to end the access token (RFC 7009).
func (p *oauth) Revoke(ctx context.Context, c *Credential) (Revocation, error) {
	if c.Provider != "oauth" {
		return Revocation{}, within("oauth", errOtherCredential)
	}
	return p.end(ctx, c, "access_token")
}

func (p *oauth) end(ctx context.Context, c *Credential, hint string) (Revocation, error) {
	if c.Revocable != ByToken {
		return c.unasked(p.now(), "the grant has no revoke-url"), nil
	}
	l, ctx, cancel, err := p.open(ctx, c.ending.server, dialect{said: oauthSaid}, c.ending.token)
	if err != nil {
		return c.revocation(ExpireOnly, "not asked"), within("oauth", err)
	}
	defer cancel()
	form := url.Values{"token": {string(c.ending.token.Reveal())}, "token_type_hint": {hint}}
	if c.ending.client != "" {
		form.Set("client_id", c.ending.client)
	}
	a, err := l.ask(ctx, oauthQuestion(form, false))
	if err != nil {
		return c.revocation(ExpireOnly, err.Error()), within("oauth", err)
	}
	if a.status == http.StatusOK {
		return c.revocation(Revoked, l.words(a)+", which RFC 7009 has for a token that had ended before as well"), nil
	}
	return c.revocation(ExpireOnly, l.words(a)), nil
}
