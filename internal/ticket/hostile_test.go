package ticket_test

import (
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// TestMemoFits: whatever a repository calls its files and secrets, a ticket's memo fits into the shortest text that any
// tracker has, which is ServiceNow's.
func TestMemoFits(t *testing.T) {
	for name, char := range map[string]string{"a letter": "a", "a control": "\x01", "markup": "<", "an emoji": "\U0001f600", "no UTF-8": "\xff", "a separator": "\u2028"} {
		var fs []finding.Finding
		for i := range 20 {
			f := secretRead(strings.Repeat(char, 300), "web", i+1, finding.High)
			f.Region = region(strings.Repeat(char, 38/len(char))+string(rune('a'+i)), i+1) // 800 bytes in all
			fs = append(fs, f)
		}
		in := newWorld(t).input(result(fs...))
		in.Repository = strings.Repeat("o", 100) + "/" + strings.Repeat("r", 100)
		plan, err := ticket.Plan(nil, in)
		if err != nil || len(plan.Changes) != 1 {
			t.Fatalf("%s: %+v, %v", name, plan, err)
		}
		d := plan.Changes[0].Draft
		const limit = 4000
		if text := d.Body.Fit(limit, ticket.Document.PlainText); len(text) > limit || ticket.ReadMemo(text).Root != d.Fingerprint {
			t.Errorf("%s: %d bytes", name, len(text))
		}
	}
}
