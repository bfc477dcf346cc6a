package scan

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/rules"
)

// Mask hides in text whatever looks like a credential in it or in src, the file that it is about: texts
// about a manifest quote it, and somebody may have pasted a token into it. src may be nil.
func Mask(ctx context.Context, text string, src []byte) (string, error) {
	mask, err := MaskEach(src)
	if err != nil {
		return "", err
	}
	return mask(ctx, text)
}

// MaskEach is Mask for many texts, each by itself: what stands in one can't hide another.
func MaskEach(src []byte) (func(ctx context.Context, text string) (string, error), error) {
	detector, err := secret.New(rules.SecretRules())
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, text string) (string, error) {
		masker, err := detector.MaskerFor(ctx, manifest.Path, src, text)
		if err != nil {
			return "", err
		}
		return masker.Mask(text), nil
	}, nil
}

// Masked is err, which is about the file at path, as an *InputError that is safe to print. Where secrets
// can't be told from the rest, nothing is quoted.
func Masked(path string, src []byte, err error) error {
	text, merr := Mask(context.Background(), err.Error(), src)
	if merr != nil {
		text = fmt.Sprintf("%s is wrong; what is wrong can't be quoted safely: %v", path, merr)
	}
	return &InputError{text}
}

// ParseManifest is manifest.Parse with an *InputError that is safe to print.
func ParseManifest(path string, src []byte) (*manifest.Manifest, error) {
	m, errs := manifest.Parse(path, src)
	if len(errs) > 0 {
		return nil, Masked(path, src, errs)
	}
	return m, nil
}

// ReadPolicy reads an organisation's policy: file is curfew/org.yml or the folder that holds it. Without
// a file there is no policy, nil. The error is an *InputError.
func ReadPolicy(file string) (*manifest.Policy, error) {
	if file == "" {
		return nil, nil
	}
	file = policyFile(file)
	src, err := os.ReadFile(file) //nolint:gosec // the caller names it
	if err != nil {
		return nil, &InputError{fmt.Sprintf("read the organisation's policy: %v; name curfew/org.yml or the folder that holds it", err)}
	}
	return parsePolicy(file, src)
}

// policyFile is the policy in the folder that file names, or file itself.
func policyFile(file string) string {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return filepath.Join(file, "curfew", "org.yml")
	}
	return file
}

func parsePolicy(file string, src []byte) (*manifest.Policy, error) {
	p, errs := manifest.ParsePolicy(filepath.ToSlash(file), src)
	if len(errs) > 0 {
		return nil, Masked(filepath.ToSlash(file), src, errs)
	}
	return p, nil
}
