package supervise

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestFrame: what is written is read, and nothing beyond it.
func TestFrame(t *testing.T) {
	for _, n := range []int{0, 1, 4096, MaxPayload} {
		var b bytes.Buffer
		want := bytes.Repeat([]byte("x"), n)
		if err := writeFrame(&b, kindPayload, want); err != nil {
			t.Fatal(err)
		}
		b.WriteString("more")
		k, got, err := readFrame(&b)
		if k != kindPayload || !bytes.Equal(got, want) || err != nil || b.String() != "more" {
			t.Errorf("%d bytes: %c, %d bytes, %v, %q is left", n, k, len(got), err, b.String())
		}
	}
	if err := writeFrame(io.Discard, kindPayload, make([]byte, MaxPayload+1)); err == nil || !strings.Contains(err.Error(), "at most 32768") {
		t.Errorf("too long: %v", err)
	}
}

// TestFrameStrict: nothing else is a frame.
func TestFrameStrict(t *testing.T) {
	for text, want := range map[string]error{
		"":                            io.EOF,
		"cf":                          io.ErrUnexpectedEOF,
		"cfw\x01P\x00\x00\x00":        io.ErrUnexpectedEOF,
		"cfw\x01P\x00\x00\x00\x02":    io.ErrUnexpectedEOF,
		"cfw\x01P\x00\x00\x00\x02x":   io.ErrUnexpectedEOF,
		"cfx\x01P\x00\x00\x00\x00":    errFrame,
		"cfw\x02P\x00\x00\x00\x00":    errFrame,
		"cfw\x01X\x00\x00\x00\x00":    errFrame,
		"cfw\x01P\x00\x00\x80\x01":    errFrame,
		"cfw\x01P\xff\xff\xff\xff":    errFrame,
		"cfw\x01T\x00\x00\x00\x01x":   errFrame,
		"{\"payload\": \"anything\"}": errFrame,
	} {
		if _, p, err := readFrame(strings.NewReader(text)); !errors.Is(err, want) || p != nil {
			t.Errorf("%q: %q, %v, want %v", text, p, err, want)
		}
	}
}

// FuzzFrame: whatever comes, a frame that is taken is what its bytes say, written again.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("cfw\x01P\x00\x00\x00\x03abc"))
	f.Add([]byte("cfw\x01E\x00\x00\x00\x00cfw"))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, p, err := readFrame(bytes.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := writeFrame(&b, k, p); err != nil || !bytes.HasPrefix(text, b.Bytes()) {
			t.Errorf("%q is %c %q, which is %q, %v", text, k, p, b.Bytes(), err)
		}
	})
}
