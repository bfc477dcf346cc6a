package posture

import (
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/rules"
)

func TestRunNamesTheCheckThatPanics(t *testing.T) {
	all, err := rules.All()
	if err != nil {
		t.Fatal(err)
	}
	quiet := Check{"token-default", func(p *Pass) { p.Report(finding.Finding{Message: "m"}) }}
	loud := Check{"secrets-inherit", func(*Pass) { panic("lost") }}
	found, err := run(&Facts{Usage: &usage.Repo{}}, []Check{quiet, loud}, all)
	if err == nil || !strings.Contains(err.Error(), "secrets-inherit") || !strings.Contains(err.Error(), "lost") || found != nil {
		t.Errorf("got %v, %v: expected no findings and an error that names the check", found, err)
	}
	found, err = run(&Facts{Usage: &usage.Repo{}}, []Check{quiet}, all)
	if err != nil || len(found) != 1 || found[0].Rule != "token-default" || found[0].Severity != finding.Medium || found[0].Fingerprint == "" {
		t.Errorf("got %+v, %v: expected one finding with the rule's id and severity", found, err)
	}
}

func TestRunRefusesACheckWithoutAPage(t *testing.T) {
	_, err := run(&Facts{}, []Check{{"nobody-knows", func(*Pass) {}}}, nil)
	if err == nil || !strings.Contains(err.Error(), "rules/nobody-knows.md") {
		t.Errorf("error %v: expected it to name the missing page", err)
	}
}

// TestFingerprintsSurviveMovedLines adds lines above everything that the pages' examples hold: what is
// found keeps its fingerprint.
func TestFingerprintsSurviveMovedLines(t *testing.T) {
	all, err := rules.All()
	if err != nil {
		t.Fatal(err)
	}
	know := newKnowledge(t)
	checked := 0
	for _, r := range all {
		for _, e := range r.Bad {
			src, _ := e.Wants()
			before := archive(fill(src))
			after := archive(fill(src))
			for i := range after {
				if path := after[i].path; !strings.HasSuffix(path, ".json") && !strings.HasSuffix(path, "CODEOWNERS") { // into which no findings point
					after[i].src = "# one\n# two\n" + after[i].src
				}
			}
			want, got := know.runAll(t, before), know.runAll(t, after)
			if len(want) != len(got) {
				t.Fatalf("%s.md:%d: %d findings, %d after moving them", r.ID, e.Line, len(want), len(got))
			}
			for i := range want {
				checked++
				if want[i].Fingerprint != got[i].Fingerprint {
					t.Errorf("%s.md:%d: %q: the fingerprint changed when lines moved", r.ID, e.Line, want[i].Message)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d findings were compared", checked)
	}
}

// cases is a table of small repositories and what one rule says of each, as "path:line severity message".
type cases []struct {
	name, src string
	want      []string
}

func (cs cases) run(t *testing.T, rule string) {
	t.Helper()
	know := newKnowledge(t)
	for _, c := range cs {
		t.Run(c.name, func(t *testing.T) {
			t.Helper()
			files := archive(fill(c.src))
			var got []string
			for _, f := range know.runAll(t, files) {
				if f.Rule == rule {
					got = append(got, said(&f))
				}
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(c.want, "\n\t"))
			}
		})
	}
}

// said renders a finding as a table of cases holds it.
func said(f *finding.Finding) string {
	out := strings.TrimPrefix(f.Region.String(), ".github/workflows/") + " " + f.Severity.String() + " " + f.Message
	if f.Suppressed != nil {
		out += " [" + f.Suppressed.Kind + " " + f.Suppressed.Until + "]"
	}
	return out + " | " + f.Fix
}

func page(t *testing.T, id string) *rules.Rule {
	t.Helper()
	r, err := rules.Lookup(id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
