package manifest

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseFactsRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit edit
		want []string
	}{
		{"unknown key", edit{"facts", `"change-author"`, `"change-writer"`}, []string{
			`f.json:4:72: unknown key "change-writer" in run: expected id, attempt, triggering-actor or change-author`,
		}},
		{"duplicate key", edit{"facts", `"version": 1,`, `"version": 1, "version": 1,`}, []string{
			`f.json:2:17: the facts file can't be read as JSON: this name is in the object twice: remove one, since readers differ in which counts`,
		}},
		{"not JSON", edit{"facts", `"version": 1,`, `version: 1,`}, []string{
			`f.json:2:3: the facts file can't be read as JSON: expected a name in double quotes`,
		}},
		{"version", edit{"facts", `"version": 1,`, `"version": 2,`}, []string{`f.json:2:14: version is 2: expected the number 1`}},
		{"two proofs in one", edit{"facts", `{ "signed-tag": {`, `{ "policy": { "rule": "data.curfew.x", "allow": true }, "signed-tag": {`}, []string{
			`f.json:10:7: triggers.2 has "policy" beside "signed-tag": expected exactly one of ticket, environment-approval, signed-tag, schedule and policy`,
		}},
		{"time without a zone", edit{"facts", `"2026-11-23T01:00:00Z"`, `"2026-11-23T01:00:00"`}, []string{
			`f.json:15:23: guard.taken is "2026-11-23T01:00:00": expected a time with its zone`,
		}},
		{"time as a number", edit{"facts", `"2026-11-23T01:00:00Z"`, `1795395600`}, []string{
			`f.json:15:23: guard.taken is the number 1795395600: expected a time with its zone`,
		}},
		{"truth as text", edit{"facts", `"allow": true`, `"allow": "true"`}, []string{
			`f.json:12:64: triggers.4.policy.allow is "true": expected true or false`,
		}},
		{"count as a fraction", edit{"facts", `"used": 0`, `"used": 0.5`}, []string{
			`f.json:7:69: triggers.0.ticket.used is the number 0.5: expected a whole number`,
		}},
		{"count below zero", edit{"facts", `"alive": 1`, `"alive": -1`}, []string{
			`f.json:18:89: ledger.leases.deploy/prod.alive is -1: expected a whole number`,
		}},
		{"null", edit{"facts", `"status": "Approved"`, `"status": null`}, []string{
			`f.json:6:83: triggers.0.ticket.status is empty: expected some text`,
		}},
		{"two faults", edit{"facts", `"id": "1205", "attempt": "1"`, `"id": 1205`}, []string{
			`f.json:4:3: run lacks "attempt": expected some text`, `f.json:4:18: run.id is the number 1205: expected some text`,
		}},
		{"ttl", edit{"facts", `"org": "acme/.github"`, `"ttl": "0m"`}, []string{
			`f.json:3:20: task.ttl is "0m": expected a whole number above 0 and m, h or d, at most ten years`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := loadScene(t)
			s.apply(t, []edit{tt.edit})
			_, _, errs := ParseFacts("f.json", []byte(s.facts))
			var got []string
			for _, e := range errs {
				got = append(got, e.Region.String()+": "+e.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseFactsTellsEmptyFromUnknown(t *testing.T) {
	_, facts, errs := ParseFacts("f.json", []byte(`{"version": 1}`))
	if errs != nil {
		t.Fatal(errs)
	}
	if diff := cmp.Diff(Facts{}, facts); diff != "" {
		t.Errorf("nothing is known (-want +got):\n%s", diff)
	}
	_, facts, errs = ParseFacts("f.json", []byte(`{"version": 1, "triggers": [], "members": {},
		"ledger": {"store": "s3://abc/def", "break-glass": [], "leases": {}}, "guard": {"taken": "2026-11-23T01:00:00+01:00", "bypass": []}}`))
	if errs != nil {
		t.Fatal(errs)
	}
	if facts.Triggers == nil || facts.Members == nil || facts.Ledger.BreakGlass == nil || facts.Ledger.Leases == nil || facts.Guard.Bypass == nil {
		t.Errorf("what is empty became unknown: %+v", facts)
	}
}

// TestDecisionOutput holds both renderings of one decision of each kind.
func TestDecisionOutput(t *testing.T) {
	for _, tt := range []struct {
		name  string
		grant string
		edits []edit
	}{
		{"allowed", "deploy/prod", nil},
		{"denied", "deploy/prod", []edit{
			{"claims", `"environment": "production"`, `"environment": "a\u001b[31m\n\u202eb"`},
			{"manifest", "ttl: 15m", "ttl: 45m"},
			{"facts", `"status": "Approved"`, `"status": "Open"`},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := loadScene(t)
			s.apply(t, tt.edits)
			d := s.decide(t, tt.grant)
			b, err := json.MarshalIndent(d, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "decide", tt.name+".json"), string(b)+"\n")
			golden(t, filepath.Join("testdata", "decide", tt.name+".txt"), d.Text())
			for i, line := range strings.Split(d.Text(), "\n") {
				if strings.ContainsAny(line, "\x1b\r\u202e") {
					t.Errorf("line %d moves the cursor: %q", i+1, line)
				}
			}
		})
	}
}

// TestDocumentedFactsParse reads the example of docs/decide.md.
func TestDocumentedFactsParse(t *testing.T) {
	_, after, ok := strings.Cut(string(read(t, "../../docs/decide.md")), "```json facts\n")
	example, _, closed := strings.Cut(after, "```")
	if !ok || !closed {
		t.Fatal("docs/decide.md has no example of a facts file")
	}
	task, facts, errs := ParseFacts("docs/decide.md", []byte(example))
	if errs != nil {
		t.Fatal(errs)
	}
	for name, v := range map[string]reflect.Value{"task": reflect.ValueOf(task), "facts": reflect.ValueOf(facts)} {
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("the example doesn't show %s.%s", name, v.Type().Field(i).Name)
			}
		}
	}
}

func TestCodesAreDocumented(t *testing.T) {
	doc := string(read(t, "../../docs/decide.md"))
	codes := regexp.MustCompile(`(?m)^\tCode\w+ +Code = "(.+)"$`).FindAllStringSubmatch(string(read(t, "standing_reason.go")), -1)
	if len(codes) < 20 {
		t.Fatalf("found %d codes only", len(codes))
	}
	for _, c := range codes {
		if strings.Count(doc, "| `"+c[1]+"` |") != 1 {
			t.Errorf("docs/decide.md doesn't say once what %s means", c[1])
		}
	}
}

// FuzzParseFacts holds that whatever is read is either refused with a place, or means the same when it is
// read once more.
func FuzzParseFacts(f *testing.F) {
	f.Add([]byte(`{"version": 1}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		task, facts, errs := ParseFacts("f.json", src)
		for _, e := range errs {
			if e.Region.Path != "f.json" || e.Region.Start.IsZero() || e.Message == "" || e.Try == "" {
				t.Errorf("an error lacks words or a place: %+v", e)
			}
		}
		task2, facts2, _ := ParseFacts("f.json", src)
		if diff := cmp.Diff(task, task2) + cmp.Diff(facts, facts2); diff != "" {
			t.Errorf("read otherwise the second time:\n%s", diff)
		}
	})
}
