package certify

import (
	"cmp"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
)

const (
	// Window is the time before a review in which a use counts.
	Window = 90 * 24 * time.Hour
	// Notice is how long before its deadline a review is due, where nothing else is said.
	Notice = 14 * 24 * time.Hour
	// Term is for how long an identity is renewed where no policy says identity-term: as long as a draft's.
	Term = 90 * 24 * time.Hour
)

// Input is what a review is made from.
type Input struct {
	Manifest *manifest.Manifest
	Policy   *manifest.Policy // the organisation's; nil where there is none
	Facts    manifest.Facts   // when identities were certified, and break-glass reviewed; what is absent is unknown
	Usage    *Usage           // nil: unknown, and then nothing is unused
	// Earlier is the manifest as it stood a Window ago: what it lacks is new, not unused. nil: unknown.
	Earlier *manifest.Manifest
	Notice  time.Duration // 0: the constant
	Now     time.Time
}

func (in Input) standing() manifest.Standing {
	return manifest.Standing{Manifest: in.Manifest, Policy: in.Policy, Facts: in.Facts, Now: in.Now}
}

// soon reports whether a deadline is near enough to be told of.
func (in Input) soon(deadline time.Time) bool {
	return !in.Now.Before(deadline.Add(-cmp.Or(in.Notice, Notice)))
}
