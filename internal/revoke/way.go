package revoke

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/verify"
)

// way is how one service ends one kind of credential.
type way struct {
	service   string
	detectors []string
	prefixes  []string // with which its values begin; none: any value
	base      string   // the service's own address; "" where the user must name it
	fixed     bool     // the service does it at its own address alone

	method string
	path   []string // placeholder stands for the credential
	header func(redact.Secret) http.Header
	body   func(redact.Secret) []byte
	read   func(courier.Answer) word
	signed bool // by the user's own AWS keys, in two requests
	blind  bool // the answer is the same whatever is sent: whether it works is asked before, too

	carries, ends, back, told, docs string // for a person
}

// placeholder stands for the credential in a path.
const placeholder = "{credential}"

// word is what an answer says became of the credential.
type word struct {
	kind wordKind
	code string // the service's own, where it has one that can't be part of a credential
}

type wordKind int

const (
	refused  wordKind = iota // not done
	accepted                 // to be done, soon
	revoked                  // done
	unheard                  // no answer that says anything
)

// ways are all that are known, each from its service's own documentation.
func ways() []way {
	all := append(gitHubWays(), gitLabWay(), vaultWay(), npmWay(), slackWay(), awsWay())
	return slices.Clip(all)
}

// takes reports whether w is for a candidate.
func (w *way) takes(c verify.Candidate) bool {
	fits := func(prefix string) bool { return strings.HasPrefix(string(c.Value.Reveal()), prefix) }
	return slices.Contains(w.detectors, c.Detector) && (len(w.prefixes) == 0 || slices.ContainsFunc(w.prefixes, fits))
}

// pathFor is the path of a request about a credential.
func (w *way) pathFor(s redact.Secret) []string {
	path := slices.Clone(w.path)
	for i := range path {
		if path[i] == placeholder {
			path[i] = string(s.Reveal())
		}
	}
	return path
}

// NoWayError is why nothing here ends a credential. Whoever has it says what to do by hand instead.
type NoWayError struct{ Why string }

func (e *NoWayError) Error() string { return e.Why }

// noWay says why nothing ends a candidate that no way takes.
func noWay(c verify.Candidate) *NoWayError {
	switch d := c.Detector; {
	case d == "aws-secret-access-key":
		return &NoWayError{"an access key is ended by its id, and which id a secret key belongs to isn't certain: name the finding of the id"}
	case d == "aws-access-token", d == "aws-session-token":
		return &NoWayError{"temporary keys can't be ended one by one: their role's older sessions can, all together"}
	case d == "vault-batch-token", d == "openbao-batch-token":
		return &NoWayError{"a batch token can't be revoked: it ends with its time, or with its parent"}
	case strings.HasPrefix(d, "pypi-"), strings.HasPrefix(d, "testpypi-"):
		return &NoWayError{"PyPI has no API that revokes a token"}
	}
	return &NoWayError{fmt.Sprintf("no API is known here that ends what %s finds", c.Detector)}
}
