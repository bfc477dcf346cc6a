package policy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Bounds of what a policy can make a person read, in code points.
const (
	maxReasons = 20
	maxReason  = 500
	maxName    = 200
)

// reasons are the strings of data.curfew.lease.deny, in order; none where it is undefined or empty. A
// deny that isn't a set of strings is an error: nobody knows what it wants to say.
func (q question) reasons() ([]string, error) {
	said, err := q.ask(leaseRef("deny"))
	if err != nil || said == nil {
		return nil, err
	}
	set, ok := said.(ast.Set)
	if !ok {
		return nil, fmt.Errorf("%s is %s: give a set of strings", leaseRef("deny"), strings.Replace(describe(said), "true", "a set", 1))
	}
	var reasons []string
	for _, term := range set.Slice() {
		s, ok := term.Value.(ast.String)
		if !ok {
			return nil, fmt.Errorf("%s holds %s: give strings", leaseRef("deny"), ast.ValueName(term.Value))
		}
		if len(reasons) == maxReasons {
			return append(reasons, fmt.Sprintf("and %d more", set.Len()-maxReasons)), nil
		}
		reason := visible(string(s), maxReason)
		if reason == "" {
			reason = "no reason given"
		}
		reasons = append(reasons, reason)
	}
	return reasons, nil
}

// visible is s as one printable line of at most most code points: what has no shape of its own, or could
// move the cursor or turn the text around, is an escape.
func visible(s string, most int) string {
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n++; n > most {
			b.WriteString("…")
			break
		}
		if strconv.IsPrint(r) && (r != '\uFFFD' || strings.HasPrefix(s[i:], "\uFFFD")) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(escape(s[i:], r))
	}
	return b.String()
}

// escape is Go's escape of the code point r, or of the broken byte, that s begins with.
func escape(s string, r rune) string {
	if r == '\uFFFD' {
		return fmt.Sprintf(`\x%02x`, s[0])
	}
	return strings.Trim(strconv.QuoteRune(r), "'")
}
