package recording

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// instant is a pace without pauses.
func instant() Pace {
	return Pace{Speed: 1, Pause: func(context.Context, time.Duration) error { return nil }}
}

// harmless holds what was written to a terminal, or to a job's log, to be nothing but text, colours and moves.
func harmless(t *testing.T, out string, plain bool) {
	t.Helper()
	rest := out
	if !plain {
		rest = regexp.MustCompile("\x1b\\[[0-9;:]*m|\x1b\\[[0-9;]*[ABCDEFGHdfK]|\x1b\\[[012]?J").ReplaceAllString(out, "")
		rest = strings.ReplaceAll(rest, "\b", "")
	}
	for _, r := range rest {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && (r != '\r' || plain) || unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("%U in %q", r, out)
			return
		}
	}
	if !utf8.ValidString(out) || strings.Contains(rest, "##[") {
		t.Errorf("%q", out)
	}
	for line := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("a runner takes %q for a command", line)
		}
	}
}

// shown is what a screen makes of texts that come one after the other, and how much it left out.
func shown(t *testing.T, plain bool, texts ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	s := newScreen(&out, plain)
	for _, text := range texts {
		if err := s.show(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	harmless(t, out.String(), plain)
	return out.String(), s.dropped
}

// TestScreen: what draws is kept, and what does more is left out, whole or cut anywhere.
func TestScreen(t *testing.T) {
	for _, tt := range []struct {
		name, in, out string
		dropped       int
	}{
		{"text", "a\tb\r\nc\n", "a\tb\r\nc\n", 0},
		{"the line is ended", "a", "a\n", 0},
		{"colours", "\x1b[1;31mred\x1b[38;5;208mx\x1b[38:2::1:2:3my\x1b[m\n", "\x1b[1;31mred\x1b[38;5;208mx\x1b[38:2::1:2:3my\x1b[m\n", 0},
		{"a progress bar", "1%\r\x1b[K2%\x1b[1A\x1b[2J\b\n", "1%\r\x1b[K2%\x1b[1A\x1b[2J\b\n", 0},
		{"moves", "\x1b[H\x1b[3;4H\x1b[10G\x1b[2d\n", "\x1b[H\x1b[3;4H\x1b[10G\x1b[2d\n", 0},
		{"title", "a\x1b]0;owned\ab\n", "ab\n", 1},
		{"clipboard", "a\x1b]52;c;cm0gLXJmIH4=\x1b\\b\n", "ab\n", 1},
		{"link", "\x1b]8;;https://evil.example\x1b\\text\x1b]8;;\x1b\\\n", "text\n", 2},
		{"DCS", "a\x1bP$q\"p\x1b\\b\n", "ab\n", 1},
		{"APC, PM, SOS", "a\x1b_G\x1b\\b\x1b^x\x1b\\c\x1bXx\x1b\\d\n", "abcd\n", 3},
		{"BEL doesn't end a DCS", "a\x1bPx\ay\x1b\\b\n", "ab\n", 1},
		{"answers", "\x1b[5n\x1b[6n\x1b[c\x1b[>c\x1b[=c\x1b[0c\x1b[18t\x1b[21t\x1b[?6n\x1bZ\x05x\n", "x\n", 11},
		{"modes", "\x1b[?1049h\x1b[?25l\x1b[4h\x1b[?2004h\x1b[!px\n", "x\n", 5},
		{"reset", "\x1bcx\n", "x\n", 1},
		{"scrollback", "\x1b[3Jx\n", "x\n", 1},
		{"save and restore", "\x1b7\x1b8\x1b[s\x1b[ux\n", "x\n", 4},
		{"character sets", "\x1b(0lqk\x1b)B\x0e\x0fx\n", "lqkx\n", 4},
		{"C1", "\u009b31mx\u0090y\u009d0;t\u009c\n", "31mxy0;t\n", 4},
		{"keys to be pressed", "\x1b[1;2;3\"qx\n", "x\n", 1},
		{"large numbers", "\x1b[99999Ax\x1b[1;99999Hy\n", "xy\n", 2},
		{"other parameters", "\x1b[<1mx\x1b[?1my\x1b[1 mz\x1b[1:2A\n", "xyz\n", 4},
		{"a long sequence", "\x1b[" + strings.Repeat("1;", 40) + "mx\n", strings.Repeat("1;", 8) + "mx\n", 1},
		{"a sequence broken off", "\x1b[31\nx\x1b\x1b[32my\x1b]0;t\x1b[33mz\n", "\nx\x1b[32my\x1b[33mz\n\x1b[0m", 3},
		{"a text without an end", "\x1b]0;" + strings.Repeat("x", maxPayload-1) + "seen\n", "seen\n", 1},
		{"broken off by CAN", "\x1b]0;x\x18y\n", "y\n", 1},
		{"BEL, DEL, NUL", "a\a\x7f\x00b\n", "ab\n", 3},
		{"order", "a\u202eb\u2066c\n", `a\u202eb\u2066c` + "\n", 0},
		{"tags", "a\U000E0041b\n", `a\U000e0041b` + "\n", 0},
		{"what isn't UTF-8", "a\xffb\n", `a\xffb` + "\n", 0},
		{"commands of a runner", "::error::x\n  ::debug::y\r::z\na::b\n: :\n##[error]w\n", `:\u003aerror::x` + "\n  :\\u003adebug::y\r:\\u003az\na::b\n: :\n##\\x5berror]w\n", 0},
		{"commands put together", ":\x1b[31m:x\x1b]0;t\a\n:\x07:y\n#\x1b[m#\x00[z\n", ":\x1b[31m\\u003ax\n:\\u003ay\n#\x1b[m#\\x5bz\n", 3},
	} {
		got, dropped := shown(t, false, tt.in)
		if got != tt.out || dropped != tt.dropped {
			t.Errorf("%s: %q, %d left out; expected %q, %d", tt.name, got, dropped, tt.out, tt.dropped)
		}
		if pieces, _ := shown(t, false, strings.Split(tt.in, "")...); pieces != got {
			t.Errorf("%s: cut, %q", tt.name, pieces)
		}
	}
}

// TestDump: text alone, and nothing that was overwritten is lost.
func TestDump(t *testing.T) {
	got, _ := shown(t, true, "\x1b[31mred\x1b[0m\r\n10%\r20%\r\x1b[K30%\n", "a\bb\r", "\nc\r")
	if want := "red\n10%\n20%\n30%\nab\nc\n"; got != want {
		t.Errorf("%q, expected %q", got, want)
	}
}

// FuzzScreen: whatever is shown is harmless, and the same however it is cut.
func FuzzScreen(f *testing.F) {
	for _, seed := range []string{"\x1b[31mx", "\x1b]52;c;x\x1b\\", "\r::error::", "##[x", "\u009b5n\u202e", "\x1b\x1b]\x1b\x1bP\x1b[2J\x18\x1b(0"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, plain bool) {
		if !utf8.ValidString(text) {
			return // a recording holds none
		}
		whole, n := shown(t, plain, text)
		cut, m := shown(t, plain, strings.Split(text, "")...)
		if whole != cut || n != m {
			t.Errorf("%q, cut %q", whole, cut)
		}
	})
}

// TestPlay keeps the times, as far as it is told to.
func TestPlay(t *testing.T) {
	r := &Recording{Events: []Event{{time.Second, false, "a"}, {3 * time.Second, true, "mark"}, {3 * time.Second, false, "b"}, {13 * time.Second, false, "\x1b[5nc\n"}}}
	for _, tt := range []struct {
		pace Pace
		want []time.Duration
	}{
		{Pace{Speed: 1}, []time.Duration{time.Second, 2 * time.Second, 10 * time.Second}},
		{Pace{Speed: 2, Idle: 2 * time.Second}, []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}},
		{Pace{Speed: 0.5}, []time.Duration{2 * time.Second, 4 * time.Second, 20 * time.Second}},
	} {
		var out bytes.Buffer
		var paused []time.Duration
		tt.pace.Pause = func(_ context.Context, d time.Duration) error {
			paused = append(paused, d)
			return nil
		}
		left, err := r.Play(t.Context(), &out, tt.pace)
		if err != nil || left != 1 || out.String() != "abc\n" {
			t.Errorf("%d left out, %v, %q", left, err, &out)
		}
		if len(paused) != len(tt.want) || paused[0] != tt.want[0] || paused[1] != tt.want[1] || paused[2] != tt.want[2] {
			t.Errorf("%v, expected %v", paused, tt.want)
		}
	}
	if got := r.Markers(); len(got) != 1 || got[0] != "mark" {
		t.Errorf("%q", got)
	}
	stop := errors.New("stopped")
	var out bytes.Buffer
	_, err := (&Recording{Events: []Event{{0, false, "\x1b[31mred"}, {1, false, "x"}}}).Play(t.Context(), &out, Pace{Speed: 1, Pause: func(context.Context, time.Duration) error { return stop }})
	if !errors.Is(err, stop) || out.String() != "\x1b[31mred\x1b[0m\n" {
		t.Errorf("%v %q: a terminal is left as it was", err, &out)
	}
}
