package verify

import (
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

// Candidate is one found credential that the user asked about. What nobody asked about must not become one.
type Candidate struct {
	Index    int    // the caller's; Verify hands it back
	Detector string // the id of the rule that found it
	Value    redact.Secret
	Near     Near // what stands near it and belongs to it; Pair finds it
}

// Near is what a question needs besides the value itself.
type Near struct {
	AccessKeyID  redact.Secret // AWS: of a secret access key
	SecretKey    redact.Secret // AWS: of an access key id
	SessionToken redact.Secret // AWS: of temporary keys
	ClientEmail  string        // Google Cloud: whose key it is
	KeyID        string        // Google Cloud: private_key_id
}

// secrets lists all values that must not be told to anybody but the service.
func (c Candidate) secrets() []redact.Secret {
	all := []redact.Secret{c.Value, c.Near.AccessKeyID, c.Near.SecretKey, c.Near.SessionToken}
	return slices.DeleteFunc(all, func(s redact.Secret) bool { return s.Len() == 0 })
}

// Status is whether a credential works.
type Status string

// The statuses.
const (
	Live    Status = "live"    // its service took it
	Dead    Status = "dead"    // its service knows that it isn't valid
	Unknown Status = "unknown" // anything else; Result.Reason says what
)

// Result is what was learned of one Candidate. Its texts come from services that may be hostile: they are
// masked, bounded in length and free of control characters.
type Result struct {
	Index   int
	Status  Status
	Subject string    // whose it is: "user octocat", "arn:aws:iam::123456789012:user/ci"
	Scopes  []string  // what it may do, in the service's words, sorted; empty where the service doesn't say
	Expires time.Time // when it ends by itself; zero where it never does or nobody said
	Reason  string    // why it is dead or unknown; why scopes are missing
	Asked   string    // the hosts that got a request, "api.github.com"; empty where nothing was sent

	// Stranger is set on a dead one that its service doesn't know at all: it has been ended, or another server has issued
	// it, where it may live.
	Stranger bool
}
