package orgstore

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	// term is how long a session lives: the shortest that STS issues, as it can't be revoked.
	term = 15 * time.Minute
	// early is how long before its end a session is renewed. No request takes longer.
	early = 3 * time.Minute
)

// role is the policy's role, leased anew before a session of it ends.
type role struct {
	o        Options
	grant    manifest.Grant
	provider lease.Provider
	// turn is held by who reads or renews the session: many requests at once lease one.
	turn    chan struct{}
	session ledger.S3Credentials
	until   time.Time // of the session; zero before the first
}

// newRole is the role of the policy's ledger section. The policy is the organisation's and isn't a job's to
// change, and still no token for an audience of curfew's own leaves here: whoever gets one could pass for the
// job before curfew itself.
func newRole(l manifest.Ledger, o Options) (*role, error) {
	switch {
	case o.Tokens == nil:
		return nil, errors.New("no source of ID tokens was given")
	case l.Audience == "", issuance.IsReserved(l.Audience):
		return nil, fmt.Errorf("no ID token can be sent to STS for the audience %q: have the policy's ledger name one that the role's trust does, such as sts.amazonaws.com", l.Audience)
	}
	if o.Hide == nil {
		o.Hide = func(...redact.Secret) {}
	}
	provider, err := lease.For("aws", o.Ask)
	if err != nil {
		return nil, err
	}
	grant := manifest.Grant{AWS: &manifest.AWS{
		Role: l.Role, Audience: l.Audience, Region: l.Region, HandOver: manifest.HandOver{Endpoint: l.Endpoint},
	}}
	return &role{o: o, grant: grant, provider: provider, turn: make(chan struct{}, 1)}, nil
}

// credentials are those of a session that lives for a while yet.
func (r *role) credentials(ctx context.Context) (ledger.S3Credentials, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return ledger.S3Credentials{}, ctx.Err()
	}
	if r.fresh(r.until) {
		return r.session, nil
	}
	c, err := r.lease(ctx)
	if err != nil {
		return ledger.S3Credentials{}, fmt.Errorf("lease the role %s of the ledger store: %w", r.grant.AWS.Role, err)
	}
	r.session, r.until = sessionOf(c), c.NotAfter
	return r.session, nil
}

// fresh reports whether a session that ends then can be used for a request.
func (r *role) fresh(until time.Time) bool { return until.Sub(r.o.Ask.Now()) > early }

// lease leases one session. Nothing is decided by the ID token: that it is the job's proves STS. It is only
// held to be for the audience that was asked for, as tokens for others aren't to be sent there.
func (r *role) lease(ctx context.Context) (*lease.Credential, error) {
	token, err := r.o.Tokens.IDToken(ctx, r.grant.AWS.Audience)
	if err != nil {
		return nil, fmt.Errorf("get the job's ID token for the audience %q: %w", r.grant.AWS.Audience, err)
	}
	r.o.Hide(token)
	claims, err := claimsOf(token)
	if err != nil {
		return nil, err
	}
	if aud, _ := claims.Text("aud"); aud != r.grant.AWS.Audience {
		return nil, fmt.Errorf("the ID token that was fetched has the audience %s, expected %s: find out which step of the job answers for its ID tokens",
			claims.Describe("aud"), strconv.Quote(r.grant.AWS.Audience))
	}
	c, err := r.provider.Exchange(ctx, lease.Request{
		Grant: &r.grant, IDToken: token, TTL: term, Session: r.o.Session, Claims: claims,
	})
	if err != nil {
		return nil, err
	}
	r.o.Hide(c.Secrets()...)
	if !r.fresh(c.NotAfter) {
		return nil, fmt.Errorf("the session ends at %s, too soon to be used: see that this machine's clock is right", c.NotAfter.UTC().Format(time.RFC3339))
	}
	return c, nil
}

// claimsOf reads a token's claims without proving them.
func claimsOf(token redact.Secret) (identity.Claims, error) {
	parts := bytes.Split(token.Reveal(), []byte{'.'})
	if len(parts) != 3 {
		return identity.Claims{}, errors.New("what was fetched is no ID token: expected three parts, joined by dots")
	}
	src, err := base64.RawURLEncoding.Strict().DecodeString(string(parts[1]))
	if err != nil {
		return identity.Claims{}, errors.New("what was fetched is no ID token: its claims aren't in base64url") // the error would quote them
	}
	return identity.ParseClaims("claims of the ID token", src)
}

// sessionOf is a leased session as requests to the bucket are signed with it.
func sessionOf(c *lease.Credential) ledger.S3Credentials {
	var out ledger.S3Credentials
	for _, v := range c.Values {
		switch v.Name {
		case "AWS_ACCESS_KEY_ID":
			out.KeyID = string(v.Value.Reveal())
		case "AWS_SECRET_ACCESS_KEY":
			out.Secret = v.Value
		case "AWS_SESSION_TOKEN":
			out.Session = v.Value
		}
	}
	return out
}
