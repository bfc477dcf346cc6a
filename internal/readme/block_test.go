package readme

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// block is one ```sh block of a Markdown file.
type block struct {
	line   int // of the fence
	script string
	notRun string   // why it isn't run; "" where it is
	dir    string   // run in a copy of this folder, as a git repository; "" for the project's root
	exit   int      // expected
	prints []string // parts that standard output or error must have
}

var (
	testMark   = regexp.MustCompile(`^<!-- test: (?:in ([\w./-]+); )?exit ([0-9]+)((?:; prints "[^"]*")*) -->$`)
	printsMark = regexp.MustCompile(`; prints "([^"]*)"`)
	notRunMark = regexp.MustCompile(`^<!-- not run: (.+) -->$`)
)

// blocks returns the ```sh blocks of a Markdown file. Each must stand right under a mark, one of
//
//	<!-- test: in FOLDER; exit STATUS; prints "PART"; prints "PART" -->
//	<!-- not run: REASON -->
//
// of which "in" and "prints" may be left out: what has no mark is an error, not skipped. A block "```text printed"
// right after it, or after one empty line, shows what it prints: each of its lines must be in that.
func blocks(markdown string) ([]block, error) {
	var found []block
	lines := strings.Split(markdown, "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] != "```sh" {
			continue
		}
		b := block{line: i + 1}
		if i == 0 || !b.mark(lines[i-1]) {
			return nil, fmt.Errorf("line %d: no mark above this block that says how to test it", b.line)
		}
		for i++; i < len(lines) && lines[i] != "```"; i++ {
			b.script += lines[i] + "\n"
		}
		if i == len(lines) {
			return nil, fmt.Errorf("line %d: this block isn't closed", b.line)
		}
		b.prints = append(b.prints, printed(lines[i+1:])...)
		found = append(found, b)
	}
	return found, nil
}

// printed are the lines of the block "```text printed" with which the rest of a page begins, if it does.
func printed(rest []string) []string {
	if len(rest) > 0 && rest[0] == "" {
		rest = rest[1:]
	}
	if len(rest) == 0 || rest[0] != "```text printed" {
		return nil
	}
	var found []string
	for _, line := range rest[1:] {
		if line == "```" {
			return found
		}
		if line != "" {
			found = append(found, line)
		}
	}
	return append(found, "(this block isn't closed)")
}

// mark reads the line above a block.
func (b *block) mark(line string) bool {
	if m := notRunMark.FindStringSubmatch(line); m != nil {
		b.notRun = m[1]
		return true
	}
	m := testMark.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	exit, err := strconv.Atoi(m[2])
	if err != nil {
		return false
	}
	b.dir, b.exit = m[1], exit
	for _, p := range printsMark.FindAllStringSubmatch(m[3], -1) {
		b.prints = append(b.prints, p[1])
	}
	return true
}
