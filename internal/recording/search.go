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

// find is s over what a terminal shows of text: colours between a name and its value, or at a value's first letter, hide it
// from no reader, and mustn't hide it from the search. What is found is placed in text itself.
func (s Search) find(text []byte) ([]Found, error) {
	plain, at := uncoloured(text)
	found, err := s(plain)
	if err != nil || at == nil {
		return found, err
	}
	out := slices.Clone(found)
	for i, f := range found {
		if f.Start < f.End && f.Start >= 0 && f.End <= len(plain) {
			out[i].Range = redact.Range{Start: at[f.Start], End: at[f.End-1] + 1}
		}
	}
	return out, nil
}

// mask is a text without the credentials in it.
func (s Search) mask(text string) (string, error) {
	found, err := s([]byte(text))
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

// uncoloured is text without its control sequences (ECMA-48, 5.4), and where each byte that is left stands in text; nil
// where nothing was left out.
func uncoloured(text []byte) (plain []byte, at []int) {
	if !slices.Contains(text, escape) {
		return text, nil
	}
	for i := 0; i < len(text); {
		if n := controlSequence(text[i:]); n > 0 {
			i += n
			continue
		}
		plain, at = append(plain, text[i]), append(at, i)
		i++
	}
	return plain, at
}

const escape = 0x1b

// controlSequence is how long the control sequence is that text begins with; 0 where it begins with none.
func controlSequence(text []byte) int {
	if len(text) < 2 || text[0] != escape || text[1] != '[' {
		return 0
	}
	for i := 2; i < len(text) && i < maxSequence; i++ {
		switch c := text[i]; {
		case c >= 0x40 && c <= 0x7e:
			return i + 1
		case c < 0x20 || c > 0x3f:
			return 0
		}
	}
	return 0
}
