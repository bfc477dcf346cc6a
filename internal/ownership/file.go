package ownership

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"

	"github.com/hmarr/codeowners"
)

// Places lists where GitHub looks for the file, in its order: the first that is there counts.
func Places() []string { return []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"} }

// File is a CODEOWNERS file.
type File struct {
	Path  string
	rules codeowners.Ruleset
}

// Parse reads a file. path is where it lies. An error says where the file is at fault, and quotes nothing of it.
func Parse(path string, src []byte) (*File, error) {
	for line := range bytes.Lines(src) {
		if len(line) >= bufio.MaxScanTokenSize { // at which the parser below would stop without a word
			return nil, fmt.Errorf("%s has a line of %d bytes, longer than is read: mend the line or move the file away", path, len(line))
		}
	}
	rules, err := codeowners.ParseFile(bytes.NewReader(src))
	if err != nil {
		var line int
		if _, scanErr := fmt.Sscanf(err.Error(), "line %d:", &line); scanErr != nil {
			return nil, fmt.Errorf("%s can't be read as a file of owners", path)
		}
		return nil, misread(path, line)
	}
	for _, rule := range rules {
		if strings.Trim(rule.RawPattern(), "/") == "" { // at which the matcher below would panic
			return nil, misread(path, rule.LineNumber)
		}
	}
	return &File{path, rules}, nil
}

func misread(path string, line int) error {
	return fmt.Errorf("%s:%d: expected a pattern and owners, such as /docs/ @acme/docs: mend the line or move the file away", path, line)
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
