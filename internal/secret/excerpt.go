package secret

import (
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/source"
)

const (
	// excerptLines is how much of a long region is shown.
	excerptLines = 5
	// excerptBytes is how long a line may be for it to be shown. Nobody reads a longer one, and a file of
	// one line with thousands of credentials would be shown thousands of times.
	excerptBytes = 4 << 10
)

// Excerpt returns the lines of text under r, at most five, in which hidden ranges of the text and all
// values that masker knows are masked code point by code point. It is empty where r has no place, or a line is
// longer than 4 KiB.
func Excerpt(text *source.Text, r source.Region, hidden []redact.Range, masker *redact.Masker) []string {
	if text == nil || r.Span.IsZero() {
		return nil
	}
	var out []string
	last := min(r.End.Line, r.Start.Line+excerptLines-1, text.Lines())
	for n := r.Start.Line; n <= last; n++ {
		start, line := text.Start(n), text.LineAt(n)
		if len(line) > excerptBytes {
			return nil
		}
		var inLine []redact.Range
		for _, h := range hidden {
			if h.Start < start+len(line) && start < h.End {
				inLine = append(inLine, redact.Range{Start: h.Start - start, End: h.End - start})
			}
		}
		out = append(out, masker.MaskLine(line, inLine))
	}
	return out
}
