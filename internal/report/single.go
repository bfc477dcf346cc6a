package report

import (
	"io"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
)

// WriteFinding writes one finding as it stands in the text report.
func WriteFinding(w io.Writer, f *finding.Finding, color bool) error {
	var b strings.Builder
	id := f.Fingerprint[:min(len(f.Fingerprint), minPrefix)]
	textFinding(&b, paint(color), f, id)
	_, err := io.WriteString(w, b.String())
	return err
}
