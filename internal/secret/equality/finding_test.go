package equality

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zricethezav/gitleaks/v8/report"
)

// finding is what is compared. What was matched is kept as a digest: findings are stored between runs,
// and printed.
type finding struct {
	Rule                                       string
	StartLine, EndLine, StartColumn, EndColumn int
	Depth                                      int
	Match, Secret                              string
}

func digest(value []byte) string {
	sum := sha256.Sum256(value)
	return hex.EncodeToString(sum[:8])
}

// ofLibrary is a finding of the library's. It tells the depth in a tag.
func ofLibrary(f report.Finding) finding {
	depth := 0
	for _, tag := range f.Tags {
		if n, ok := strings.CutPrefix(tag, "decode-depth:"); ok {
			depth, _ = strconv.Atoi(n)
		}
	}
	return finding{f.RuleID, f.StartLine, f.EndLine, f.StartColumn, f.EndColumn, depth, digest([]byte(f.Match)), digest([]byte(f.Secret))}
}

func (f finding) String() string {
	return fmt.Sprintf("%s at %d:%d-%d:%d, depth %d, match %s, secret %s", f.Rule, f.StartLine, f.StartColumn, f.EndLine, f.EndColumn, f.Depth, f.Match, f.Secret)
}

func compare(a, b finding) int {
	return cmp.Or(cmp.Compare(a.StartLine, b.StartLine), cmp.Compare(a.StartColumn, b.StartColumn), cmp.Compare(a.Depth, b.Depth),
		cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.EndLine, b.EndLine), cmp.Compare(a.EndColumn, b.EndColumn),
		cmp.Compare(a.Match, b.Match), cmp.Compare(a.Secret, b.Secret))
}

// differ lists what one of two sorted lists has more of than the other; equal findings count one by one.
func differ(library, engine []finding) (missing, extra []finding) {
	for len(library) > 0 || len(engine) > 0 {
		c := 0
		switch {
		case len(engine) == 0:
			c = -1
		case len(library) == 0:
			c = 1
		default:
			c = compare(library[0], engine[0])
		}
		if c < 0 {
			missing = append(missing, library[0])
		}
		if c > 0 {
			extra = append(extra, engine[0])
		}
		if c <= 0 {
			library = library[1:]
		}
		if c >= 0 {
			engine = engine[1:]
		}
	}
	return missing, extra
}

func sorted(f []finding) []finding {
	slices.SortFunc(f, compare)
	return f
}
