package recording

import (
	"slices"

	"github.com/curfew-ci/curfew/internal/redact"
)

// Found is a credential in a text.
type Found struct {
	redact.Range                 // its bytes
	Values       []redact.Secret // what is hidden wherever it turns up from here on; may be none
}

// Search finds the credentials in a text. Its error says nothing of the text.
type Search func(text []byte) ([]Found, error)

// find is s over what a terminal shows of text: what it doesn't show hides a credential from no reader, and mustn't hide it from the
// search. Private keys are found though they were cut off, which no rule knows. What is found is placed in text itself.
func (s Search) find(text []byte) ([]Found, error) {
	plain, at := seen(text)
	found, err := s(plain)
	if err != nil {
		return nil, err
	}
	out := append(slices.Clone(found), keyBodies(plain)...)
	for i, f := range out {
		if at != nil && f.Start < f.End && f.Start >= 0 && f.End <= len(plain) {
			out[i].Range = redact.Range{Start: at[f.Start], End: at[f.End-1] + 1}
		}
	}
	return out, nil
}

// mask is a text without the credentials in it.
func (s Search) mask(text string) (string, error) {
	found, err := s.find([]byte(text))
	if err != nil {
		return "", err
	}
	var out []byte
	at := 0
	for _, r := range rangesOf(found, len(text)) {
		out = append(append(out, text[at:r.Start]...), redact.Placeholder...)
		at = r.End
	}
	return string(append(out, text[at:]...)), nil
}

// rangesOf is where credentials stand in a text of n bytes, in order, those that touch each other as one.
func rangesOf(found []Found, n int) []redact.Range {
	var all []redact.Range
	for _, f := range found {
		if r := (redact.Range{Start: max(f.Start, 0), End: min(f.End, n)}); r.Start < r.End {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b redact.Range) int { return a.Start - b.Start })
	var out []redact.Range
	for _, r := range all {
		if last := len(out) - 1; last >= 0 && r.Start <= out[last].End {
			out[last].End = max(out[last].End, r.End)
			continue
		}
		out = append(out, r)
	}
	return out
}
