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
	for _, typ := range Types() {
		form, ok := formOf(typ)
		row := "| `" + string(typ) + "` | `" + string(form.outcome) + "` | " + strings.Join(hasOf(typ, form), ", ") + " |"
		if row = strings.ReplaceAll(row, "  |", " |"); !ok || !bytes.Contains(page, []byte(row)) {
			t.Errorf("docs/ledger.md has no row %s", row)
		}
	}
}

// hasOf is what a type's row says that it has.
func hasOf(typ Type, form form) []string {
	var has []string
	switch {
	case form.notAfter:
		has = append(has, "credential with `not_after`")
	case form.handle:
		has = append(has, "credential with `handle` or `fingerprint`")
	case form.credential:
		has = append(has, "credential")
	}
	switch {
	case typ == LeaseDenied:
		has = append(has, "decision with reasons")
	case form.decision:
		has = append(has, "decision")
	}
	for _, part := range []struct {
		name string
		has  bool
	}{{"ticket", form.ticket}, {"finding", form.finding}, {"inventory", form.inventory}, {"certification", form.certification}, {"session", form.session}} {
		if part.has {
			has = append(has, part.name)
		}
	}
	return has
}
