package secret

import (
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/source"
)

// Lifetime is how long a kind of credential lives by itself.
type Lifetime string

// The lifetimes.
const (
	LongLived  Lifetime = "long-lived"  // until somebody revokes it
	ShortLived Lifetime = "short-lived" // ends within hours without anybody's doing
	Unknown    Lifetime = "unknown"
)

// Token is one credential found in a file.
type Token struct {
	Detector string   // the id of the gitleaks rule or of ours that found it
	Kind     string   // what it is, in words: "AWS access key", "GitHub classic PAT"
	Lifetime Lifetime // by its kind
	Strong   bool     // at least 100 random bits, so that its fingerprint gives nothing away
	Region   source.Region
	Value    redact.Secret
	Key      string // the enclosing key, where one is near: "password", "NPM_TOKEN"
}
