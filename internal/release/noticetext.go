package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// ruler stands between texts.
const ruler = "================================================================================"

// noticeText is what a release hands out with its binaries: curfew's licence, which module is under which, and all their texts, each
// once. It is the same for the same modules.
func noticeText(own []byte, found map[string]*terms) ([]byte, error) {
	all, err := licences()
	if err != nil {
		return nil, err
	}
	if ids, err := recognise(all, string(own)); err != nil || !slices.Equal(ids, []string{"Apache-2.0"}) {
		return nil, fmt.Errorf("LICENSE isn't the Apache License 2.0: it has %q, %w", ids, err)
	}
	var faults []error
	names := slices.Sorted(maps.Keys(found))
	for _, name := range names {
		faults = append(faults, found[name].judge(all))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "curfew is under the Apache License 2.0, whose text comes first. Its binaries also hold the modules below, under the\n"+
		"licences beside them, whose texts follow. Each is as it was published, and `go mod download MODULE@VERSION` brings its source.\n\n")
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, name := range names {
		fmt.Fprintf(table, "%s\t%s\n", found[name].name, strings.Join(found[name].ids, " AND "))
	}
	if err := table.Flush(); err != nil {
		return nil, err
	}
	fmt.Fprintf(&out, "\n%s\ncurfew: LICENSE\n%s\n\n%s\n", ruler, ruler, bytes.TrimRight(own, "\n"))
	texts, whose := byText(names, found)
	for _, text := range texts {
		fmt.Fprintf(&out, "\n%s\n%s\n%s\n\n%s\n", ruler, strings.Join(whose[text], "\n"), ruler, text)
	}
	return out.Bytes(), nil
}

// byText lists the texts in the order of their modules, and of each the files that have it.
func byText(names []string, found map[string]*terms) (texts []string, whose map[string][]string) {
	whose = map[string][]string{}
	for _, name := range names {
		t := found[name]
		for _, file := range slices.Sorted(maps.Keys(t.files)) {
			text := strings.TrimRight(strings.ReplaceAll(string(t.files[file]), "\r\n", "\n"), "\n")
			if whose[text] == nil {
				texts = append(texts, text)
			}
			whose[text] = append(whose[text], t.name+": "+file)
		}
	}
	return texts, whose
}
