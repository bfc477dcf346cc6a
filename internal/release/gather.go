package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Two files of a release are written here: the table, and the digests of all others, which a signature of this one file
// covers. goreleaser's own list of digests lacks the formula, and the table it doesn't know.
const (
	gatheredTable = "release.json"
	checksums     = "checksums.txt"
)

// contents lists the files that goreleaser makes for a version, each by the name under which it is published.
func contents(version string) []string {
	names := []string{"curfew.rb"}
	for _, p := range platforms() {
		binary := p.binary(version)
		names = append(names, binary, binary+".cdx.json")
		if p.os == "linux" {
			names = append(names, binary+".deb")
		}
	}
	slices.Sort(names)
	return names
}

// licenseFile is what the file of all licences is called in a release.
func licenseFile(version string) string { return "curfew_" + version + "_licenses.txt" }

// gathered lists the files whose digests a release has.
func gathered(version string) []string {
	return append(contents(version), licenseFile(version), gatheredTable)
}

// made is what goreleaser tells of a file in its artifacts.json.
type made struct {
	Name string `json:"name"`
	Path string `json:"path"` // from the repository's root
}

// gather copies a release's files from goreleaser's folder, in which each has one of its own, into one new folder, and adds
// the licences, the table and the digests. Something that is missing or there twice is an error: no release lacks a part.
func gather(from, notices, into, version, commit string) error {
	if err := checkVersion(version); err != nil {
		return err
	}
	paths, err := artifacts(filepath.Join(from, "artifacts.json"))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(into); err != nil {
		return err
	}
	if err := os.MkdirAll(into, 0o755); err != nil { //nolint:gosec // it's to be published
		return err
	}
	for _, name := range contents(version) {
		if len(paths[name]) != 1 {
			return fmt.Errorf("%s: goreleaser made %d files of this name, expected one: look at .goreleaser.yaml", name, len(paths[name]))
		}
		if err := take(paths[name][0], filepath.Join(into, name)); err != nil {
			return err
		}
	}
	if err := take(notices, filepath.Join(into, licenseFile(version))); err != nil {
		return err
	}
	t, err := tabulate(into, version, commit)
	if err != nil {
		return err
	}
	if err := publish(filepath.Join(into, gatheredTable), t); err != nil {
		return err
	}
	sums, err := digests(into, gathered(version))
	if err != nil {
		return err
	}
	return publish(filepath.Join(into, checksums), sums)
}

// artifacts reads where goreleaser put the files of each name; one that it tells of twice is there once.
func artifacts(name string) (map[string][]string, error) {
	src, err := os.ReadFile(name) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	var all []made
	if err := json.Unmarshal(src, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	paths := map[string][]string{}
	for _, m := range all {
		if !slices.Contains(paths[m.Name], m.Path) {
			paths[m.Name] = append(paths[m.Name], m.Path)
		}
	}
	return paths, nil
}

// take copies a file and its right to be executed.
func take(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	src, err := os.ReadFile(from) //nolint:gosec // what goreleaser has just made
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o111 != 0 {
		mode = 0o755
	}
	return os.WriteFile(to, src, mode) //nolint:gosec // into the folder that the command line names
}

func publish(name string, content []byte) error {
	return os.WriteFile(name, content, 0o644) //nolint:gosec // everybody may read it
}

// tabulate makes the table of the binaries that are in a folder.
func tabulate(folder, version, commit string) ([]byte, error) {
	t := table{Schema: 1, Version: version, Commit: commit, Assets: map[string]asset{}}
	for node, p := range platforms() {
		name := p.binary(version)
		sum, size, err := digest(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		t.Assets[node] = asset{Name: name, URL: downloads + "v" + version + "/" + name, SHA256: sum, Bytes: size}
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	return t.encode()
}

// digests lists the files of a folder as sha256sum --check reads it.
func digests(folder string, names []string) ([]byte, error) {
	slices.Sort(names)
	var out bytes.Buffer
	for _, name := range names {
		sum, _, err := digest(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "%s  %s\n", sum, name)
	}
	return out.Bytes(), nil
}

func digest(name string) (sum string, size int64, err error) {
	src, err := os.ReadFile(name) //nolint:gosec // a file of the release
	if err != nil {
		return "", 0, err
	}
	d := sha256.Sum256(src)
	return hex.EncodeToString(d[:]), int64(len(src)), nil
}

// check holds a folder to a table: that its binaries are those of the table, bit by bit, that nothing is missing or has been
// added, and that the digests are those of all its files. All that differs is told.
func check(tableName, folder string) error {
	src, err := os.ReadFile(tableName) //nolint:gosec // the user names it
	if err != nil {
		return err
	}
	t, err := parseTable(src)
	if err != nil {
		return fmt.Errorf("%s: %w", tableName, err)
	}
	var faults []error
	for _, node := range slices.Sorted(maps.Keys(t.Assets)) {
		a := t.Assets[node]
		sum, size, err := digest(filepath.Join(folder, a.Name))
		switch {
		case err != nil:
			faults = append(faults, err)
		case sum != a.SHA256:
			faults = append(faults, fmt.Errorf("%s has SHA-256 %s and %d bytes, %s says %s and %d: was it built of commit %s, with Go as go.mod names it?",
				a.Name, sum, size, tableName, a.SHA256, a.Bytes, t.Commit))
		case size != a.Bytes:
			faults = append(faults, fmt.Errorf("%s has %d bytes, %s says %d", a.Name, size, tableName, a.Bytes))
		}
	}
	if beside, err := os.ReadFile(filepath.Join(folder, gatheredTable)); err != nil || !bytes.Equal(beside, src) { //nolint:gosec // the release's own
		faults = append(faults, fmt.Errorf("%s isn't the table of %s", filepath.Join(folder, gatheredTable), tableName))
	}
	return errors.Join(append(faults, checkFolder(folder, t.Version))...)
}

// checkFolder returns an error unless a folder holds the files of a version and their digests, and nothing else.
func checkFolder(folder, version string) error {
	names := gathered(version)
	sums, err := digests(folder, names)
	if err != nil {
		return err
	}
	said, err := os.ReadFile(filepath.Join(folder, checksums)) //nolint:gosec // a file of the release
	if err != nil {
		return err
	}
	if !bytes.Equal(said, sums) {
		return fmt.Errorf("%s doesn't list the files beside it: expected\n%s", filepath.Join(folder, checksums), strings.TrimSuffix(string(sums), "\n"))
	}
	found, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.Name() != checksums && !slices.Contains(names, f.Name()) {
			return fmt.Errorf("%s is no part of a release", filepath.Join(folder, f.Name()))
		}
	}
	return nil
}
