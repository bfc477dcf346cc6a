package lease

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// DeniedError is a server's refusal to issue a credential.
type DeniedError struct {
	Answer string   // "HOST answered STATUS: …", masked
	Claims []string // what the token says beside what was expected, one claim each
	Try    string   // what to change
}

// Error renders the refusal, each claim and what to try on lines of their own.
func (e *DeniedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the exchange was denied: %s", e.Answer)
	for _, claim := range e.Claims {
		b.WriteString("\n  claim " + claim)
	}
	return b.String() + "\n  try: " + e.Try
}

// denied makes one of an answer to r that brought no credential.
func (l *line) denied(r Request, a answer, try string) error {
	if a.status < 400 {
		return fmt.Errorf("%s, expected 200: is it the server that the manifest means?", l.words(a))
	}
	return &DeniedError{Answer: l.words(a), Claims: r.compare(), Try: try}
}

// compare puts the token's claims beside what is expected of them: those by which servers trust, then those
// that the identity lists.
func (r Request) compare() []string {
	if len(r.Claims.Names()) == 0 {
		return nil
	}
	var out []string
	if _, listed := r.Expected["aud"]; !listed {
		out = append(out, r.claim("aud", strconv.Quote(Audience(r.Grant))))
	}
	for _, name := range []string{"iss", "sub"} {
		if _, listed := r.Expected[name]; !listed {
			out = append(out, r.claim(name, ""))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Expected)) {
		want := r.Expected[name]
		text := want.String()
		if !want.IsGlob() {
			text = quoted(want.Any)
		}
		out = append(out, r.claim(name, text))
	}
	return out
}

// claim is one line of the comparison.
func (r Request) claim(name, expected string) string {
	out := name + ": received " + r.Claims.Describe(name)
	if expected != "" {
		out += ", expected " + expected
	}
	return out
}

// quoted lists alternatives.
func quoted(all []string) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = strconv.Quote(s)
	}
	return strings.Join(out, " or ")
}
