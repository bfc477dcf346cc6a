package secret

import (
	"context"

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
