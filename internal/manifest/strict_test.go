package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// TestUnquotedDates takes the quotes off every date, one by one.
func TestUnquotedDates(t *testing.T) {
	quoted := regexp.MustCompile(`["'](\d{4}-\d{2}-\d{2})["']`)
	count := 0
	for _, name := range files(t, "valid/*.yml") {
		src := read(t, name)
		for _, at := range quoted.FindAllSubmatchIndex(src, -1) {
			if comment := bytes.LastIndexByte(src[:at[0]], '#'); comment > bytes.LastIndexByte(src[:at[0]], '\n') {
				continue
			}
			count++
			m, errs := Parse(name, slices.Concat(src[:at[0]], src[at[2]:at[3]], src[at[1]:]))
			if m != nil || len(errs) != 1 || errs[0].Region.Start.Offset != at[0] || !strings.Contains(errs[0].Message, "unquoted date") {
				t.Errorf("%s without quotes at byte %d: %v", name, at[0], errs)
			}
		}
	}
	if count < 6 {
		t.Errorf("only %d dates: does the test still find them?", count)
	}
}

// TestUnknownKeysEverywhere puts a key that nobody knows, and a key twice, into every mapping.
func TestUnknownKeysEverywhere(t *testing.T) {
	free := regexp.MustCompile(`/(owners|identities|exceptions|break-glass|claims|token|grants|permissions|names|read|people)$`)
	count := 0
	for _, name := range append(files(t, "valid/*.yml"), files(t, "valid-org/*.yml")...) {
		src := read(t, name)
		doc, err := yamltree.Parse(name, src, yamltree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		each(doc.Root, "", func(ptr string, n *yamltree.Node) {
			if n.Kind != yamltree.Mapping || len(n.Pairs) == 0 || n.Pairs[0].Merged {
				return
			}
			keys := []string{n.Pairs[0].Key.Value}
			if !free.MatchString(ptr) {
				keys = append(keys, "no-such-key")
			}
			for _, key := range keys {
				count++
				changed := insert(src, n, quote(key)+": x")
				if ok, errs := parseErrors(name, changed); ok || !strings.Contains(errs.Error(), quote(key)) {
					t.Errorf("%s with another key %q in %s: %v", name, key, ptr, errs)
				}
			}
		})
	}
	if count < 200 {
		t.Errorf("only %d mappings: does the test still find them?", count)
	}
}

// insert puts an entry before the first key of a mapping, in the mapping's own style.
func insert(src []byte, n *yamltree.Node, entry string) []byte {
	at := n.Pairs[0].Key.Span.Start
	if n.Flow {
		entry += ", "
	} else {
		entry += "\n" + strings.Repeat(" ", at.Col-1)
	}
	return slices.Concat(src[:at.Offset], []byte(entry), src[at.Offset:])
}

// each visits the nodes that stand in the file, those that aliases bring again left out.
func each(n *yamltree.Node, ptr string, f func(string, *yamltree.Node)) {
	if !n.Alias.IsZero() {
		return
	}
	f(ptr, n)
	for _, p := range n.Pairs {
		if !p.Merged {
			each(p.Value, ptr+Pointer(p.Key.Value), f)
		}
	}
	for i, item := range n.Items {
		each(item, ptr+Pointer(strconv.Itoa(i)), f)
	}
}

func TestTooLarge(t *testing.T) {
	src := append(read(t, "testdata/valid/smallest.yml"), bytes.Repeat([]byte("#"), MaxBytes)...)
	if m, errs := Parse("x.yml", src[:MaxBytes]); m == nil {
		t.Errorf("%d bytes are refused: %v", MaxBytes, errs)
	}
	m, errs := Parse("x.yml", src[:MaxBytes+1])
	if m != nil || len(errs) != 1 || errs[0].Region.String() != "x.yml:1:1" || !strings.Contains(errs[0].Message, "1048577 bytes") {
		t.Errorf("%v", errs)
	}
}

func TestErrorsIsNil(t *testing.T) {
	_, errs := Parse("x.yml", []byte("version: 1\n"))
	if err := errs.Err(); err != nil || len(errs) != 0 {
		t.Errorf("no error is %v", err)
	}
	errs = Errors{{Region: source.Region{Path: "x.yml"}, Message: "a", Try: "b"}}
	if err := errs.Err(); err == nil || err.Error() != "x.yml: a\n  try: b" {
		t.Errorf("%v", err)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"owner", "purpose", "privilege", "runs-as", "token"}
	for name, want := range map[string]string{
		"purpse": "purpose", "pruposes": "purpose", "Owner": "owner", "runs_as": "runs-as", "runsas": "runs-as", "tokens": "token",
		"privileged": "privilege", "x": "", "secrets": "", "role": "", strings.Repeat("a", 1000): "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("nearest to %q is %q, not %q", name, got, want)
		}
	}
}

// TestGoldenHasItsInput fails for a golden file whose input is gone.
func TestGoldenHasItsInput(t *testing.T) {
	for _, name := range append(files(t, "bad*/*.golden"), files(t, "faults/*.golden")...) {
		if _, err := os.Stat(strings.TrimSuffix(name, ".golden") + ".yml"); err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
	}
}

// TestManyMistakes gives the decoder what would take it minutes if it looked for each name among all.
func TestManyMistakes(t *testing.T) {
	const unknown, known = 30000, 4000
	var b strings.Builder
	b.WriteString("version: 1\nidentities:\n  a:\n    secrets:\n")
	for i := range unknown {
		b.WriteString("      - unknown" + strconv.Itoa(i) + "\n")
	}
	b.WriteString("exceptions:\n")
	for i := range known {
		b.WriteString("  known" + strconv.Itoa(i) + ": {}\n")
	}
	started := time.Now()
	_, errs := Parse("x.yml", []byte(b.String()))
	if took := time.Since(started); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
	if want := unknown + 4 + known*7; len(errs) != want {
		t.Errorf("%d errors, not %d", len(errs), want)
	}
}
