package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	wantMark = regexp.MustCompile(`[ \t]*(?:#|//) want(?:: (.*))?$`)
	fakeMark = regexp.MustCompile(`\{fake:([^:}]*):(\d+)\}`)
)

// Want is where an example says that a finding must start.
type Want struct {
	Line    int    // of the example's Source, from 1
	Message string // what the message must contain; "" for anything
}

// Wants lists the example's "# want" marks, in order, and returns its source without them.
func (e Example) Wants() (source string, wants []Want) {
	lines := strings.Split(e.Source, "\n")
	for i, line := range lines {
		m := wantMark.FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		w := Want{Line: i + 1}
		if m[2] >= 0 {
			w.Message = line[m[2]:m[3]]
		}
		wants = append(wants, w)
		lines[i] = line[:m[0]]
	}
	return strings.Join(lines, "\n"), wants
}

// Fill replaces each {fake:PREFIX:N} of an example by what token returns. The files hold no string
// that looks like a live token: hosts refuse pushes of such strings, and scanners report them.
func Fill(source string, token func(prefix string, n int) string) string {
	return fakeMark.ReplaceAllStringFunc(source, func(s string) string {
		m := fakeMark.FindStringSubmatch(s)
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return s // more digits than an int holds
		}
		return token(m[1], n)
	})
}

// Shown is the example as a person reads it: the places that the rule reports are pointed at, and
// made-up tokens are cut short.
func (e Example) Shown() string {
	lines := strings.Split(strings.TrimRight(e.Source, "\n"), "\n")
	for i, line := range lines {
		lines[i] = wantMark.ReplaceAllString(line, "  # <-- found here")
	}
	return Fill(strings.Join(lines, "\n"), func(prefix string, n int) string {
		return fmt.Sprintf("%s<%d characters>", prefix, n)
	})
}
