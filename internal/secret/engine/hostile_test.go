package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/delta"
)

// Texts that are made to hold up a search take about as long as their size says.
func TestHostileTexts(t *testing.T) {
	e := sharedEngine(t)
	rnd := rand.New(rand.NewPCG(9, 10))
	value := func() string {
		b := make([]byte, 20)
		for i := range b {
			b[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[rnd.IntN(62)]
		}
		return string(b)
	}
	many := func(n int, between string) string {
		var b strings.Builder
		for range n {
			b.WriteString("key='" + value() + "'" + between)
		}
		return b.String()
	}
	const size = 256 << 10
	of := func(s string) string { return strings.Repeat(s, size/len(s)) }
	tests := []struct {
		name, text string
		least      int
		cut        bool
	}{
		{"one line of findings", many(9000, " "), 8000, false},
		{"one line of too many findings", many(30_000, " "), MaxMatches, true},
		{"one line of findings with something encoded", many(5000, " %41 "), 4000, false},
		{"keys without values", of("key="), 0, false},
		{"one word", of("secret"), 0, false},
		{"one value", "key=" + of("keyA1="), 0, false},
		{"letters", of("a"), 0, false},
		{"zeroes", of("\x00"), 0, false},
		{"keys that begin", of("-----BEGIN PRIVATE " + "KEY-----\n"), 2000, false},
		{"commands without an end", of("curl -u \"\n"), 0, false},
		{"commands on one line", of("curl -H \"Authorization: "), 0, false},
		{"manifests", of("kind: secret data: "), 0, false},
		{"percent escapes", of("%41"), 0, false},
		{"percent escapes on lines", of("%41\n"), 0, false},
		{"hexadecimal", of("616263646566676869706172"), 0, false},
		{"odd letters", of("\u212aey=\u017fecret "), 0, false},
		{"urls", of("://a:"), 0, false},
		{"broken characters", of("\xe2\x84"), 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := []byte(tt.text)
			s := e.NewScanner()
			started := time.Now()
			st := s.Whole(text)
			whole := time.Since(started)
			found, err := s.Matches(context.Background(), "a.txt", text, st)
			if len(found) < tt.least || errors.Is(err, ErrTooMany) != tt.cut {
				t.Errorf("%d findings, %v; want at least %d", len(found), err, tt.least)
			}
			matched := time.Since(started)
			copies := []delta.Copy{{Len: int32(len(text) / 2)}, {Dst: int32(len(text)/2 + 1), Src: int32(len(text) / 2), Len: int32(len(text) - len(text)/2)}}
			next := append(append(append([]byte{}, text[:len(text)/2]...), 'x'), text[len(text)/2:]...)
			started = time.Now()
			s.Next(next, st, len(text), copies)
			t.Logf("%d findings in %d bytes: whole %s, matches %s, next %s", len(found), len(text), whole, matched-whole, time.Since(started))
			if matched > 60*time.Second {
				t.Errorf("took %s", matched)
			}
		})
	}
}
