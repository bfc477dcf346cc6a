package recording

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

const head = `{"version": 2, "width": 80, "height": 24}` + "\n"

// TestRead reads what asciinema's own page shows of the format, but for input.
func TestRead(t *testing.T) {
	got, err := Read("r", []byte(`{"version": 2, "width": 80, "height": 24, "timestamp": 1504467315, "title": "Demo", "env": {"TERM": "xterm-256color", "SHELL": "/bin/zsh"}}
[0.248848, "o", "\u001b[1;31mHello \u001b[32mWorld!\u001b[0m\n"]
[1.001376, "o", "That was ok\rThis is better."]
[1.5, "m", ""]
[3.500000, "o", "Now... "]
[3.5, "o", "Bye!"]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Recording{Header{2, 80, 24, 1504467315, "", "Demo"}, []Event{
		{248848 * time.Microsecond, false, "\x1b[1;31mHello \x1b[32mWorld!\x1b[0m\n"},
		{1001376 * time.Microsecond, false, "That was ok\rThis is better."},
		{1500 * time.Millisecond, true, ""},
		{3500 * time.Millisecond, false, "Now... "},
		{3500 * time.Millisecond, false, "Bye!"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct{ src, says string }{
		{"", "r: empty"},
		{"\n", "r:1: column 1: "},
		{head[:len(head)-1], "r:1: it has no line break"},
		{"[1, \"o\", \"x\"]\n", "r:1: expected an asciicast's header"},
		{`{"version": 1, "width": 80, "height": 24}` + "\n", "r:1: version: expected 2"},
		{`{"version": 3, "term": {"cols": 80}}` + "\n", "r:1: column 16: a header of version 2 has no such name"},
		{`{"version": 2, "width": 80}` + "\n", "r:1: width and height: expected 1 to 10000"},
		{`{"version": 2, "width": 80, "height": 20000}` + "\n", "r:1: width and height"},
		{`{"version": 2, "width": 80.5, "height": 24}` + "\n", "r:1: column 16: expected a whole number"},
		{`{"version": 2, "width": 80, "height": 24, "title": 3}` + "\n", "r:1: column 43: "},
		{`{"version": 2, "width": 80, "width": 90, "height": 24}` + "\n", "r:1: column 29: "},
		{head + "[1.0, \"o\", \"x\"]", "r:2: it has no line break"},
		{head + "\n", "r:2: column 1: "},
		{head + "[1.0, \"o\"]\n", "r:2: expected an event"},
		{head + "[1.0, \"o\", \"x\", 1]\n", "r:2: expected an event"},
		{head + "{}\n", "r:2: expected an event"},
		{head + "[-1, \"o\", \"x\"]\n", "r:2: its time"},
		{head + "[1e300, \"o\", \"x\"]\n", "r:2: its time"},
		{head + "[1e999, \"o\", \"x\"]\n", "r:2: its time"},
		{head + "[\"1\", \"o\", \"x\"]\n", "r:2: its time"},
		{head + "[1, \"i\", \"x\"]\n", "r:2: its code: expected \"o\", output, or \"m\""},
		{head + "[1, \"x\", \"0\"]\n", "r:2: its code"},
		{head + "[1, \"o\", 5]\n", "r:2: its data"},
		{head + "[1, \"o\", \"\xff\"]\n", "r:2: column "},
		{head + "[2, \"o\", \"x\"]\n[1, \"o\", \"x\"]\n", "r:3: its time is before"},
		{head + "[1, \"o\", \"" + strings.Repeat("x", maxLine) + "\"]\n", "r:2: "},
		{head + "[[[[[[1]]]]]]\n", "r:2: column "},
	} {
		if _, err := Read("r", []byte(tt.src)); err == nil || !strings.HasPrefix(err.Error(), tt.says) {
			t.Errorf("%.60q: %v, expected %s", tt.src, err, tt.says)
		}
	}
}

// FuzzRead: whatever is read can be written again and means the same, and is played without a sequence that isn't meant to be there.
func FuzzRead(f *testing.F) {
	f.Add([]byte(head + "[1.25, \"o\", \"a\\u001b[31mb\\u001b]0;t\\u0007\"]\n[2, \"m\", \"end\"]\n"))
	f.Add([]byte(head + "[0, \"o\", \"##[error]\\r::set-output::\\u009b5n\"]\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := Read("r", src)
		if err != nil {
			return
		}
		line, err := jsontree.Line(r.Header)
		if err != nil {
			t.Fatal(err)
		}
		again := append(line, '\n')
		for _, e := range r.Events {
			line, err := e.line()
			if err != nil {
				t.Fatal(err)
			}
			again = append(again, line...)
		}
		back, err := Read("again", again)
		if err != nil {
			t.Fatalf("%v\n%s", err, again)
		}
		for i, e := range r.Events { // times are written to the microsecond
			if d := back.Events[i].At - e.At; d > time.Microsecond || d < -time.Microsecond {
				t.Errorf("event %d is at %v, was at %v", i, back.Events[i].At, e.At)
			}
			back.Events[i].At = e.At
		}
		if diff := cmp.Diff(r, back); diff != "" {
			t.Error(diff)
		}
		var played, dumped bytes.Buffer
		if _, err := r.Play(t.Context(), &played, instant()); err != nil {
			t.Fatal(err)
		}
		if err := r.Dump(&dumped); err != nil {
			t.Fatal(err)
		}
		harmless(t, played.String(), false)
		harmless(t, dumped.String(), true)
	})
}

// BenchmarkRecorder is what recording costs, for output that comes in lines and in large pieces.
func BenchmarkRecorder(b *testing.B) {
	line := "2026-11-23T20:41:07Z \x1b[32mINFO\x1b[0m compiled module 4711 of the shop in 12 ms, warnings: 0\n"
	for _, lines := range []int{1, 400} {
		b.Run(fmt.Sprint(lines, " lines at once"), func(b *testing.B) {
			text := []byte(strings.Repeat(line, lines))
			r, _ := recorder(b, newClock(), engine())
			s := r.Stream()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.out.size = 0 // the limit isn't what is measured
				_, _ = s.Write(text)
			}
		})
	}
}
