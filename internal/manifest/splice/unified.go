package splice

import (
	"fmt"
	"strings"
)

// context is how many lines a diff shows around a change.
const context = 3

// Unified shows what was changed, as `diff -u` does, for people: line breaks are shown as ends of lines,
// whatever they are. It is "" where both texts are equal. What the texts hold is shown as it is.
func Unified(path string, before, after []byte) string {
	a, b := split(before), split(after)
	ops := script(a, b)
	var out strings.Builder
	for i := 0; i < len(ops); {
		if ops[i].kind == ' ' {
			i++
			continue
		}
		first, last := i, i // of the hunk's changes
		for k := i; k < len(ops) && k-last <= 2*context; k++ {
			if ops[k].kind != ' ' {
				last = k
			}
		}
		if out.Len() == 0 {
			fmt.Fprintf(&out, "--- a/%s\n+++ b/%s\n", path, path)
		}
		hunk(&out, ops[max(first-context, 0):min(last+1+context, len(ops))])
		i = last + 1
	}
	return out.String()
}

// line is one line of a diff: ' ' both have it, '-' the text before, '+' the one after.
type line struct {
	kind byte
	text string
	a, b int // its number, from 1, in each text; where it is missing, that of the line before it
}

func hunk(out *strings.Builder, ops []line) {
	a, b := ops[0].a, ops[0].b
	var na, nb int
	for _, o := range ops {
		if o.kind != '+' {
			if na++; na == 1 {
				a = o.a
			}
		}
		if o.kind != '-' {
			if nb++; nb == 1 {
				b = o.b
			}
		}
	}
	fmt.Fprintf(out, "@@ -%d,%d +%d,%d @@\n", a, na, b, nb)
	for _, o := range ops {
		fmt.Fprintf(out, "%c%s\n", o.kind, strings.TrimRight(o.text, "\r\n"))
	}
}

func split(src []byte) []string {
	lines := strings.SplitAfter(string(src), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// script says how a becomes b.
func script(a, b []string) []line {
	var out []line
	i, j := 0, 0
	for _, p := range common(a, b) {
		for ; i < p[0]; i++ {
			out = append(out, line{kind: '-', text: a[i]})
		}
		for ; j < p[1]; j++ {
			out = append(out, line{kind: '+', text: b[j]})
		}
		if i < len(a) && j < len(b) {
			out = append(out, line{kind: ' ', text: a[i]})
			i, j = i+1, j+1
		}
	}
	settle(out)
	return out
}
