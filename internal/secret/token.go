package secret

import (
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/source"
)

// Lifetime is how long a kind of credential lives by itself.
type Lifetime string

// The lifetimes.
const (
	LongLived  Lifetime = "long-lived"  // for days or months, or until somebody revokes it
	ShortLived Lifetime = "short-lived" // ends within a day without anybody's doing
	Unknown    Lifetime = "unknown"
)

// Token is one credential found in a file.
type Token struct {
	Detector string   // the id of the gitleaks rule or of ours that found it
	Kind     string   // what it is, in words: "AWS access key", "GitHub classic personal access token"
	Lifetime Lifetime // by its kind; of a JWT and the like, by what it says

	// Expires is when the value itself says that it ends (a JWT's exp, a signed URL's se); zero where it doesn't say.
	Expires time.Time

	// Since is when a commit first brought it in; zero where that isn't known. No Detector
	// sets it: whoever reads the history does.
	Since time.Time

	// Says is what the token says of itself that is no secret: its project, scopes, account.
	Says []Fact

	// Strong is set where the value has at least 100 random bits, so that its fingerprint gives
	// nothing away.
	Strong bool

	// Region holds exactly the secret's bytes as they stand in the file: of a value in base64,
	// hexadecimal, percent or Unicode escapes, the encoded text. It has a path and no place where the
	// file's name alone gave it away.
	Region source.Region

	// Value is the credential, decoded. It is empty where Region has no place.
	Value redact.Secret

	// Written is Region's bytes where they differ from Value, as they do for an encoded one.
	Written redact.Secret

	Key string // the enclosing key, where one is near: "password", "NPM_TOKEN"

	// Covered is set where another token of the same file explains these bytes better. A covered token
	// is masked like any other, but is no finding of its own.
	Covered bool

	// Unlikely says why a guess is most likely no credential; "" for any other token. Such a token is
	// masked like any other, but is no finding of its own: CountLeftOut says how many there are.
	Unlikely Unlikely

	// Allowed is set where gitleaks itself would keep silent because a line of Region carries
	// "gitleaks:allow". Whoever writes the file may not switch us off, so such a token is found all the
	// same; whoever reports it can say why that comment did nothing.
	Allowed bool
}

// Place is what makes two tokens the same credential, in the tree or in the history: one value at one path.
type Place struct{ path, detector, value string }

// Place is where t stands, and what it is.
func (t *Token) Place() Place {
	return Place{t.Region.Path, t.Detector, t.Value.Fingerprint("")}
}

// NewMasker makes a masker for the values of tokens, as they are and as they were written.
func NewMasker(tokens ...Token) *redact.Masker {
	var values []redact.Secret
	for i := range tokens {
		values = append(values, tokens[i].Value, tokens[i].Written)
	}
	return redact.NewMasker(values...)
}

// Ranges lists the byte ranges of those tokens that stand in path, for redact.MaskRanges.
func Ranges(path string, tokens ...Token) []redact.Range {
	var out []redact.Range
	for i := range tokens {
		if r := tokens[i].Region; r.Path == path && !r.Span.IsZero() {
			out = append(out, redact.Range{Start: r.Start.Offset, End: r.End.Offset})
		}
	}
	return out
}
