package recording

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
)

// TestRecorder writes the format as it is described: times since the beginning, outputs in the order of arrival, colours kept.
func TestRecorder(t *testing.T) {
	c := newClock()
	var out bytes.Buffer
	r, err := Begin(Options{To: &out, Limit: MinLimit, Now: c.now, Search: nothing, Header: Header{Width: 80, Height: 24, Command: "make <all>", Title: "deploy/prod"}})
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := r.Stream(), r.Stream()
	c.pass(1500 * time.Millisecond)
	_, _ = io.WriteString(stdout, "\x1b[32mone\x1b[0m\r\n")
	c.pass(time.Millisecond)
	_, _ = io.WriteString(stderr, "two \"quoted\" <&>\n")
	c.pass(time.Millisecond)
	_, _ = io.WriteString(stdout, "prompt: ")
	c.pass(2 * time.Second)
	_, _ = io.WriteString(stdout, "three\n")
	c.pass(time.Second)
	sum, err := r.End("exit status 0")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"version":2,"width":80,"height":24,"timestamp":1795466467,"command":"make <all>","title":"deploy/prod"}
[1.500000, "o", "\u001b[32mone\u001b[0m\r\n"]
[1.501000, "o", "two \"quoted\" <&>\n"]
[1.502000, "o", "prompt: "]
[3.502000, "o", "three\n"]
[4.502000, "m", "exit status 0"]
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	digest := sha256.Sum256(out.Bytes())
	if sum != (Summary{Bytes: int64(out.Len()), SHA256: hex.EncodeToString(digest[:])}) {
		t.Errorf("%+v", sum)
	}
	_, _ = io.WriteString(stdout, "late")
	if again, err := r.End("again"); again != sum || err != nil || out.String() != want {
		t.Errorf("what came after the end: %+v, %v, %s", again, err, &out)
	}
}

// TestKeptWhole: nothing is lost, doubled or put in another order within an output, however it is cut and held. One writes capitals
// and line feeds, the other small letters and carriage returns, so that they can be told apart.
func TestKeptWhole(t *testing.T) {
	for seed := range uint64(4) {
		rnd := random(seed)
		c := newClock()
		r, out := recorder(t, c, word("hidden"))
		streams := []io.Writer{r.Stream(), r.Stream()}
		var want [2]strings.Builder
		for i := range 2000 {
			which := rnd.IntN(2)
			text := fmt.Sprintf("%X", i)
			if which == 1 {
				text = "hid" + strings.Repeat("denx", rnd.IntN(2))
			}
			switch rnd.IntN(10) {
			case 0:
				text += []string{"\n", "\r"}[which]
			case 1:
				text += strings.Repeat([]string{"AB", "ab"}[which], rnd.IntN(6000))
			case 2:
				text += []string{"-----BEGIN X " + "PRIVATE KEY-----!", "puttyhidden"}[which]
			}
			want[which].WriteString(text)
			_, _ = io.WriteString(streams[which], text)
			c.pass(time.Duration(rnd.IntN(30)) * time.Millisecond)
		}
		text := printed(end(t, r, out))
		small := func(c rune) bool { return 'a' <= c && c <= 'z' || strings.ContainsRune("[]\r", c) }
		got := []string{
			strings.Map(func(c rune) rune { return map[bool]rune{true: -1, false: c}[small(c)] }, text),
			strings.Map(func(c rune) rune { return map[bool]rune{true: c, false: -1}[small(c)] }, text),
		}
		if got[0] != want[0].String() {
			t.Errorf("seed %d: the first output isn't what was written", seed)
		}
		if wanted(got[1]) != wanted(want[1].String()) {
			t.Errorf("seed %d: the second output isn't what was written", seed)
		}
	}
}

// wanted is text without hidden words; two that stand together are hidden as one.
func wanted(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "hidden", "\x00"), redact.Placeholder, "\x00")
	for strings.Contains(text, "\x00\x00") {
		text = strings.ReplaceAll(text, "\x00\x00", "\x00")
	}
	return strings.ReplaceAll(text, "\x00", redact.Placeholder)
}

// TestOrder: what one output holds back doesn't change the order, unless it would be too much; then no text is lost.
func TestOrder(t *testing.T) {
	c := newClock()
	r, out := recorder(t, c, nothing)
	stdout, stderr := r.Stream(), r.Stream()
	var want strings.Builder
	for i := range 20_000 {
		to, line := stdout, fmt.Sprintf("line %d\n", i)
		if i%977 == 0 {
			to = stderr
		}
		want.WriteString(line)
		_, _ = io.WriteString(to, line)
		c.pass(20 * time.Millisecond)
	}
	if got := printed(end(t, r, out)); got != want.String() {
		t.Error("lines of two outputs came in another order")
	}

	r, out = recorder(t, c, nothing)
	stdout, stderr = r.Stream(), r.Stream()
	_, _ = io.WriteString(stderr, "unfinished")
	_, _ = io.WriteString(stdout, strings.Repeat("line\n", 40_000))
	_, _ = io.WriteString(stderr, " line\n")
	got := printed(end(t, r, out))
	if strings.Count(got, "unfinished line\n") != 1 || strings.Count(got, "line\n") != 40_001 || strings.HasPrefix(got, "unfinished") {
		t.Errorf("%.80q", got)
	}
}

// TestBinary: what isn't UTF-8 is replaced, a code point that is cut isn't.
func TestBinary(t *testing.T) {
	c := newClock()
	r, out := recorder(t, c, nothing)
	stdout, stderr := r.Stream(), r.Stream()
	for _, b := range []byte("gr\u00fc\u00df \U0001F600 \xff\xfe\x00 \xe2\x82\n") {
		_, _ = stdout.Write([]byte{b})
		_, _ = io.WriteString(stderr, "-")
		c.pass(20 * time.Millisecond)
	}
	_, _ = io.WriteString(stdout, "\xf0\x9f")
	got := strings.ReplaceAll(printed(end(t, r, out)), "-", "")
	if want := "gr\u00fc\u00df \U0001F600 \ufffd\ufffd\x00 \ufffd\n\ufffd"; got != want {
		t.Errorf("%q, expected %q", got, want)
	}
}
