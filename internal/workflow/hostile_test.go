package workflow

import (
	"strings"
	"testing"
	"time"
)

// TestHostile holds that files made to hurt are read or refused in time that grows with their size.
// The bound is generous: what it catches is quadratic or exponential work, which takes minutes.
func TestHostile(t *testing.T) {
	const head = "on: push\njobs: {a: {runs-on: x, steps: [{run: '${{ "
	const tail = " }}'}]}}\n"
	nested := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.Repeat(" ", i) + "a:\n")
		}
		return b.String()
	}
	for name, src := range map[string]string{
		"nested blocks":      nested(10_000),
		"nested flows":       strings.Repeat("{a: ", 10_000) + strings.Repeat("}", 10_000),
		"anchor bomb":        "a: &a [x]\nb: &b [" + strings.Repeat("*a, ", 100) + "]\nc: &c [" + strings.Repeat("*b, ", 100) + "]\non: [" + strings.Repeat("*c, ", 100) + "]\n",
		"keys":               "on: push\nenv:\n" + strings.Repeat("  a: b\n", 40_000),
		"nested indexes":     head + strings.Repeat("a[", 100_000) + tail,
		"nested calls":       head + strings.Repeat("a(b,", 100_000) + tail,
		"nested parentheses": head + strings.Repeat("(", 200_000) + "a" + strings.Repeat(")", 200_000) + tail,
		"unreadable":         head + strings.Repeat("\"é", 50_000) + tail,
		"quotes":             head + strings.Repeat("''", 200_000) + tail,
		"many expressions":   head + strings.Repeat("é }} ${{ secrets.é ", 10_000) + tail,
		"many properties":    head + "a" + strings.Repeat(".b", 200_000) + tail,
		"long file":          strings.Repeat("#", 2<<20),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			f := Parse(".github/workflows/w.yml", []byte(src))
			bad := len(f.Problems)
			for s := range f.Strings {
				bad += len(s.Bad)
			}
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("took %v for %d bytes", d, len(src))
			}
			if bad == 0 {
				t.Error("nothing is wrong with it")
			}
		})
	}
}
