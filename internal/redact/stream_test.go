package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// streamed is what comes out of a Stream to which text is written in pieces, each of at most so many bytes.
func streamed(t *testing.T, rnd *rand.Rand, text string, most int, secrets ...Secret) string {
	t.Helper()
	var out bytes.Buffer
	s := NewStream(&out, secrets...)
	for rest := text; len(rest) > 0; {
		n := min(1+rnd.IntN(most), len(rest))
		if _, err := s.Write([]byte(rest[:n])); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestStreamCut: of a value that is cut off nothing shows but what is too short to be one, in whatever form it was written.
func TestStreamCut(t *testing.T) {
	value := "s3cr3t/of" + "a+run=-it&more?"
	for _, f := range formsOf([]Secret{New([]byte(value))}) {
		for n := range len(f.text) {
			var out bytes.Buffer
			s := NewStream(&out, New([]byte(value)))
			if _, err := s.Write([]byte("before " + value + " " + f.text[:n])); err != nil {
				t.Fatal(err)
			}
			if err := s.Cut(); err != nil {
				t.Fatal(err)
			}
			want := "before " + Placeholder + " " + Placeholder
			if n < minSearch {
				want = "before " + Placeholder + " " + f.text[:n]
			}
			if got := out.String(); got != want {
				t.Errorf("%q was cut after %d bytes: %q, want %q", f.text, n, got, want)
			}
		}
	}
}

// masked says what a Stream has to write, by looking for each form in the whole text.
func masked(text string, secrets ...Secret) string {
	var hits []Range
	for _, f := range formsOf(secrets) {
		for _, r := range placesOf(text, f.text) {
			for f.run && r.End < len(text) && (isBase64(text[r.End]) || text[r.End] == '=') {
				r.End++
			}
			hits = append(hits, r)
		}
	}
	slices.SortFunc(hits, func(a, b Range) int { return a.Start - b.Start })
	var out strings.Builder
	at := 0
	for _, r := range hits {
		if r.Start >= at {
			out.WriteString(text[at:r.Start] + Placeholder)
		}
		at = max(at, r.End)
	}
	return out.String() + text[at:]
}

// What comes out depends on the bytes alone, not on how they are cut, and is what a search of the whole text
// says. Values of few different characters overlap with themselves and each other.
func TestStreamAnyPieces(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	hidden := 0
	for range 3000 {
		alphabet := []string{"ab", "aB1", "ab+/=", "x\"\\\n é"}[rnd.IntN(4)]
		value := func(n int) string {
			var b strings.Builder
			for range n {
				letters := []rune(alphabet)
				b.WriteRune(letters[rnd.IntN(len(letters))])
			}
			return b.String()
		}
		values := []string{value(6 + rnd.IntN(4)), value(6 + rnd.IntN(12))}
		var text strings.Builder
		for range rnd.IntN(12) {
			v := values[rnd.IntN(2)]
			switch rnd.IntN(7) {
			case 0:
				text.WriteString(v)
			case 1:
				text.WriteString(base64.StdEncoding.EncodeToString([]byte(value(rnd.IntN(5)) + v)))
			case 2:
				text.WriteString(url.QueryEscape(v))
			case 3:
				quoted, _ := json.Marshal(v)
				text.Write(quoted)
			case 4:
				text.WriteString(v[:rnd.IntN(len(v))])
			default:
				text.WriteString(value(rnd.IntN(8)))
			}
		}
		secrets := []Secret{New([]byte(values[0])), New([]byte(values[1]))}
		want := masked(text.String(), secrets...)
		hidden += strings.Count(want, Placeholder)
		for _, most := range []int{1, 3, 7, 1000} {
			if got := streamed(t, rnd, text.String(), most, secrets...); got != want {
				t.Fatalf("%q with %q in pieces of %d:\ngot  %q\nwant %q", text.String(), values, most, got, want)
			}
		}
	}
	if hidden < 3000 {
		t.Errorf("only %d values were hidden: that shows little", hidden)
	}
}

// A form of a value is never in what comes out.
func TestStreamForms(t *testing.T) {
	value := "s3cr3t/\"value\"+with=all\\of it"
	quoted, _ := json.Marshal(value)
	var text []string
	for _, before := range []string{"", "x", "yz"} {
		text = append(text, base64.StdEncoding.EncodeToString([]byte(before+value)), base64.RawURLEncoding.EncodeToString([]byte(before+value+"!")))
	}
	text = append(text, value, string(quoted), url.QueryEscape(value), url.PathEscape(value))
	rnd := rand.New(rand.NewPCG(3, 4))
	got := streamed(t, rnd, strings.Join(text, "\n"), 5, New([]byte(value)))
	for _, f := range forms([]byte(value)) {
		if strings.Contains(got, f.text) {
			t.Errorf("%q came out in %q", f.text, got)
		}
	}
	if n := strings.Count(got, Placeholder); n != len(text) {
		t.Errorf("%d placeholders for %d values: %q", n, len(text), got)
	}
}

// A prompt shows at once, though it has no line break; only the beginning of a value waits.
func TestStreamHoldsLittle(t *testing.T) {
	var out bytes.Buffer
	s := NewStream(&out, New([]byte("hunter2hunter3")))
	for _, step := range []struct{ in, want string }{
		{"Password: ", "Password: "},
		{"hunt", "Password: "},
		{"ing\n", "Password: hunting\n"},
		{"hunter2hunter", "Password: hunting\n"},
		{"3", "Password: hunting\n" + Placeholder},
		{"!", "Password: hunting\n" + Placeholder + "!"},
	} {
		if _, err := s.Write([]byte(step.in)); err != nil || out.String() != step.want {
			t.Errorf("after %q: %q, %v; want %q", step.in, out.String(), err, step.want)
		}
	}
}

// A line that a value ends shows at once, though the value's last character may begin one.
func TestStreamEndsLine(t *testing.T) {
	for _, last := range "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		value := "hvs.CAESI" + strings.Repeat("q7Zw", 21) + string(last)
		for _, end := range []string{"\n", "\r\n"} {
			var out bytes.Buffer
			s := NewStream(&out, New([]byte(value)))
			if _, err := s.Write([]byte(value + end)); err != nil || out.String() != Placeholder+end {
				t.Errorf("of a value that ends in %c: %q, %v", last, out.String(), err)
			}
		}
	}
}

// A value that is obtained meanwhile is hidden from then on.
func TestStreamHidesMore(t *testing.T) {
	var out bytes.Buffer
	s := NewStream(&out, New([]byte("first-value")))
	_, _ = s.Write([]byte("first-value first-"))
	s.Hide(New([]byte("second-value")))
	_, _ = s.Write([]byte("value second-value third-value\n"))
	if want := Placeholder + " " + Placeholder + " " + Placeholder + " third-value\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// TestStreamHidesUnread: a value can be hidden while nobody reads what is written, and is in what is written next.
func TestStreamHidesUnread(t *testing.T) {
	r, w := io.Pipe()
	s := NewStream(w)
	written := make(chan error, 1)
	go func() {
		_, err := s.Write([]byte("before second-"))
		written <- err
	}()
	first := make([]byte, 1)
	if _, err := io.ReadFull(r, first); err != nil { // it is being written now
		t.Fatal(err)
	}
	s.Hide(New([]byte("second-value")))
	var rest bytes.Buffer
	done := make(chan error, 1)
	go func() {
		_, err := rest.ReadFrom(r)
		done <- err
	}()
	err := <-written
	_, again := s.Write([]byte("value second-value\n"))
	if err := errors.Join(err, again, s.Flush(), w.Close(), <-done); err != nil {
		t.Fatal(err)
	}
	if want := "before second-value " + Placeholder + "\n"; string(first)+rest.String() != want {
		t.Errorf("%q, want %q", string(first)+rest.String(), want)
	}
}

// A value is hidden though it is overwritten before anything is written, and though its beginning waits.
func TestStreamOverwritten(t *testing.T) {
	var out bytes.Buffer
	first, second := New([]byte("first-value")), New([]byte("first-other"))
	s := NewStream(&out, first)
	first.Zero()
	_, _ = s.Write([]byte("first-value first-"))
	s.Hide(second)
	second.Zero()
	_, _ = s.Write([]byte("other first-value\n"))
	if want := Placeholder + " " + Placeholder + " " + Placeholder + "\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the pipe is closed") }

func TestStreamErrors(t *testing.T) {
	s := NewStream(broken{}, New([]byte("hunter2")))
	if _, err := s.Write([]byte("hunt")); err != nil {
		t.Errorf("nothing was passed on yet: %v", err)
	}
	if err := s.Flush(); err == nil {
		t.Error("no error")
	}
}

func FuzzStream(f *testing.F) {
	f.Add("hunter2hunter", "x hunter2hunter2hunter y", uint64(1))
	f.Add("hunter2hunter3hunter4", "hunt\x1b[1mer2hunter3hun\n ter4", uint64(3))
	f.Add("ab+/ab+/", base64.StdEncoding.EncodeToString([]byte("xab+/ab+/")), uint64(2))
	f.Fuzz(func(t *testing.T, value, text string, seed uint64) {
		secret := New([]byte(value))
		if strings.ContainsAny(text, openers) { // masked knows of no gaps
			whole := streamed(t, rand.New(rand.NewPCG(seed, 1)), text, len(text), secret)
			if got := streamed(t, rand.New(rand.NewPCG(seed, 1)), text, 4, secret); got != whole {
				t.Errorf("%q of %q: got %q, in one piece %q", value, text, got, whole)
			}
			return
		}
		if got, want := streamed(t, rand.New(rand.NewPCG(seed, 1)), text, 4, secret), masked(text, secret); got != want {
			t.Errorf("%q of %q: got %q, want %q", value, text, got, want)
		}
	})
}

func BenchmarkStream(b *testing.B) {
	value := strings.Repeat("FwoGZXIvYXdzEJr//////////wEaDGJ1c3RlZCBieSBjdXJm+/", 20)
	line := bytes.Repeat([]byte("2026-11-28T12:00:00Z INFO deployed payments-api to production in 12.3s\n"), 1000)
	b.SetBytes(int64(len(line)))
	s := NewStream(&bytes.Buffer{}, New([]byte(value)))
	s.to = discard{}
	for b.Loop() {
		if _, err := s.Write(line); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
