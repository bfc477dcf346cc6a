package secret

import (
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/source"
)

// excerptLines is how much of a long region is shown.
const excerptLines = 5

// Excerpt returns the lines of text under r, at most five, in which hidden ranges of the text and all
// values that masker knows are masked code point by code point. It is empty where r has no place.
func Excerpt(text *source.Text, r source.Region, hidden []redact.Range, masker *redact.Masker) []string {
	if text == nil || r.Span.IsZero() {
		return nil
	}
	var out []string
	last := min(r.End.Line, r.Start.Line+excerptLines-1, text.Lines())
	for n := r.Start.Line; n <= last; n++ {
		start := text.Start(n)
		inLine := make([]redact.Range, 0, len(hidden))
		for _, h := range hidden {
			inLine = append(inLine, redact.Range{Start: h.Start - start, End: h.End - start})
		}
		out = append(out, masker.MaskLine(text.LineAt(n), inLine))
	}
	return out
}
