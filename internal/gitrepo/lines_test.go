package gitrepo_test

import (
	"bytes"
	"runtime"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/gitrepo"
)

// linesIn lists the lines that a set has, up to a number.
func linesIn(s gitrepo.LineSet, upTo int) []int {
	var out []int
	for line := 1; line <= upTo; line++ {
		if s.Overlaps(line, line) {
			out = append(out, line)
		}
	}
	return out
}

func TestAddedLines(t *testing.T) {
	for _, tt := range []struct {
		before, after string
		want          []int
	}{
		{"", "", nil},
		{"", "a", []int{1}},
		{"", "a\nb\n", []int{1, 2}},
		{"a\nb\n", "a\nb\n", nil},
		{"a\nb", "a\nb\n", nil}, // the file's last LF is no part of its line
		{"a\nb\n", "a\nb", nil},
		{"a\nb\nc\n", "a\nx\nc\n", []int{2}},
		{"a\nb\nc\n", "c\na\nb\n", nil}, // moved
		{"a\nb\n", "a\na\nb\n", []int{2}},
		{"a\na\nb\n", "a\nb\na\nx\na\n", []int{4, 5}},
		{"key=1\n", "key=12\n", []int{1}},
		{"xkey\n", "key\n", []int{1}}, // ends alike, within a line
		{"a\r\n", "a\n", []int{1}},
		{"\n\n", "\n\n\n", []int{3}},
		{"a\nb\nc", "a\nb\nc\nd", []int{4}},
		{"b\nc\n", "a\nb\nc\n", []int{1}},
	} {
		got := gitrepo.AddedLines([]byte(tt.before), []byte(tt.after))
		if diff := cmp.Diff(tt.want, linesIn(got, 10)); diff != "" || got.Len() != len(tt.want) {
			t.Errorf("%q → %q: Len %d (-want +got):\n%s", tt.before, tt.after, got.Len(), diff)
		}
	}
}

// A file of very many short lines takes memory in proportion.
func TestAddedLinesOfMany(t *testing.T) {
	const lines = 1 << 20
	var before, after []byte
	for i := range lines {
		before = append(strconv.AppendInt(before, int64(i), 36), '\n')
		after = append(strconv.AppendInt(after, int64(lines-i), 36), '\n')
	}
	var start, end runtime.MemStats
	runtime.ReadMemStats(&start)
	set := gitrepo.AddedLines(before, after)
	runtime.ReadMemStats(&end)
	if took := end.TotalAlloc - start.TotalAlloc; took > 4*uint64(len(before)) {
		t.Errorf("%d bytes for a file of %d", took, len(before))
	}
	if set.Len() != 1 || !set.Overlaps(1, 1) {
		t.Errorf("%d lines are added", set.Len())
	}
}

func TestLineSetOverlaps(t *testing.T) {
	set := gitrepo.AddedLines([]byte("a\nb\nc\n"), []byte("a\nx\ny\nb\nz\nc\n")) // 2, 3 and 5
	for _, tt := range []struct {
		first, last int
		want        bool
	}{{1, 1, false}, {1, 2, true}, {3, 4, true}, {4, 4, false}, {4, 5, true}, {6, 9, false}, {1, 9, true}, {3, 2, false}} {
		if got := set.Overlaps(tt.first, tt.last); got != tt.want {
			t.Errorf("Overlaps(%d, %d) = %v", tt.first, tt.last, got)
		}
	}
}

// split cuts a text into its lines.
func split(text []byte) []string {
	var out []string
	for line := range bytes.Lines(text) {
		out = append(out, string(bytes.TrimSuffix(line, []byte("\n"))))
	}
	return out
}

// Added is exactly what the old version doesn't have as often, line by line.
func FuzzAddedLines(f *testing.F) {
	f.Add([]byte("a\nb\n"), []byte("a\nc\nb"))
	f.Add([]byte("\n\n"), []byte("\n"))
	f.Add([]byte("a\na\nb"), []byte("b\na\nb\na\na"))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		set := gitrepo.AddedLines(before, after)
		left, missing := map[string]int{}, 0
		for _, line := range split(before) {
			left[line]++
		}
		count := map[string]int{}
		lines := split(after)
		for _, line := range lines {
			if count[line]++; count[line] > left[line] {
				missing++
			}
		}
		if set.Len() != missing {
			t.Errorf("%d lines are added, want %d", set.Len(), missing)
		}
		for i, line := range lines {
			switch added := set.Overlaps(i+1, i+1); {
			case !added && left[line] == 0:
				t.Errorf("line %d %q can't be taken from the old version", i+1, line)
			case !added:
				left[line]--
			}
		}
		if gitrepo.AddedLines(after, after).Len() != 0 {
			t.Error("an unchanged file adds lines")
		}
	})
}
