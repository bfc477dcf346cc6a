package supervise

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// frames is what a watchdog hears.
func frames(t *testing.T, kindsAndPayloads ...string) string {
	t.Helper()
	var b bytes.Buffer
	for _, s := range kindsAndPayloads {
		if err := writeFrame(&b, kind(s[0]), []byte(s[1:])); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// TestWatch: what ends a credential, and what doesn't.
func TestWatch(t *testing.T) {
	tests := []struct {
		name, in string
		fails    int
		ends     string // what End is called with, in turn
		err      string
		says     string
	}{
		{"told", frames(t, "Pone", "Eended"), 0, "", "", ""},
		{"told, with more behind", frames(t, "Pone", "Eended") + "anything", 0, "", "", ""},
		{"nothing to end", frames(t, "P"), 0, "", "", ""},
		{"nothing at all", "", 0, "", "", ""},
		{"nothing any more", frames(t, "Pone", "P"), 0, "", "", ""},
		{"not told", frames(t, "Pone"), 0, "one", "", ""},
		{"replaced", frames(t, "Pone", "Ptwo"), 0, "two", "", ""},
		{"cut off while it is replaced", frames(t, "Pone") + frames(t, "Ptwo")[:11], 0, "one", "", "can't be understood"},
		{"cut off while it is told", frames(t, "Pone") + frames(t, "Eended")[:7], 0, "one", "", "can't be understood"},
		{"no frame", frames(t, "Pone") + "cfw\x09", 0, "one", "", "can't be understood"},
		{"another version", frames(t, "Pone") + strings.Replace(frames(t, "Eended"), "\x01", "\x02", 1), 0, "one", "", "can't be understood"},
		{"what only it says", frames(t, "Pone", "T"), 0, "one", "", "can't be understood"},
		{"fails twice", frames(t, "Pone"), 2, "one one one", "", "attempt 2 of 5: no"},
		{"fails", frames(t, "Pone"), 9, "one one one one one", "may still work, revoke it by hand: no", "attempt 5 of 5: no"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var ends []string
			var kept [][]byte
			var pauses []time.Duration
			var said strings.Builder
			err := Watcher{
				In: strings.NewReader(tt.in), Out: io.Discard, Complain: &said,
				End: func(_ context.Context, p []byte) error {
					ends, kept = append(ends, string(p)), append(kept, p)
					if len(ends) <= tt.fails {
						return errors.New("no")
					}
					return nil
				},
				Sleep: func(_ context.Context, d time.Duration) error {
					pauses = append(pauses, d)
					return nil
				},
			}.watch()
			if got := strings.Join(ends, " "); got != tt.ends {
				t.Errorf("ended %q, want %q", got, tt.ends)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, want %q", err, tt.err)
			}
			if (said.Len() == 0) != (tt.says == "") || !strings.Contains(said.String(), tt.says) {
				t.Errorf("said %q, want %q", said.String(), tt.says)
			}
			for _, p := range kept {
				if !bytes.Equal(p, make([]byte, len(p))) {
					t.Errorf("%q isn't wiped", p)
				}
			}
			if tt.fails > 4 && !slices.Equal(pauses, []time.Duration{firstPause, 2 * firstPause, 4 * firstPause, 8 * firstPause}) {
				t.Errorf("pauses %v", pauses)
			}
		})
	}
}

// TestWatchHangs: an end that doesn't hear its deadline, or panics, doesn't keep the watchdog.
func TestWatchHangs(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	err := Watcher{In: strings.NewReader(frames(t, "Pone")), Out: io.Discard, Within: 50 * time.Millisecond, End: func(context.Context, []byte) error {
		<-hang
		return nil
	}}.watch()
	if err == nil || !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("hangs: %v", err)
	}
	n := 0
	err = Watcher{In: strings.NewReader(frames(t, "Pone")), Out: io.Discard, Sleep: func(context.Context, time.Duration) error { return nil }, End: func(context.Context, []byte) error {
		if n++; n == 1 {
			panic("one")
		}
		return nil
	}}.watch()
	if err != nil || n != 2 {
		t.Errorf("panics: %v after %d attempts", err, n)
	}
}
