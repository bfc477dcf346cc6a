package lease

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Provider exchanges ID tokens for credentials of one kind, and ends them. It may be used by several
// goroutines.
type Provider interface {
	// Exchange obtains a credential. Where the server refuses, the error is a *DeniedError, and where something
	// fails once it has issued a credential, a *GivenBackError. An exchange that got no answer may have issued a
	// credential that nobody has; it ends by itself.
	Exchange(ctx context.Context, r Request) (*Credential, error)
	// Revoke ends a credential. What it returns holds also where it errs, which it does where no answer came
	// that something follows from. A job that was cancelled still has something to revoke: give a context
	// that outlives it.
	Revoke(ctx context.Context, c *Credential) (Revocation, error)
}

// Request asks for a credential.
type Request struct {
	// Grant is the manifest's, with the provider that is asked set.
	Grant *manifest.Grant
	// IDToken is the job's, with the audience that Audience tells.
	IDToken redact.Secret
	// TTL is how long the credential may live. It is never rounded up: what the provider can't do is refused.
	// GitHub's tokens live for an hour whatever is asked; whoever holds one keeps a shorter TTL by Revoke.
	TTL time.Duration
	// Narrow is an inline session policy of IAM, as JSON; nil for none. Only AWS has such.
	Narrow []byte
	// File is what stands in the file that the provider's part of the grant names, manifest.Grant.File; nil where it
	// names none.
	File []byte
	// Session is whose lease it is.
	Session Session

	// Claims are the ID token's, and Expected what the identity must prove: a denial puts them side by side.
	// Both may be empty, but where the ID token itself is handed over Claims say when it ends.
	Claims   identity.Claims
	Expected map[string]manifest.Match

	// Hold is told of the credential as soon as the server has issued it, before anything else is asked: it sees to it
	// that the credential ends if this process doesn't live to do so. It may be without Values yet. An error ends it.
	// nil holds nothing.
	Hold func(*Credential) error
}

// Session names a lease to the provider's logs.
type Session struct {
	Run     string // the run's id
	Attempt string // its attempt
	Lease   string // the lease's id
}

// Options say how to ask. Now must be set; the zero of the rest is fit for use.
type Options struct {
	// Client's transport sends the requests: proxies and certificates are set there. nil is one of its own
	// without a proxy.
	Client *http.Client
	Now    func() time.Time
	// Sleep pauses between two tries and ends early with ctx; nil is a real pause.
	Sleep   func(ctx context.Context, d time.Duration) error
	Timeout time.Duration // for one try; 0 is 10 s
	Budget  time.Duration // for all of one Exchange or Revoke; 0 is 1 min
}

// For is the provider of that key in a manifest's grant.
func For(name string, o Options) (Provider, error) {
	k, err := kindOf(name)
	if err != nil {
		return nil, err
	}
	d, err := newDesk(o)
	if err != nil {
		return nil, err
	}
	return k.make(d), nil
}

// newDesk fills in what was left to us.
func newDesk(o Options) (desk, error) {
	if o.Now == nil {
		return desk{}, errors.New("lease: no clock was given")
	}
	d := desk{client: courier.Client(o.Client), now: o.Now, sleep: o.Sleep, timeout: o.Timeout, budget: o.Budget}
	if d.sleep == nil {
		d.sleep = courier.Pause
	}
	if d.timeout <= 0 {
		d.timeout = 10 * time.Second
	}
	if d.budget <= 0 {
		d.budget = time.Minute
	}
	return d, nil
}

// check refuses a request that no provider could serve.
func (r Request) check() error {
	switch {
	case r.IDToken.Len() == 0:
		return errors.New("the ID token is empty: let the job have id-token: write and ask for one")
	case !courier.HeaderValue(string(r.IDToken.Reveal())):
		return errors.New("the ID token holds characters that no token has: give it without line breaks")
	case r.TTL < time.Second:
		return fmt.Errorf("a credential for %s can't be had: give the grant a ttl", r.TTL)
	}
	return nil
}

// noNarrow refuses a session policy where the provider has none.
func (r Request) noNarrow(why string) error {
	if r.Narrow != nil {
		return fmt.Errorf("%s: say narrow: none in the grant", why)
	}
	return nil
}

// The ways in which a caller can mix up providers.
var (
	errOtherGrant      = errors.New("the grant is another provider's")
	errOtherCredential = errors.New("the credential is another provider's")
)

// within says whose error it is.
func within(provider string, err error) error { return fmt.Errorf("%s: %w", provider, err) }

// hold has a credential held whose end is known by now.
func (r Request) hold(c *Credential) error {
	if r.Hold == nil {
		return nil
	}
	if err := r.Hold(c); err != nil {
		return fmt.Errorf("nobody would end the credential if this process were killed: %w", err)
	}
	return nil
}

// giveBack revokes a credential that isn't handed over, also where the job was cancelled, and says so beside
// the reason. One whose end wasn't told, or would be before it came, lives for nobody knows how long: it isn't to be called over.
func giveBack(ctx context.Context, p Provider, c *Credential, why error) *GivenBackError {
	if !c.NotAfter.After(c.Issued) {
		c.NotAfter = time.Time{}
	}
	got, err := p.Revoke(context.WithoutCancel(ctx), c)
	return &GivenBackError{Credential: c, Why: why, Revocation: got, Unanswered: err}
}

// GivenBackError is an exchange that failed after the server had issued a credential, which was then revoked.
type GivenBackError struct {
	Credential *Credential // without Values, perhaps
	Why        error       // the exchange failed
	Revocation Revocation
	Unanswered error // why no answer came to that; nil where one did
	// Also is another credential that the same answer had, and what became of that; nil where it had none. Why tells of it.
	Also *GivenBackError
}

// Error says why the exchange failed, and what became of the credential.
func (e *GivenBackError) Error() string {
	if e.Unanswered != nil {
		return fmt.Sprintf("%v\n  the token isn't handed over, and could not be revoked: %v", e.Why, e.Unanswered)
	}
	return fmt.Sprintf("%v\n  the token isn't handed over; it is %s", e.Why, e.Revocation)
}

// Unwrap is both.
func (e *GivenBackError) Unwrap() []error {
	if e.Unanswered == nil {
		return []error{e.Why}
	}
	return []error{e.Why, e.Unanswered}
}
