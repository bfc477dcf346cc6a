package lease

import (
	"fmt"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

// Credential is what a provider issued. However it is printed, no value that is secret shows.
type Credential struct {
	Provider string // its key in a manifest's grant
	// Values are what is handed over, in the provider's order; names are unique.
	Values []Value
	// Handle is what the provider's own logs know it by: AWS' full access key id; the accessor of a token of
	// Vault, or "request:" and the login's request id where it has none; base64 of the SHA-256 of a token of
	// GitHub, as "hashed_token" in its audit log; the unique token identifier of Azure's; "jti:" and the id of an OAuth token that
	// is a JWT; "JTI=" and the jti of an ID token, as in Kubernetes' audit log. Where the provider's log has no name for it, as
	// Google's, it is the value's fingerprint, or "lease:" and the lease's id where the value is so short that it could be found
	// by that. ":refresh" ends it of a refresh token that would have the same. It is no secret.
	Handle string
	Issued time.Time // when the answer came, by our clock
	// NotAfter is when it ends by itself, as the server said. A length of time counts from Issued, so that it
	// is never said to be over before it is. The zero Time is of one that was given back, of which nobody knows.
	NotAfter time.Time
	// Stale is when what is handed over is of no more use to who has it by then, where that is before NotAfter: an
	// assertion by which tools log in themselves, whose logins live on. Who hands it over in files renews it before. The
	// zero Time is NotAfter.
	Stale time.Time
	// Renewable is set where the provider would extend it for whoever holds it, so that NotAfter holds only
	// for one that nobody renews.
	Renewable bool
	Revocable Revocable

	ending ending
	// files is how the provider's tools take it in files of a folder; nil where each secret value is a file of its own.
	files func(c *Credential, dir string) ([]File, []Value, error)
}

// Value is one name and what it stands for.
type Value struct {
	Name  string // of the environment variable
	Value redact.Secret
	// Public is set where the value is no secret and isn't to be masked, such as a region.
	Public bool
}

// ending is what Revoke needs: nothing where it could not revoke.
type ending struct {
	server    string // base URL
	namespace string // of Vault
	client    string // of OAuth
	token     redact.Secret
}

// Secrets are the values that must not be printed, for a masker.
func (c *Credential) Secrets() []redact.Secret {
	var out []redact.Secret
	for _, v := range c.Values {
		if !v.Public {
			out = append(out, v.Value)
		}
	}
	if c.ending.token.Len() > 0 {
		out = append(out, c.ending.token)
	}
	return out
}

// Revocable says how far a credential can be ended before its time.
type Revocable string

// The ways.
const (
	ByToken Revocable = "token" // this one alone, by whoever holds it
	Never   Revocable = "none"  // it lives until NotAfter
)

// Outcome is what became of a credential that was to be revoked.
type Outcome string

// The outcomes.
const (
	Revoked      Outcome = "revoked"       // the server said so
	AlreadyEnded Outcome = "already-ended" // the server doesn't know it any more, or its time was over
	ExpireOnly   Outcome = "expire-only"   // it lives until NotAfter as far as is known
)

// Revocation is what Revoke achieved.
type Revocation struct {
	Outcome  Outcome
	NotAfter time.Time // of the credential; zero where nobody knows
	Answer   string    // what the server said, or why it wasn't asked; one line, masked
}

// String is the revocation in words.
func (r Revocation) String() string {
	switch {
	case r.Outcome == ExpireOnly && r.NotAfter.IsZero():
		return fmt.Sprintf("expire-only, and nobody knows until when (%s)", r.Answer)
	case r.Outcome == ExpireOnly:
		return fmt.Sprintf("expire-only until %s (%s)", r.NotAfter.UTC().Format(time.RFC3339), r.Answer)
	}
	return fmt.Sprintf("%s (%s)", r.Outcome, r.Answer)
}

// revocation makes one of c.
func (c *Credential) revocation(o Outcome, answer string) Revocation {
	return Revocation{Outcome: o, NotAfter: c.NotAfter, Answer: answer}
}

// over reports whether its time is over. Where nobody knows when that is, it isn't.
func (c *Credential) over(now time.Time) bool { return !c.NotAfter.IsZero() && !now.Before(c.NotAfter) }

// unasked is the revocation of one that nobody can be asked to end, and why.
func (c *Credential) unasked(now time.Time, why string) Revocation {
	if c.over(now) {
		return c.revocation(AlreadyEnded, "not asked: its time is over")
	}
	return c.revocation(ExpireOnly, "not asked: "+why)
}
