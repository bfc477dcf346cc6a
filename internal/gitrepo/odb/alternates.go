package odb

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	// maxAlternates is how deep alternates may name alternates, which git counts from 0.
	maxAlternates = 5
	// maxFolders is how many folders are read altogether.
	maxFolders = 100
	// maxAlternatesBytes bounds the file that lists them.
	maxAlternatesBytes = 1 << 20
)

// withAlternates lists an objects folder and those that it borrows from, each once:
// gitrepository-layout(5), "objects/info/alternates".
func withAlternates(objects string) ([]string, []Fault) {
	a := alternates{}
	a.add(objects, 0)
	return a.folders, a.found
}

// alternates gathers folders.
type alternates struct {
	folders []string
	infos   []os.FileInfo // of the folders, by which one is known again under any name
	found   []Fault
}

// add adds a folder, and then those that its list names.
func (a *alternates) add(dir string, depth int) {
	info, err := os.Stat(dir) //nolint:gosec // the database names its alternates
	if err != nil {
		a.found = append(a.found, Fault{Path: dir, What: "an alternate that can't be read: " + cause(err).Error()})
		return
	}
	if !info.IsDir() {
		a.found = append(a.found, Fault{Path: dir, What: "an alternate that is not a folder"})
		return
	}
	for _, known := range a.infos {
		if os.SameFile(known, info) {
			return
		}
	}
	a.folders = append(a.folders, dir)
	a.infos = append(a.infos, info)
	list := filepath.Join(dir, "info", "alternates")
	names, err := readAlternates(list)
	if err != nil {
		a.found = append(a.found, Fault{Path: list, What: err.Error()})
	}
	if depth > maxAlternates && len(names) > 0 {
		a.found = append(a.found, Fault{Path: list, What: "alternates nest too deep: expected at most " + strconv.Itoa(maxAlternates+1) + " levels"})
		return
	}
	for _, name := range names {
		if len(a.folders) == maxFolders {
			a.found = append(a.found, Fault{Path: list, What: "more alternates than are read: " + strconv.Itoa(maxFolders)})
			return
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		a.add(filepath.Clean(name), depth+1)
	}
}

// readAlternates reads the list: a path a line, comments begin with "#", and a path that begins with a
// quotation mark is quoted as in C. No file means no alternates.
func readAlternates(path string) ([]string, error) {
	f, err := open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.close() //nolint:errcheck // only read
	if f.size > maxAlternatesBytes {
		return nil, errors.New("too long a list of alternates")
	}
	content, err := f.whole()
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.SplitSeq(string(content), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '"' {
			if plain, err := strconv.Unquote(line); err == nil { // git's octal escapes are Go's too
				line = plain
			}
		}
		names = append(names, line)
	}
	return names, nil
}
