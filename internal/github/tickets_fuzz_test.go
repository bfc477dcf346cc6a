package github

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// FuzzTimeline: whatever a timeline holds, an approval is by an owner who set the label last, and names what one comment of
// his alone names.
func FuzzTimeline(f *testing.F) {
	const commit = "9f2c41e09f2c41e09f2c41e09f2c41e09f2c41e0"
	const zoe = `{"login":"zoe","id":3,"type":"User"}`
	f.Add([]byte(`[{"event":"commented","user":` + zoe + `,"body":"` + commit + `","created_at":"2026-11-28T12:00:00Z","updated_at":"2026-11-28T12:00:00Z"},
		{"event":"labeled","actor":` + zoe + `,"label":{"name":"approved"},"created_at":"2026-11-28T12:00:01Z"}]`))
	f.Add([]byte(`[{"event":"labeled","actor":` + zoe + `,"label":{"name":"approved"}},{"event":"unlabeled","label":{"name":"Approved"}}]`))
	f.Add([]byte(`[{"event":"labeled","actor":null,"label":null},{"event":"reopened"}]`))
	f.Fuzz(func(t *testing.T, src []byte) {
		var history []event
		if json.Unmarshal(src, &history) != nil {
			return
		}
		d := &ticketLook{members: []string{"@zoe"}, c: issuance.Case{Owner: "@zoe", Trigger: manifest.Trigger{Ticket: &manifest.TicketTrigger{References: manifest.ReferenceSHA}}}}
		p := manifest.TicketProof{Status: "approved"}
		if d.approved(history, &p) != "" {
			return
		}
		last := -1
		for n, e := range history {
			if (e.Event == "labeled" || e.Event == "unlabeled") && strings.EqualFold(e.Label.Name, "approved") {
				last = n
			}
		}
		if last < 0 || history[last].Event != "labeled" || history[last].Actor.Type != "User" || !strings.EqualFold(history[last].Actor.Login, "zoe") {
			t.Errorf("approved by %s", src)
		}
		if p.SHA != "" && !strings.Contains(string(src), p.SHA) {
			t.Errorf("%q is named nowhere in %s", p.SHA, src)
		}
	})
}
