package gitrepo

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// rawDiff is one line of "git diff-index --raw": a path, and what it was and is.
type rawDiff struct {
	path         string
	status       byte   // A added, D deleted, M changed, T another type, U unmerged
	oldMode      uint32 // 0 where the path wasn't there
	mode         uint32
	oldBlob, now odb.ID // zero where there is none; a submodule's is a commit
}

// parseRawDiff reads what git writes with -z: ":<mode> <mode> <id> <id> <status>" and a path, each ended by NUL.
// The format is git-diff-index(1)'s, without renames.
func parseRawDiff(out string) ([]rawDiff, error) {
	var diffs []rawDiff
	for len(out) > 0 {
		meta, rest, ok := strings.Cut(out, "\x00")
		name, rest, ok2 := strings.Cut(rest, "\x00")
		d, err := parseRawMeta(meta)
		if !ok || !ok2 || err != nil {
			return nil, fmt.Errorf("unexpected answer of git diff: %q", meta)
		}
		d.path = name
		diffs = append(diffs, d)
		out = rest
	}
	return diffs, nil
}

func parseRawMeta(meta string) (rawDiff, error) {
	f := strings.Fields(strings.TrimPrefix(meta, ":"))
	if len(f) != 5 || len(f[4]) != 1 {
		return rawDiff{}, errors.New("not five fields")
	}
	oldMode, err1 := strconv.ParseUint(f[0], 8, 32)
	mode, err2 := strconv.ParseUint(f[1], 8, 32)
	oldBlob, err3 := optionalID(f[2])
	now, err4 := optionalID(f[3])
	d := rawDiff{status: f[4][0], oldMode: uint32(oldMode), mode: uint32(mode), oldBlob: oldBlob, now: now}
	return d, errors.Join(err1, err2, err3, err4)
}

// optionalID reads an id, which is all zeros where there is none.
func optionalID(digits string) (odb.ID, error) {
	if strings.Trim(digits, "0") == "" {
		return odb.ID{}, nil
	}
	return odb.ParseID(digits)
}

// isFile reports whether a mode is that of a file or a link.
func isFile(mode uint32) bool { return mode != 0 && mode&modeType != modeSubmodule }

// renames knows the files that a diff takes away, for those that it adds in their place.
type renames struct {
	blobs map[odb.ID]bool
	names map[string]rawDiff // by the path's last part, the first by path
}

func newRenames(diffs []rawDiff) renames {
	r := renames{map[odb.ID]bool{}, map[string]rawDiff{}}
	for _, d := range diffs {
		if !isFile(d.oldMode) || isFile(d.mode) { // deleted, or a submodule now
			continue
		}
		r.blobs[d.oldBlob] = true
		if first, ok := r.names[path.Base(d.path)]; !ok || d.path < first.path {
			r.names[path.Base(d.path)] = d
		}
	}
	return r
}

// change says what a diff adds at a path: what to compare with, if anything; false where it adds nothing.
func (r renames) change(d rawDiff) (Change, bool) {
	c := Change{Path: d.path, blob: d.now}
	switch {
	case d.now == d.oldBlob && isFile(d.oldMode): // another mode
		return c, false
	case isFile(d.oldMode):
		c.olds = []odb.ID{d.oldBlob}
	case r.blobs[d.now]: // moved as it was
		return c, false
	default:
		if from, ok := r.names[path.Base(d.path)]; ok {
			c.From, c.olds = from.path, []odb.ID{from.oldBlob}
		} else {
			c.olds = []odb.ID{{}}
		}
	}
	return c, true
}

// changesOf sorts out what a diff adds, by path, and what of it can't be read.
func changesOf(diffs []rawDiff) (map[string]Change, []*Skip) {
	changes := map[string]Change{}
	var skipped []*Skip
	r := newRenames(diffs)
	for _, d := range diffs {
		switch {
		case d.status == 'U':
			skipped = append(skipped, &Skip{Path: d.path, Reason: "an unmerged file", Fix: "resolve the conflict"})
		case d.status == 'D':
		case d.mode&modeType == modeSubmodule:
			skipped = append(skipped, &Skip{Path: d.path, Reason: "a submodule", Fix: fixModule})
		default:
			if c, adds := r.change(d); adds {
				changes[d.path] = c
			}
		}
	}
	sortSkips(skipped)
	return changes, slices.CompactFunc(skipped, func(a, b *Skip) bool { return *a == *b })
}
