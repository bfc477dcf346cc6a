package ledger

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPage holds docs/ledger.md to the code: its record is one, and its table the types'.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/ledger.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("no record in docs/ledger.md")
	}
	var line bytes.Buffer
	if err := json.Compact(&line, block[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode("docs/ledger.md", line.Bytes()); err != nil {
		t.Errorf("its record: %v", err)
	}
	for _, typ := range []Type{LeaseIntent, LeaseIssued, LeaseDenied, LeaseRenewed, LeaseRevoked, LeaseEnded, LeaseExpireOnly, LeaseFailed} {
		form, ok := issuanceOf(typ)
		var has []string
		if form.credential && form.notAfter {
			has = append(has, "credential with `not_after`")
		} else if form.credential {
			has = append(has, "credential")
		}
		switch {
		case typ == LeaseDenied:
			has = append(has, "decision with reasons")
		case form.decision:
			has = append(has, "decision")
		}
		row := "| `" + string(typ) + "` | `" + string(form.outcome) + "` | " + strings.Join(has, ", ") + " |"
		if row = strings.ReplaceAll(row, "  |", " |"); !ok || !bytes.Contains(page, []byte(row)) {
			t.Errorf("docs/ledger.md has no row %s", row)
		}
	}
}
