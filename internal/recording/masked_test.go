package recording

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// TestPlanted prints a credential of each kind, cut anywhere, to both outputs at once: none is in the recording.
func TestPlanted(t *testing.T) {
	for seed := range uint64(3) {
		rnd := random(seed)
		all := planted.All(seed)
		c := newClock()
		r, out := recorder(t, c, engine())
		streams := []io.Writer{r.Stream(), r.Stream()}
		var texts [2][]byte
		for i, s := range all {
			texts[i%2] = append(texts[i%2], fmt.Sprintf("step %d\n%s\n", i, strings.TrimSuffix(s.Content, "\n"))...)
			texts[i%2] = append(texts[i%2], strings.Repeat("Compiling one of many files of this project\n", rnd.IntN(300))...)
		}
		for len(texts[0])+len(texts[1]) > 0 {
			which := rnd.IntN(2)
			n := min(rnd.IntN(40)+rnd.IntN(2)*rnd.IntN(9000), len(texts[which]))
			_, _ = streams[which].Write(texts[which][:n])
			texts[which] = texts[which][n:]
			c.pass(time.Duration(rnd.IntN(200)) * time.Millisecond)
		}
		_ = end(t, r, out)
		if found := planted.Find(unescaped(t, out.Bytes()), all...); len(found) > 0 {
			t.Errorf("seed %d: the recording shows %q", seed, found)
		}
		if found := planted.Find(out.Bytes(), all...); len(found) > 0 {
			t.Errorf("seed %d: the file shows %q", seed, found)
		}
	}
}

// unescaped is all that a recording prints, however it is cut into events.
func unescaped(t *testing.T, src []byte) []byte {
	t.Helper()
	r, err := Read("r", src)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(printed(r))
}

// TestMasked: a token that is cut in two, coloured, split by the other output, in a line that takes long, in the command's line.
func TestMasked(t *testing.T) {
	tok := token(t, 1)
	half := len(tok) / 2
	for name, print := range map[string]func(c *clock, out, errs io.Writer){
		"two writes": func(c *clock, out, _ io.Writer) {
			_, _ = io.WriteString(out, "token "+tok[:half])
			c.pass(time.Minute)
			_, _ = io.WriteString(out, tok[half:]+"\n")
		},
		"the other output between": func(c *clock, out, errs io.Writer) {
			_, _ = io.WriteString(out, tok[:half])
			c.pass(time.Second)
			_, _ = io.WriteString(errs, strings.Repeat("warning: something\n", 20_000))
			c.pass(time.Second)
			_, _ = io.WriteString(out, tok[half:]+"\n")
		},
		"coloured": func(_ *clock, out, _ io.Writer) {
			_, _ = io.WriteString(out, "\x1b[1;32m"+tok+"\x1b[0m\n")
		},
		"colours within": func(_ *clock, out, _ io.Writer) {
			_, _ = io.WriteString(out, tok[:half]+"\x1b[31m"+tok[half:]+"\n")
		},
		"within a long line": func(_ *clock, out, _ io.Writer) {
			_, _ = io.WriteString(out, strings.Repeat("progress ", 20_000))
			_, _ = io.WriteString(out, tok[:half])
			_, _ = io.WriteString(out, tok[half:]+strings.Repeat(" progress", 20_000))
		},
		"at the end, without a line break": func(_ *clock, out, _ io.Writer) { _, _ = io.WriteString(out, tok) },
		"byte by byte": func(c *clock, out, errs io.Writer) {
			for i := range tok {
				_, _ = io.WriteString(out, tok[i:i+1])
				_, _ = io.WriteString(errs, ".")
				c.pass(1500 * time.Millisecond)
			}
		},
		"overwritten": func(_ *clock, out, _ io.Writer) { _, _ = io.WriteString(out, "1%\r"+tok+"\r2%\n") },
	} {
		c := newClock()
		r, out := recorder(t, c, engine())
		print(c, r.Stream(), r.Stream())
		text := printed(end(t, r, out))
		if strings.Contains(text, tok[half:]) || strings.Contains(text, tok[:half]) || !strings.Contains(text, redact.Placeholder) {
			t.Errorf("%s: %.300q", name, text)
		}
	}
	var out bytes.Buffer
	_, err := Begin(Options{To: &out, Limit: MinLimit, Now: newClock().now, Search: engine(), Header: Header{Width: 80, Height: 24, Command: "curl -H 'Authorization: token " + tok + "'", Title: tok}})
	if err != nil || strings.Contains(out.String(), tok) || strings.Count(out.String(), redact.Placeholder) != 2 {
		t.Errorf("%v: %s", err, &out)
	}
}

// TestHiddenAgain: what was found once is hidden wherever it turns up, in both outputs and in other forms.
func TestHiddenAgain(t *testing.T) {
	tok := token(t, 2)
	c := newClock()
	r, out := recorder(t, c, engine())
	stdout, stderr := r.Stream(), r.Stream()
	_, _ = io.WriteString(stdout, "export X="+tok+"\n"+strings.Repeat("later\n", 10_000))
	_, _ = fmt.Fprintf(stderr, "x%sy %x\n", tok, tok)
	text := printed(end(t, r, out))
	if found := planted.Find([]byte(text), planted.Secret{Detector: "github-pat", Value: tok}); len(found) > 0 || strings.Count(text, redact.Placeholder) != 3 {
		t.Errorf("%q, %d times hidden", found, strings.Count(text, redact.Placeholder))
	}
}
