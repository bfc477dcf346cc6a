package equality

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"github.com/zricethezav/gitleaks/v8/config"
)

// tally counts what was compared, and why the engine told more. It may be used by several goroutines.
type tally struct {
	reasons reasons

	mu                                     sync.Mutex
	texts, library, engine, missing, extra int
	bytes                                  int64
	panics                                 int // texts on which the library panics
	cut                                    int // texts with more findings than the engine keeps
	explained                              map[string]int
}

func newTally(cfg config.Config) *tally {
	return &tally{reasons: newReasons(cfg), explained: make(map[string]int)}
}

const mostTold = 20 // differences that are printed

// check holds the engine's findings against the library's.
func (y *tally) check(t testing.TB, what, path string, text []byte, library, found []finding) bool {
	t.Helper()
	missing, extra := differ(library, found)
	var named map[string]int
	if len(extra) > 0 {
		named, extra = y.reasons.of(path, text, extra)
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	for name, n := range named {
		y.explained[name] += n
	}
	y.texts++
	y.bytes += int64(len(text))
	y.library += len(library)
	y.engine += len(found)
	if y.missing+y.extra < mostTold {
		for _, f := range missing {
			t.Errorf("%s %s: missing: %s", what, path, f)
		}
		for _, f := range extra {
			t.Errorf("%s %s: not of the library: %s", what, path, f)
		}
	}
	y.missing += len(missing)
	y.extra += len(extra)
	return len(missing)+len(extra) == 0
}

// count adds one to a count of texts that weren't compared.
func (y *tally) count(of *int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	*of++
}

// String is a table.
func (y *tally) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\ntexts\t%d\nMB\t%.1f\nfindings of the library\t%d\nfindings of the engine\t%d\nmissing\t%d\nextra, unexplained\t%d\n",
		y.texts, float64(y.bytes)/1e6, y.library, y.engine, y.missing, y.extra)
	for _, name := range slices.Sorted(maps.Keys(y.explained)) {
		fmt.Fprintf(w, "extra: %s\t%d\n", name, y.explained[name])
	}
	fmt.Fprintf(w, "texts on which the library panics\t%d\ntexts with too many findings\t%d\n", y.panics, y.cut)
	w.Flush() //nolint:errcheck // to a strings.Builder
	return b.String()
}
