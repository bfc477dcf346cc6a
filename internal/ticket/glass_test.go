package ticket

import (
	"strings"
	"testing"
	"time"
)

// TestGlass: the ticket names all there is to know, mentions whom it must, and what the activator says stays text.
func TestGlass(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	g := Glass{
		Use: "987654/1205/01JD9Z6Q4T8K0000000000000A", Repository: "acme/web", Run: "1205", Job: "deploy", Entry: "oncall", Grant: "deploy/prod",
		Activator: "@alice", Incident: "INC-7 | x", Reason: "**down** @acme/everyone <!-- #1 [x](https://evil.example) ` " + memoMark + "x\n# head",
		TTL: 10 * time.Minute, Used: at, Due: at.Add(24 * time.Hour), Reviewer: "@acme/appsec", Owner: "@acme/payments", Project: "acme/ops",
	}
	d := g.Draft()
	text := d.Body.Markdown()
	for _, want := range []string{g.Use, "deploy/prod", "2026-11-29 12:00 UTC", "at most | 10m |", " @acme/appsec and @acme/payments", "`1205`"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, bad := range []string{"@acme/everyone", "<!--", " #1", "**down", "](https://", "\n# head", memoMark, " @alice", "INC-7 |"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q in\n%s", bad, text)
		}
	}
	if print, _ := ReadLabels(d.Labels); print != "" || d.Project != "acme/ops" || strings.Contains(d.Title, "@alice") || !d.Due.Equal(g.Due) {
		t.Errorf("%+v", d)
	}
	for name, rendered := range map[string]string{"wiki": d.Body.Wiki(), "plain": d.Body.PlainText()} {
		if !strings.Contains(rendered, "01JD9Z6Q4T8K0000000000000A") || strings.Contains(rendered, "@acme/everyone") {
			t.Errorf("%s:\n%s", name, rendered)
		}
	}
}
