package secret

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/secret/engine"
)

func accessKeys(rnd *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString("AK" + "IA")
		for range 16 {
			b.WriteByte("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[rnd.IntN(32)])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Files that are made to hold up a search: each took the library minutes, or would take what is around it.
func TestSlowTexts(t *testing.T) {
	d := newDetector(t)
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
	tests := []struct {
		name, text string
		least      int // how many tokens are found
		cut        bool
	}{
		{"one long line", many(1500, " "), 1200, false},
		{"one long line with something encoded", many(1500, " %41 "), 1000, false},
		{"keys without values", strings.Repeat("key=", 40_000), 0, false},
		{"one long value", "key=" + strings.Repeat("keyA1=", 30_000), 0, false},
		{"keys that begin", strings.Repeat("-----BEGIN PRIVATE "+"KEY-----\n", 4000), 1000, false},
		{"keys in a key that begins and ends", "-----BEGIN PRIVATE " + "KEY-----\n" + accessKeys(rnd, 9900) + "-----END PRIVATE " + "KEY-----\n", 9800, false},
		{"a long line after them", strings.ReplaceAll(accessKeys(rnd, 9900), "\n", " ") + strings.Repeat("x ", 5<<20) + allowComment, 9800, false},
		{"more than enough", accessKeys(rnd, 30_000), engine.MaxMatches, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			started := time.Now()
			tokens, err := d.Detect(context.Background(), "a.txt", []byte(tt.text))
			if len(tokens) < tt.least || (err != nil) != tt.cut {
				t.Errorf("%d tokens, %v; want at least %d", len(tokens), err, tt.least)
			}
			t.Logf("took %s", time.Since(started)) // what holds it up for good ends with the test's own time limit
		})
	}
}
