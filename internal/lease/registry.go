package lease

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// registry exchanges at a package registry with trusted publishing. What npm, PyPI and crates.io have in common is that one
// request brings one token, for as long as the registry will have it.
type registry struct {
	desk
	name string
	of   func(*manifest.Grant) *manifest.Registry
	said func(answer) string // the words of a refusal
	// login is the question that brings the token, and where it is asked.
	login func(r Request, g *manifest.Registry, base string) (at string, q question, err error)
	// lives is for how long the registry's tokens are good, as it says; ends reads out of an answer what that one says.
	lives time.Duration
	ends  func(root *jsontree.Node) (time.Time, error)
	try   func(a answer, g *manifest.Registry) string
	// detector is what a scan calls such a token where one lies in a file: by the fingerprint both are the same.
	detector string
	values   func(token redact.Secret, n names) []Value
	own      []string // the names of those
	// end is the question that ends a token; nil where its holder can't.
	end func(token redact.Secret) question
	// check refuses what can't be handed over; may be nil.
	check func(g *manifest.Grant, base string) error
	files func(c *Credential, base string) func(*Credential, string) ([]File, []Value, error)
}

// Exchange asks for a token.
func (p *registry) Exchange(ctx context.Context, r Request) (*Credential, error) {
	c, err := p.exchange(ctx, r)
	if err != nil {
		return nil, within(p.name, err)
	}
	return c, nil
}

func (p *registry) exchange(ctx context.Context, r Request) (*Credential, error) {
	g := p.of(r.Grant)
	if g == nil {
		return nil, errOtherGrant
	}
	names, err := namesOf(g.HandOver, p.own, nil)
	if err != nil {
		return nil, err
	}
	base, err := Endpoint(r.Grant)
	if err != nil {
		return nil, err
	}
	if err := p.fits(r, base); err != nil {
		return nil, err
	}
	at, q, err := p.login(r, g, base)
	if err != nil {
		return nil, err
	}
	l, line, cancel, err := p.open(ctx, at, dialect{said: p.said}, r.IDToken)
	if err != nil {
		return nil, err
	}
	defer cancel()
	a, err := l.ask(line, q)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK && a.status != http.StatusCreated {
		return nil, l.denied(r, a, p.try(a, g))
	}
	return p.credential(ctx, l, a, r, names, base)
}

// fits refuses what the registry can't do.
func (p *registry) fits(r Request, base string) error {
	if err := errors.Join(r.check(), r.noNarrow("a registry has no session policies, the package's trusted publisher says what the token may")); err != nil {
		return err
	}
	if p.end == nil && r.TTL < p.lives {
		return fmt.Errorf("a token of %s can't be had: one lives for %s and can't be ended; give the grant a ttl of %s, and the job as much time, or publish by other means",
			r.TTL, p.lives, manifest.Duration(p.lives))
	}
	if p.check != nil {
		return p.check(r.Grant, base)
	}
	return nil
}

// credential reads the answer, whose token is a string in all of them.
func (p *registry) credential(ctx context.Context, l *line, a answer, r Request, n names, base string) (*Credential, error) {
	root, err := readJSON(a)
	if err != nil {
		return nil, err
	}
	token, err := bearer("token", text(root, "token"))
	if err != nil {
		return nil, err
	}
	l.hide(token)
	c := &Credential{Provider: p.name, Handle: r.Session.handle(p.detector, token), Issued: p.now(), Revocable: Never}
	c.NotAfter = c.Issued.Add(p.lives)
	if p.end != nil {
		c.Revocable, c.ending = ByToken, ending{server: base, token: token}
	}
	if err := errors.Join(p.setEnd(c, root, r), r.hold(c)); err != nil {
		return nil, giveBack(ctx, p, c, err)
	}
	c.Values = p.values(token, n)
	if p.files != nil {
		c.files = p.files(c, base)
	}
	return c, nil
}

// setEnd takes over when the token ends, where the answer says so.
func (p *registry) setEnd(c *Credential, root *jsontree.Node, r Request) error {
	if p.ends == nil {
		return nil
	}
	end, err := p.ends(root)
	if err != nil || end.IsZero() {
		return err
	}
	c.NotAfter = end
	return r.term(c.Issued, end)
}

// Revoke lets the token end itself where the registry has that.
func (p *registry) Revoke(ctx context.Context, c *Credential) (Revocation, error) {
	switch {
	case c.Provider != p.name:
		return Revocation{}, within(p.name, errOtherCredential)
	case p.end == nil:
		return c.unasked(p.now(), "the registry has no way for a token to end itself"), nil
	}
	l, ctx, cancel, err := p.open(ctx, c.ending.server, dialect{said: p.said}, c.ending.token)
	if err != nil {
		return c.revocation(ExpireOnly, "not asked"), within(p.name, err)
	}
	defer cancel()
	a, err := l.ask(ctx, p.end(c.ending.token))
	if err != nil {
		return c.revocation(ExpireOnly, err.Error()), within(p.name, err)
	}
	if a.status == http.StatusNoContent {
		return c.revocation(Revoked, l.words(a)), nil
	}
	return c.revocation(ExpireOnly, l.words(a)), nil
}
