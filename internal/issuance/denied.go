package issuance

import (
	"context"
	"errors"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// Bounds of what is shown of others' texts, in characters; and of reasons, in number.
const (
	maxName    = 200
	maxText    = 500
	maxReasons = 50
)

// The codes of reasons, beside those of manifest.Code and, after "token-", of identity.Code. They stay the same
// from version to version.
const (
	CodeToken      = "token-unavailable" //nolint:gosec // the code's name
	CodeIssuer     = "issuer-unknown"
	CodeKeys       = "keys-unavailable"
	CodeClaims     = "token-unclear"
	CodeSecond     = "token-of-another-job"
	CodeAudience   = "audience-reserved"
	CodeGovernance = "governance-unavailable"
	CodeWorkspace  = "workspace-decides"
	CodeFacts      = "facts-unknown"
	CodeManifest   = "manifest-unreadable"
	CodeOrg        = "policy-unreadable"
	CodeRego       = "rego-unreadable"
	CodeNarrow     = "narrow-unreadable"
	CodeChanged    = "rules-changed"
	CodePolicy     = "policy-denied"
	CodeProver     = "trigger-unknown"
	CodeTask       = "trigger-changed"
	CodeProvider   = "provider-unknown"
	CodeTTL        = "ttl-too-short"
	CodeLimit      = "limit-reached"
	CodeStore      = "store-unavailable"
	CodeAttested   = "attestation-unproven"
	CodeRecord     = "record-unwritable"
	CodeNotify     = "reviewers-untold"
	CodeExchange   = "exchange-denied"
	CodeFailed     = "exchange-failed"
	CodeLifetime   = "lifetime-wrong"
	CodeCancelled  = "cancelled"
)

// Reason is one condition that isn't proven. Where a DeniedError holds it, its texts are masked, printable
// and of bounded length.
type Reason struct {
	Code     string
	Message  string // what is wrong
	Received string // "" where nothing was compared
	Expected string // what would have done
	Fix      string // what would make it pass
	Place    string // of the line that decided, "path:line:column"; "" where there is none
}

// DeniedError says why there is no lease, and what became of a credential that isn't handed over.
type DeniedError struct {
	Grant   string // IDENTITY/GRANT
	Reasons []Reason
	// Record is the id of the record of the denial; "" where it could not be written.
	Record string
	// Unrecorded is why it could not; nil where it could.
	Unrecorded error
	// Ended is what became of a credential that had been issued; nil where none had.
	Ended *Ending

	failed bool  // at the provider, so that nobody knows whether there is a credential
	cause  error // for errors.Is and As
}

// Unwrap is what went wrong where something did, such as a *lease.DeniedError or the end of the context.
func (e *DeniedError) Unwrap() error { return e.cause }

// Error renders every reason, what was received beside what was expected, and what to change.
func (e *DeniedError) Error() string {
	var b strings.Builder
	b.WriteString("no lease of " + e.Grant + ":")
	for _, r := range e.Reasons {
		b.WriteString("\n" + r.text())
	}
	if e.Ended != nil {
		b.WriteString("\nthe credential isn't handed over; it is " + e.Ended.String())
	}
	if e.Unrecorded != nil {
		b.WriteString("\nthis isn't recorded: " + courier.Printable(e.Unrecorded.Error(), maxText))
	}
	return b.String()
}

func (r Reason) text() string {
	var b strings.Builder
	if r.Place != "" {
		b.WriteString(r.Place + ": ")
	}
	b.WriteString(r.Message + " [" + r.Code + "]")
	for _, line := range []struct{ name, text string }{{"received", r.Received}, {"expected", r.Expected}, {"try", r.Fix}} {
		if line.text != "" {
			b.WriteString("\n  " + line.name + ": " + line.text)
		}
	}
	return b.String()
}

// line is the reason as a record holds it.
func (r Reason) line() string {
	var b strings.Builder
	b.WriteString(r.Code + ": " + r.Message)
	if r.Received != "" || r.Expected != "" {
		b.WriteString(" (received " + r.Received + ", expected " + r.Expected + ")")
	}
	if r.Place != "" {
		b.WriteString(" at " + r.Place)
	}
	return b.String()
}

func deny(rs ...Reason) *DeniedError { return &DeniedError{Reasons: rs} }

// denyFor is a denial that something else has caused. A context that has ended is that, whatever was asked.
func denyFor(err error, r Reason) *DeniedError {
	if errors.Is(err, context.Canceled) {
		r.Code = CodeCancelled
	}
	if r.Received == "" {
		r.Received = err.Error()
	}
	return &DeniedError{Reasons: []Reason{r}, cause: err}
}

// ended denies where ctx has ended.
func ended(ctx context.Context) *DeniedError {
	if ctx.Err() == nil {
		return nil
	}
	return &DeniedError{cause: context.Cause(ctx), Reasons: []Reason{{
		Code: CodeCancelled, Message: "the job was cancelled", Received: context.Cause(ctx).Error(), Fix: "run it again",
	}}}
}

// ofManifest takes over a reason of the manifest's decision.
func ofManifest(r manifest.Reason) Reason {
	return Reason{string(r.Code), r.Message, r.Received, r.Expected, r.Fix, r.Region.String()}
}

// say makes a text of others fit to be shown: masked first, as a masker knows whole values alone.
func (w *way) say(s string, most int) string { return courier.Printable(w.masker.Mask(s), most) }

func (w *way) sayReason(r Reason) Reason {
	for _, text := range []*string{&r.Message, &r.Received, &r.Expected, &r.Fix, &r.Place} {
		*text = w.say(*text, maxText)
	}
	return r
}

// Unfinished reports whether something stood in the way that may pass, rather than that the lease was found not to be
// due: nobody could look, or the job was cancelled.
func (e *DeniedError) Unfinished() bool {
	for _, r := range e.Reasons {
		switch r.Code {
		case CodeToken, CodeKeys, CodeGovernance, CodeProver, CodeStore, CodeRecord, CodeNotify, CodeFailed, CodeCancelled:
			return true
		}
	}
	return false
}
