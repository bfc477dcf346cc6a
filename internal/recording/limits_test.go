package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCrash: what was printed a while ago is in the file though nobody ended the recording, and what is there can be read.
func TestCrash(t *testing.T) {
	c := newClock()
	r, out := recorder(t, c, nothing)
	stdout := r.Stream()
	for i := range 1000 {
		_, _ = fmt.Fprintf(stdout, "line %d of the log\n", i)
		c.pass(100 * time.Millisecond)
	}
	got, err := Read("r", out.Bytes())
	if err != nil || !strings.Contains(printed(got), "line 750 of the log\n") {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
}

// TestLimit: a recording that has reached its limit says so and is no larger; what the command prints isn't held up.
func TestLimit(t *testing.T) {
	for _, text := range []string{"line\n", strings.Repeat("x", 30_000) + "\n", "\x01\x02\x03\x04", strings.Repeat("\x01", 200_000)} {
		c := newClock()
		var out bytes.Buffer
		r, err := Begin(Options{To: &out, Limit: MinLimit, Now: c.now, Search: nothing, Header: Header{Width: 80, Height: 24}})
		if err != nil {
			t.Fatal(err)
		}
		s := r.Stream()
		for range 100_000/len(text) + 20 {
			if n, err := io.WriteString(s, text); n != len(text) || err != nil {
				t.Fatal(n, err)
			}
			c.pass(50 * time.Millisecond)
		}
		sum, err := r.End(strings.Repeat("\x01", 1000))
		got, readErr := Read("r", out.Bytes())
		if err != nil || readErr != nil {
			t.Fatal(err, readErr)
		}
		if !sum.Truncated || sum.Bytes > MinLimit || int64(out.Len()) != sum.Bytes || !strings.Contains(got.Markers()[0], "reached its limit") || len(got.Markers()) != 2 {
			t.Errorf("%.20q: %+v %q", text, sum, got.Markers())
		}
	}
	for _, limit := range []int64{0, -1, MinLimit - 1, MaxLimit + 1} {
		if _, err := Begin(Options{To: io.Discard, Limit: limit, Now: newClock().now, Search: nothing}); err == nil {
			t.Errorf("a limit of %d is taken", limit)
		}
	}
	var out bytes.Buffer
	_, err := Begin(Options{To: &out, Limit: MinLimit, Now: newClock().now, Search: nothing, Header: Header{Command: strings.Repeat("\x01", MinLimit), Title: strings.Repeat("\x01", MinLimit)}})
	if err != nil || out.Len() > MinLimit-reserve {
		t.Errorf("%v, a header of %d bytes", err, out.Len())
	}
}

// failing is a disk that is full after some bytes.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return f.left, errors.New("no space left")
	}
	f.left -= len(p)
	return len(p), nil
}

// TestFaults: where nothing more can be recorded the command isn't held up, and End says why.
func TestFaults(t *testing.T) {
	var told []error
	options := Options{Limit: MinLimit, Now: newClock().now, Search: nothing, Header: Header{Width: 80, Height: 24}, OnFault: func(err error) { told = append(told, err) }}
	options.To = &failing{1000}
	r, err := Begin(options)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Stream()
	for range 20_000 {
		if _, err := io.WriteString(s, "line\n"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.End("end"); err == nil || !strings.Contains(err.Error(), "no space left") || len(told) != 1 {
		t.Errorf("%v, told %v", err, told)
	}

	broken := errors.New("the search broke down")
	var out bytes.Buffer
	options.To, options.Search, told = &out, func(text []byte) ([]Found, error) {
		if len(text) > 0 {
			return nil, broken
		}
		return nil, nil
	}, nil
	if r, err = Begin(options); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(r.Stream(), "perhaps a secret\n")
	if _, err := r.End("end"); !errors.Is(err, broken) || len(told) != 1 || strings.Contains(out.String(), "perhaps") {
		t.Errorf("%v, told %v: %s", err, told, &out)
	}
	if _, err := Read("r", out.Bytes()); err != nil {
		t.Error(err)
	}
	options.Header.Command = "make"
	if _, err := Begin(options); !errors.Is(err, broken) {
		t.Error(err)
	}
	options.To, options.Search = &failing{10}, nothing
	if _, err := Begin(options); err == nil {
		t.Error("a header that can't be written is taken")
	}
}

// TestAtOnce: several write at once, and the recording is ended meanwhile.
func TestAtOnce(t *testing.T) {
	c := newClock()
	r, out := recorder(t, c, nothing)
	var all sync.WaitGroup
	for range 4 {
		s := r.Stream()
		all.Go(func() {
			for range 2000 {
				_, _ = io.WriteString(s, "some line of a log\n")
			}
		})
	}
	time.Sleep(time.Millisecond)
	end(t, r, out)
	size := out.Len()
	all.Wait()
	if out.Len() != size {
		t.Error("the recording has grown after its end")
	}
}

// TestHeldBack bounds what is held, whatever comes.
func TestHeldBack(t *testing.T) {
	for name, text := range map[string]string{
		"no line break": "xxxxxxxxxxxxxxx ", "keys that don't end": "-----BEGIN RSA " + "PRIVATE KEY-----\n",
		"a key that never ends": "MIIEpAIBAAKCAQEA\n", "found all over": "hidden",
	} {
		c := newClock()
		r, _ := recorder(t, c, word("hidden"))
		s, other := r.Stream(), r.Stream()
		_, _ = io.WriteString(other, "-----BEGIN RSA "+"PRIVATE KEY-----\n")
		most := 0
		for range 100_000 {
			_, _ = io.WriteString(s, text)
			most = max(most, r.held)
		}
		if most > pressure+unclosed+batch+settling+longLine {
			t.Errorf("%s: %d bytes were held", name, most)
		}
	}
}
