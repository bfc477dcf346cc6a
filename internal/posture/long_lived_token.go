package posture

import (
	"fmt"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/secret"
)

// farAhead is how far ahead a token's end may lie before it counts as long-lived.
const farAhead = 24 * time.Hour

// longLivedToken reports credentials that outlive any task, in files other than workflows and actions,
// which hardcoded-credential judges. One that a manifest's exception registers by its file is marked as
// such until the exception is overdue.
func longLivedToken(p *Pass) {
	brought := p.brought()
	for i := range p.Tokens {
		t := &p.Tokens[i]
		why, severity := outlives(t, p.Now)
		if severity == 0 || t.Covered || t.Unlikely != "" || p.definition(t.Region.Path) {
			continue
		}
		f := finding.Finding{
			Severity:   severity,
			Message:    fmt.Sprintf("%s stands in %s, and %s", described(t), inWhat(t), why),
			Region:     t.Region,
			Label:      t.Kind,
			Fix:        tokenFix(t, severity),
			Key:        tokenKey(t),
			Credential: tokenCredential(t),
			Related:    brought[t.Place()],
		}
		p.except(&f, t)
		p.Report(f)
	}
	pastToken(p)
}

// tokenFix says what to do about t. Nobody revokes a private key: it is trusted until what trusts it is told otherwise.
// What only may be a credential may as well be made up, and then there is nothing to revoke.
func tokenFix(t *secret.Token, severity finding.Severity) string {
	fix := "revoke it and use a credential that ends with its job; where none will do, register it under `exceptions:` with `store: { file: PATH }`"
	if strings.HasSuffix(t.Kind, "private key") {
		fix = "replace it wherever it is trusted, by a credential that ends with its job; where none will do, register it under `exceptions:` with `store: { file: PATH }`"
	}
	if severity == finding.Low {
		return "if it opens something, " + fix + "; if it is made up, say so in a comment beside it: `curfew: ignore[long-lived-token] until=YYYY-MM-DD REASON`"
	}
	return fix
}

// inWhat is where t stands: a PKCS #12 file doesn't stand in a file.
func inWhat(t *secret.Token) string {
	if strings.HasSuffix(t.Kind, " file") {
		return "the tree"
	}
	return "a file"
}

// Ends reports whether t ends within a day, as what a job is given should, or has ended: it is no finding in a file.
func Ends(t *secret.Token, now time.Time) bool {
	_, severity := outlives(t, now)
	return severity == 0
}

// outlives says why t lives on when a job that uses it is over, and how bad that is; 0 where it doesn't.
func outlives(t *secret.Token, now time.Time) (why string, severity finding.Severity) {
	switch {
	case !t.Expires.IsZero() && t.Expires.After(now.Add(farAhead)):
		return "it lives until " + manifest.DateOf(t.Expires).String(), finding.High
	case !t.Expires.IsZero(), t.Lifetime == secret.ShortLived:
		return "", 0
	case t.Lifetime == secret.LongLived:
		return "its kind lives until somebody revokes it", finding.High
	}
	return "how long its kind lives isn't known", finding.Low
}

// definition reports whether path is a workflow or an action.
func (p *Pass) definition(path string) bool {
	for _, f := range p.Files {
		if f.Path == path {
			return true
		}
	}
	return false
}

// tokenKey tells t from other tokens of its file: by its value where that is too random to be guessed,
// otherwise by what found it and the key it stands under.
func tokenKey(t *secret.Token) string {
	if t.Strong {
		return t.Value.Fingerprint(t.Detector)
	}
	return t.Detector + " " + t.Key
}

// tokenCredential says which credential t is.
func tokenCredential(t *secret.Token) *finding.Credential {
	c := &finding.Credential{Detector: t.Detector, Kind: t.Kind}
	if t.Strong {
		c.Fingerprint = t.Value.Fingerprint(t.Detector)
	}
	return c
}

// described is what t is called, with what it says of itself: "a JSON Web Token (scope repo)".
func described(t *secret.Token) string {
	if told := t.Told(); told != "" {
		return fmt.Sprintf("%s (%s)", article(t.Kind), told)
	}
	return article(t.Kind)
}

// article puts "a" or "an" before what a kind of credential is called, as it is spoken: "an RSA private key".
func article(kind string) string {
	first, _, _ := strings.Cut(kind, " ")
	switch {
	case first == "user":
		return "a " + kind
	case first == "RSA", first == "SSH", first == "npm", kind != "" && strings.ContainsRune("aeiouAEIOU", rune(kind[0])):
		return "an " + kind
	}
	return "a " + kind
}
