package report

import (
	"errors"
	"fmt"
	"io/fs"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/source"
)

const (
	hashBlock = 100   // units that a line's hash covers, the following lines' included
	hashMod   = 37    // the base of the polynomial
	hashEnd   = 65535 // the unit that ends a file
)

// lineHasher knows the line hashes of the files that findings stand in. It keeps hashes only, never
// content.
type lineHasher struct {
	source func(path string) ([]byte, error)
	files  map[string][]string
}

// load reads each file once and hashes it as far as a finding needs.
func (h *lineHasher) load(found []*finding.Finding) error {
	if h.source == nil {
		return nil
	}
	last := map[string]int{}
	var paths []string
	for _, f := range found {
		path := f.Region.Path
		if path == "" {
			continue
		}
		if last[path] == 0 {
			paths = append(paths, path)
		}
		last[path] = max(last[path], f.Region.Start.Line, 1)
	}
	for _, path := range paths {
		src, err := h.source(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s for its line hashes: %w", markup.Visible(path), err)
		}
		h.files[path] = lineHashes(src, last[path])
	}
	return nil
}

// at is the hash of the line where region starts, or "" where that is not known.
func (h *lineHasher) at(region source.Region) string {
	hashes := h.files[region.Path]
	line := max(region.Start.Line, 1)
	if line > len(hashes) {
		return ""
	}
	return hashes[line-1]
}

// lineHashes computes the primaryLocationLineHash of the lines 1 to last of a file as codeql-action
// does (its src/fingerprints.ts describes it): "hash:n", where n counts lines with an equal hash from
// the top. The hash is the polynomial over hashBlock UTF-16 units from the line's first one on, modulo
// 2^64, where blanks and tabs don't count, every line break is one LF, and the file ends in hashEnd
// and zeros. A lone CR ends a line here, other than in package source.
func lineHashes(src []byte, last int) []string {
	units, starts := hashUnits(src, last)
	seen := make(map[uint64]int, len(starts))
	hashes := make([]string, len(starts))
	for i, start := range starts {
		var sum uint64
		for at := start; at < start+hashBlock; at++ {
			sum *= hashMod
			if at < len(units) {
				sum += uint64(units[at])
			}
		}
		seen[sum]++
		hashes[i] = fmt.Sprintf("%x:%d", sum, seen[sum])
	}
	return hashes
}

// hashUnits brings src into the form that is hashed and says where its first lines start in it. It
// stops when it has all units that the hash of line last covers.
func hashUnits(src []byte, last int) (units []uint16, starts []int) {
	lineStart, afterCR := true, false
	var pair [2]uint16
	put := func(unit uint16) {
		if lineStart {
			starts = append(starts, len(units))
		}
		lineStart = unit == '\n'
		units = append(units, unit)
	}
	for len(src) > 0 && !(len(starts) >= last && len(units) >= starts[last-1]+hashBlock) {
		r, size := decodeRune(src)
		src = src[size:]
		switch {
		case r == ' ' || r == '\t' || r == '\n' && afterCR:
			afterCR = false
			continue
		case r == '\r':
			put('\n')
		default:
			for _, unit := range utf16.AppendRune(pair[:0], r) {
				put(unit)
			}
		}
		afterCR = r == '\r'
	}
	if len(src) == 0 {
		put(hashEnd)
	}
	return units, starts[:min(last, len(starts))]
}

// decodeRune is utf8.DecodeRune, except that a sequence which is broken off counts as one U+FFFD, as
// the WHATWG Encoding Standard and so Node.js have it, not as one for each byte.
func decodeRune(src []byte) (rune, int) {
	r, size := utf8.DecodeRune(src)
	if r != utf8.RuneError || size != 1 {
		return r, size
	}
	for size < len(src) && size < utf8.UTFMax && isTruncated(src[:size+1]) {
		size++
	}
	return r, size
}

// isTruncated reports whether p is the beginning of some valid sequence: whether it needs more bytes.
func isTruncated(p []byte) bool { return !utf8.FullRune(p) }
