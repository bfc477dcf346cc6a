package verify

import (
	"bytes"
	"regexp"

	"github.com/curfew-ci/curfew/internal/redact"
)

// Found is a credential that was found in a text.
type Found struct {
	Index      int // the caller's, for Candidate
	Detector   string
	Value      redact.Secret
	Start, End int // where it stands, in bytes
}

// near is how far apart, in bytes, things may stand that belong together.
const near = 2 << 10

// Pair makes a Candidate of each credential found in text, with what belongs to it: of AWS' keys the
// nearest other half, of a Google service account's key the account in the same object of JSON.
func Pair(text []byte, found []Found) []Candidate {
	out := make([]Candidate, len(found))
	for i, f := range found {
		c := Candidate{Index: f.Index, Detector: f.Detector, Value: f.Value}
		switch f.Detector {
		case "aws-access-token":
			c.Near.SecretKey = nearest(found, f, awsSecretKey)
			c.Near.SessionToken = nearest(found, f, "aws-session-token")
		case awsSecretKey:
			c.Near.AccessKeyID = nearest(found, f, "aws-access-token")
			c.Near.SessionToken = nearest(found, f, "aws-session-token")
		case "gcp-service-account-key":
			// Quotes have backslashes before them where the file stands in a string of another.
			c.Near.ClientEmail = nearestField(text, f, `"client_email\\*"\s*:\s*\\*"([^"\\\s]{3,254})`)
			c.Near.KeyID = nearestField(text, f, `"private_key_id\\*"\s*:\s*\\*"([0-9a-f]{40})`)
		}
		out[i] = c
	}
	return out
}

// apart is how many bytes lie between f and start, end.
func (f Found) apart(start, end int) int {
	return max(start-f.End, f.Start-end, 0)
}

// nearest is the value of detector that stands nearest to f; of two as near the earlier.
func nearest(found []Found, f Found, detector string) redact.Secret {
	var best redact.Secret
	least := near
	for _, other := range found {
		if d := f.apart(other.Start, other.End); other.Detector == detector && d < least {
			best, least = other.Value, d
		}
	}
	return best
}

// nearestField is what the group of pattern holds where it stands nearest to f and in the same object: no
// brace lies between them.
func nearestField(text []byte, f Found, pattern string) string {
	from, to := max(f.Start-near, 0), min(f.End+near, len(text))
	if from >= to {
		return ""
	}
	best, least := "", near
	for _, m := range regexp.MustCompile(pattern).FindAllSubmatchIndex(text[from:to], -1) {
		between := text[min(from+m[1], f.End):max(f.Start, from+m[0])]
		if d := f.apart(from+m[0], from+m[1]); d < least && !bytes.ContainsAny(between, "{}") {
			best, least = string(text[from+m[2]:from+m[3]]), d
		}
	}
	return best
}
