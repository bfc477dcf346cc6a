package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

const (
	// fileLines is how long a file is, about 50 KB.
	fileLines = 1200
	// versions is how many a file has.
	versions = 500
	// together is how many files one commit changes.
	together = 4
	// everyNth version of a file adds a credential, and the next takes it out again.
	everyNth = 250
)

// history writes as many versions of source files as make up size bytes, and commits that change a few files each. The same
// size gives the same bytes.
func history(size int64) func(*bufio.Writer) (string, error) {
	return func(w *bufio.Writer) (string, error) {
		h := &historian{w: w, rnd: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // text, not secrets
		for file := 0; h.text < size; file++ {
			h.file(file)
		}
		commits := h.commits()
		return fmt.Sprintf("%d bytes of text in %d versions of %d files, %d commits, %d credentials", h.text, h.marks, h.files, commits, h.planted), nil
	}
}

// historian keeps count. A write that fails shows when the writer is flushed.
type historian struct {
	w                     *bufio.Writer
	rnd                   *rand.Rand
	text                  int64
	marks, files, planted int
}

// file writes all versions of one file, one after the other, as git stores each as a delta to the one before.
func (h *historian) file(n int) {
	h.files++
	lines := make([]string, fileLines)
	for i := range lines {
		lines[i] = h.line()
	}
	var content strings.Builder
	at := -1 // of a credential
	for v := range versions {
		for range 1 + h.rnd.IntN(4) {
			lines[h.rnd.IntN(len(lines))] = h.line()
		}
		if at >= 0 {
			lines[at], at = h.line(), -1
		}
		if v%everyNth == everyNth/2 {
			at = h.rnd.IntN(len(lines))
			lines[at] = "token = \"" + token(uint64(n*versions+v)) + "\"\n" //nolint:gosec // not negative
			h.planted++
		}
		content.Reset()
		for _, line := range lines {
			content.WriteString(line)
		}
		h.marks++
		h.text += int64(content.Len())
		fmt.Fprintf(h.w, "blob\nmark :%d\ndata %d\n%s\n", h.marks, content.Len(), content.String())
	}
}

// line is a line of something like source code.
func (h *historian) line() string {
	words := []string{"if", "return", "value", "index", "count", "func", "range", "error", "reader", "offset", "buffer", "nil", "string", "result"}
	marks := []string{" ", " = ", "(", ", ", " + ", ".", ") "}
	var b strings.Builder
	b.WriteString(strings.Repeat("\t", h.rnd.IntN(4)))
	for range 3 + h.rnd.IntN(7) {
		b.WriteString(words[h.rnd.IntN(len(words))])
		b.WriteString(marks[h.rnd.IntN(len(marks))])
	}
	b.WriteByte('\n')
	return b.String()
}

// commits writes the commits: each puts the next version of a few files in place.
func (h *historian) commits() int {
	n := 0
	for v := range versions {
		for first := 0; first < h.files; first += together {
			n++
			fmt.Fprintf(h.w, "commit refs/heads/main\ncommitter Nobody <nobody@example.com> %d +0000\ndata 2\nm\n", 1_700_000_000+60*n)
			for file := first; file < min(first+together, h.files); file++ {
				fmt.Fprintf(h.w, "M 100644 :%d src/d%02d/f%d.go\n", file*versions+v+1, file%50, file)
			}
		}
	}
	return n
}

// token is a made-up credential.
func token(seed uint64) string {
	all := planted.All(seed)
	i := slices.IndexFunc(all, func(s planted.Secret) bool { return s.Detector == "github-pat" })
	return all[i].Value
}
