package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	maxText   = 200 // characters of one text that a service sent
	maxScopes = 100
	minPiece  = 8 // bytes of a value that are hidden wherever they stand, though the rest of it is missing
)

// clean turns a verdict into a Result fit to be printed.
func clean(v verdict, secrets []redact.Secret, asked string) Result {
	tidy := func(s string) string { return Tidy(s, maxText, secrets...) }
	r := Result{Status: v.Status, Subject: tidy(v.Subject), Expires: v.Expires, Reason: tidy(v.Reason), Asked: asked}
	for _, s := range v.Scopes {
		if s = strings.TrimSpace(s); s != "" {
			r.Scopes = append(r.Scopes, tidy(s))
		}
	}
	slices.Sort(r.Scopes)
	r.Scopes = slices.Compact(r.Scopes)
	if more := len(r.Scopes) - maxScopes; more > 0 {
		r.Scopes = append(r.Scopes[:maxScopes], fmt.Sprintf("… and %d more", more))
	}
	return r
}

// Tidy is a text that may repeat what a service sent, without secrets and pieces of them, free of control characters and
// cut to limit characters.
func Tidy(text string, limit int, secrets ...redact.Secret) string {
	return courier.Printable(hidePieces(redact.NewMasker(secrets...).Mask(text), secrets), limit)
}

// hidePieces hides what services quote of a value they half hide themselves ("sk-abcd…wxyz"): every run of
// minPiece bytes that stands in a value.
func hidePieces(text string, secrets []redact.Secret) string {
	var hits []redact.Range
	for _, s := range secrets {
		value := string(s.Reveal())
		for i := 0; i+minPiece <= len(text); i++ {
			if strings.Contains(value, text[i:i+minPiece]) {
				hits = append(hits, redact.Range{Start: i, End: i + minPiece})
			}
		}
	}
	return redact.MaskRanges([]byte(text), hits)
}
