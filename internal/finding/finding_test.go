package finding_test

import (
	"encoding/json"
	"testing"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/source"
)

func at(path string, line int) source.Region {
	pos := source.Pos{Line: line, Col: 1, Offset: line * 10}
	return source.Region{Path: path, Span: source.Span{Start: pos, End: pos}}
}

func TestSeverityNamesRoundTrip(t *testing.T) {
	for _, s := range finding.Severities() {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got finding.Severity
		if err := json.Unmarshal(b, &got); err != nil || got != s {
			t.Errorf("%s came back as %v, %v", b, got, err)
		}
	}
	if _, err := finding.ParseSeverity("grave"); err == nil {
		t.Error(`ParseSeverity("grave") succeeded`)
	}
}

func TestFingerprintsSurviveMovedLines(t *testing.T) {
	before := []finding.Finding{{Rule: "r", Region: at("a.yml", 3), Key: "k"}}
	after := []finding.Finding{{Rule: "r", Region: at("a.yml", 300), Key: "k"}}
	finding.Assign(before)
	finding.Assign(after)
	if before[0].Fingerprint != after[0].Fingerprint {
		t.Error("moving a finding changed its fingerprint")
	}
}

func TestFingerprintsDiffer(t *testing.T) {
	fs := []finding.Finding{
		{Rule: "r", Region: at("a.yml", 1), Key: "k"},
		{Rule: "r", Region: at("a.yml", 2), Key: "k"},
		{Rule: "r", Region: at("a.yml", 3), Key: "l"},
		{Rule: "s", Region: at("a.yml", 4), Key: "k"},
		{Rule: "r", Region: at("b.yml", 1), Key: "k"},
	}
	finding.Assign(fs)
	seen := map[string]int{}
	for i, f := range fs {
		if j, ok := seen[f.Fingerprint]; ok {
			t.Errorf("findings %d and %d share a fingerprint", i, j)
		}
		seen[f.Fingerprint] = i
	}
}
