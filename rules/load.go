package rules

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.md
var files embed.FS

// All reads every rule, ordered by number. An error names the file and the line at fault; it can only
// come from this package's own files.
func All() ([]*Rule, error) { return load(files) }

// Lookup reads the rule called id.
func Lookup(id string) (*Rule, error) {
	src, err := fs.ReadFile(files, id+".md")
	if err != nil {
		return nil, fmt.Errorf("no rule is called %q", id)
	}
	return parse(id, string(src))
}

// IDs lists the ids of all rules, sorted, without reading them.
func IDs() []string {
	names, err := fs.Glob(files, "*.md")
	if err != nil {
		return nil // only a malformed pattern fails
	}
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], ".md")
	}
	return names
}

func load(fsys fs.FS) ([]*Rule, error) {
	names, err := fs.Glob(fsys, "*.md")
	if err != nil {
		return nil, err
	}
	var all []*Rule
	var errs []error
	for _, name := range names {
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r, err := parse(strings.TrimSuffix(name, ".md"), string(src))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *Rule) int { return cmp.Compare(a.Number, b.Number) })
	for i := 1; i < len(all); i++ {
		if all[i].Number == all[i-1].Number {
			errs = append(errs, fmt.Errorf("%s.md: number %d is also %s's", all[i].ID, all[i].Number, all[i-1].ID))
		}
	}
	return all, errors.Join(errs...)
}
