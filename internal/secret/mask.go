package secret

import (
	"context"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/redact"
)

// MaskerFor makes a masker for everything that is detected in a file's content and in texts made from it,
// such as error messages, which quote what they reject. Where the search of any fails, the error says so:
// the texts then may show a value, and must not be printed.
func (d *Detector) MaskerFor(ctx context.Context, path string, content []byte, texts ...string) (*redact.Masker, error) {
	all, err := d.detect(ctx, path, content) // whatever its path
	if err != nil {
		return nil, err
	}
	for _, text := range texts {
		tokens, err := d.detect(ctx, "", []byte(text))
		if err != nil {
			return nil, err
		}
		all = append(all, tokens...)
	}
	return NewMasker(all...), nil
}

// Maskers makes a masker for lines of files, which hides the values of tokens as NewMasker does, and one for texts that
// this program makes: messages, labels, advice. The second doesn't look for values that are words by which kinds of
// credentials are called, such as the password "password": to hide them in "a password in a netrc file" would say what
// they are, and hide what the text is about.
func Maskers(tokens ...Token) (lines, texts *redact.Masker) {
	words := kindWords()
	var spoken, others []redact.Secret
	for i := range tokens {
		for _, v := range []redact.Secret{tokens[i].Value, tokens[i].Written} {
			if _, ok := slices.BinarySearch(words, string(v.Reveal())); ok {
				spoken = append(spoken, v)
			} else {
				others = append(others, v)
			}
		}
	}
	texts = redact.NewMasker(others...)
	return texts.With(spoken...), texts
}

// kindWords are the words by which kinds.tsv calls credentials, in order.
func kindWords() []string {
	var words []string
	for row := range strings.Lines(kindsTSV) {
		if !strings.HasPrefix(row, "#") {
			words = append(words, strings.Fields(row[strings.LastIndexByte(row, '\t')+1:])...)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}
