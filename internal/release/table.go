package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
)

// tableFile is where the table stands in git, from the repository's root.
const tableFile = "dist/release.json"

// downloads is where a release's files can be had, before its tag.
const downloads = "https://github.com/curfew-ci/curfew/releases/download/"

// table is what the action may run, on each platform that Node names as process.platform-process.arch. dist/main.js reads
// it; of a file that isn't the one told here it runs nothing.
type table struct {
	Schema  int              `json:"schema"`
	Version string           `json:"version"`
	Commit  string           `json:"commit"` // that the binaries are built of: never the one that holds the table
	Assets  map[string]asset `json:"assets"`
}

// asset is one binary.
type asset struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	SHA256 string `json:"sha256"` // in lower-case hex
	Bytes  int64  `json:"bytes"`
}

// platform is a target of the build in Go's words.
type platform struct{ os, arch string }

// platforms are all that a release is built for, by Node's name for each.
func platforms() map[string]platform {
	return map[string]platform{
		"linux-x64": {"linux", "amd64"}, "linux-arm64": {"linux", "arm64"},
		"darwin-x64": {"darwin", "amd64"}, "darwin-arm64": {"darwin", "arm64"},
		"win32-x64": {"windows", "amd64"}, "win32-arm64": {"windows", "arm64"},
	}
}

// binary is the name of the binary of a version.
func (p platform) binary(version string) string {
	name := "curfew_" + version + "_" + p.os + "_" + p.arch
	if p.os == "windows" {
		name += ".exe"
	}
	return name
}

var (
	versionForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$`)
	commitForm  = regexp.MustCompile(`^[0-9a-f]{40}$`)
	digestForm  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// checkVersion returns an error unless version is one of semver.org's without build metadata.
func checkVersion(version string) error {
	if !versionForm.MatchString(version) {
		return fmt.Errorf("version %q: expected one like 1.2.3 or 1.2.3-rc.1, without a v", version)
	}
	return nil
}

// encode writes the table as it stands in git.
func (t table) encode() ([]byte, error) {
	out, err := json.MarshalIndent(t, "", "  ")
	return append(out, '\n'), err
}

// parseTable reads a table and checks it. There is one way only to write a table down: what differs from it in a byte, such
// as by a key that is there twice, is refused, so that no other reader can see another table in it.
func parseTable(src []byte) (table, error) {
	var t table
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&t); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return table{}, fmt.Errorf("not a table of a release: %w", err)
	}
	if err := t.check(); err != nil {
		return table{}, err
	}
	again, err := t.encode()
	if err != nil {
		return table{}, err
	}
	if !bytes.Equal(again, src) {
		return table{}, errors.New("the table isn't written as make release-table writes it: make it again, don't edit it")
	}
	return t, nil
}

// check returns what of the table is wrong.
func (t table) check() error {
	if t.Schema != 1 {
		return fmt.Errorf("schema %d: expected 1", t.Schema)
	}
	if err := checkVersion(t.Version); err != nil {
		return err
	}
	if !commitForm.MatchString(t.Commit) {
		return fmt.Errorf("commit %q: expected all 40 hexadecimal digits of one", t.Commit)
	}
	for _, node := range slices.Sorted(maps.Keys(t.Assets)) {
		if _, ok := platforms()[node]; !ok {
			return fmt.Errorf("assets: nothing is built for %q", node)
		}
	}
	for _, node := range slices.Sorted(maps.Keys(platforms())) {
		a, ok := t.Assets[node]
		if !ok {
			return fmt.Errorf("assets: %s is missing", node)
		}
		name := platforms()[node].binary(t.Version)
		switch {
		case a.Name != name:
			return fmt.Errorf("assets: %s: name %q, expected %q", node, a.Name, name)
		case a.URL != downloads+"v"+t.Version+"/"+name:
			return fmt.Errorf("assets: %s: url %q, expected %q", node, a.URL, downloads+"v"+t.Version+"/"+name)
		case !digestForm.MatchString(a.SHA256):
			return fmt.Errorf("assets: %s: sha256 %q: expected 64 hexadecimal digits in lower case", node, a.SHA256)
		case a.Bytes <= 0:
			return fmt.Errorf("assets: %s: %d bytes: expected the file's size", node, a.Bytes)
		}
	}
	return nil
}
