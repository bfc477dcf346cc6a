package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
)

// maxResult is how many bytes Read takes.
const maxResult = 256 << 20

// writeJSON writes r in the form that docs/result.schema.json describes. Bytes that aren't UTF-8 become
// U+FFFD, as JSON has no way to say them.
func writeJSON(w io.Writer, r *scan.Result) error {
	out := *r
	if out.Findings == nil {
		out.Findings = []finding.Finding{}
	}
	if out.NotChecked == nil {
		out.NotChecked = []scan.NotChecked{}
	}
	if out.Checked.Sources == nil {
		out.Checked.Sources = []scan.Source{}
	}
	if out.LeftOut.Unlikely == nil {
		out.LeftOut.Unlikely = []scan.Unlikely{}
	}
	return encode(w, &out)
}

// Read reads a Result that Write wrote as JSON. It refuses another schema version, fields it doesn't
// know and anything after the Result: who acts on half of one would act wrongly.
func Read(r io.Reader) (*scan.Result, error) {
	src, err := io.ReadAll(io.LimitReader(r, maxResult+1))
	if err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	if len(src) > maxResult {
		return nil, fmt.Errorf("read result: larger than %d MiB", maxResult>>20)
	}
	var head struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(src, &head); err != nil {
		return nil, fmt.Errorf("read result: %w: expected what `curfew scan --format json` wrote", err)
	}
	if head.Schema == nil {
		return nil, errors.New("read result: not a result of curfew scan --format json: it has no \"schema\"")
	}
	if *head.Schema != scan.Schema {
		return nil, fmt.Errorf("read result: it has schema %d, this curfew reads %d: scan again with this version", *head.Schema, scan.Schema)
	}
	var out scan.Result
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	if out.Of.Time.IsZero() {
		return nil, errors.New("read result: it doesn't say of when it is: scan again with this version")
	}
	if err := checkLooked(&out.Checked); err != nil {
		return nil, err
	}
	for i := range out.Findings {
		if f := &out.Findings[i]; f.Severity == 0 || f.Rule == "" {
			return nil, fmt.Errorf("read result: finding %d lacks a rule or a severity", i)
		}
	}
	return &out, nil
}

// checkLooked refuses a result that doesn't say what was looked at: it would pass for one of which all is well.
func checkLooked(c *scan.Checked) error {
	if !slices.Contains([]scan.Scope{scan.InTree, scan.InHistory, scan.InDiff, scan.InIndex, scan.InText}, c.Scope) {
		return fmt.Errorf("read result: it doesn't say what was searched: unknown scope %q", c.Scope)
	}
	for _, s := range c.Sources {
		if !slices.Contains(scan.Sources(), s) {
			return fmt.Errorf("read result: it says that %q was read, which no scan reads", s)
		}
	}
	return nil
}

// encode writes v as indented JSON that is safe to print: what visible would escape in other formats is
// written as \u escapes here, which lose nothing.
func encode(w io.Writer, v any) error {
	text, err := jsontree.Indented(v)
	if err != nil {
		return err
	}
	_, err = w.Write(escapeJSON(text))
	return err
}

// escapeJSON replaces code points in JSON text that have no shape of their own, and the bracket of
// "##[", by \u escapes. Outside of strings JSON has neither. U+FFFD is escaped because encoding/json
// does so where it stands for a byte that isn't UTF-8: what is read back is written the same.
func escapeJSON(src []byte) []byte {
	out := make([]byte, 0, len(src)+len(src)/16)
	hashes := 0
	for len(src) > 0 {
		r, size := utf8.DecodeRune(src)
		switch {
		case r == '[' && hashes >= 2, r == utf8.RuneError, r != '\n' && markup.Invisible(r):
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		default:
			out = append(out, src[:size]...)
		}
		hashes = markup.Hashes(hashes, r)
		src = src[size:]
	}
	return out
}
