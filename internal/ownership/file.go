package ownership

import (
	"bytes"
	"fmt"

	"github.com/hmarr/codeowners"
)

// Places lists where GitHub looks for the file, in its order: the first that is there counts.
func Places() []string { return []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"} }

// File is a CODEOWNERS file.
type File struct {
	Path  string
	rules codeowners.Ruleset
}

// Parse reads a file. path is where it lies.
func Parse(path string, src []byte) (*File, error) {
	rules, err := codeowners.ParseFile(bytes.NewReader(src))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; mend the line or move the file away", path, err)
	}
	return &File{path, rules}, nil
}

// Of lists who owns name, in the file's order: "@acme/web", "@anna", "anna@example.com". line is that of the rule that
// decides, the last that matches; 0 where none does. A rule without owners takes them away.
func (f *File) Of(name string) (owners []string, line int) {
	rule, err := f.rules.Match(name)
	if err != nil || rule == nil {
		return nil, 0
	}
	for _, o := range rule.Owners {
		owners = append(owners, o.String())
	}
	return owners, rule.LineNumber
}
