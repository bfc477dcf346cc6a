package secret

import "strings"

const (
	genericRule = "generic-api-key"
	// genericPattern is that rule's regular expression in gitleaks v8.30.1. genericLines knows this one:
	// with any other, the rule runs on whole texts.
	genericPattern = "(?i)[\\w.-]{0,50}?(?:access|auth|(?-i:[Aa]pi|API)|credential|creds|key|passw(?:or)?d|secret|token)(?:[ \\t\\w.-]{0,20})" +
		"[\\s'\"]{0,3}(?:=|>|:{1,3}=|\\|\\||:|=>|\\?=|,)[\\x60'\"\\s=]{0,5}([\\w.=-]{10,150}|[a-z0-9][a-z0-9+/]{11,}={0,3})(?:[\\x60'\"\\s;]|\\\\[nr]|$)"
)

// foldsOddly reports whether text has one of the two characters beyond ASCII that a case-insensitive
// regular expression takes for ASCII ones: the long s and the Kelvin sign.
func foldsOddly(text string) bool {
	return strings.Contains(text, "\u017f") || strings.Contains(text, "\u212a")
}

// genericLines lists the lines, in groups, in which genericPattern may match. A match is a keyword, then
// within 23 characters an operator, then within another 9 a value of at least 10 characters, and it ends
// with what follows the value: whatever has these three near each other is listed, from the beginning of
// the keyword's line to the end of the value's. All of a group's lines are there, so nothing in it can
// match otherwise than in the text.
func genericLines(text string) []span {
	var out []span
	line, end := 0, -1 // where the line at hand begins, and where the last group ends
	v := values{text: text}
	for at := range len(text) {
		if text[at] == '\n' {
			line = at + 1
			continue
		}
		n := keywordAt(text[at:])
		if n == 0 {
			continue
		}
		last := v.after(at + n)
		if last < 0 || last < end {
			continue
		}
		group := span{line, len(text)}
		if nl := strings.IndexByte(text[last:], '\n'); nl >= 0 {
			group.end = last + nl + 1
		}
		if len(out) > 0 && group.start <= end {
			out[len(out)-1].end = group.end
		} else {
			out = append(out, group)
		}
		end = group.end
	}
	return out
}

// keywordAt is the length of the keyword that text begins with, in any case; 0 where it begins with none.
// A longer keyword begins with a shorter one, which is enough: what follows it counts as what is between.
func keywordAt(text string) int {
	if len(text) < 3 {
		return 0
	}
	var words []string
	switch text[0] | 0x20 {
	case 'a':
		words = []string{"api", "auth", "access"}
	case 'c':
		words = []string{"creds", "credential"}
	case 'k':
		words = []string{"key"}
	case 'p':
		words = []string{"passwd", "password"}
	case 's':
		words = []string{"secret"}
	case 't':
		words = []string{"token"}
	}
	for _, w := range words {
		if len(text) >= len(w) && strings.EqualFold(text[:len(w)], w) {
			return len(w)
		}
	}
	return 0
}

const (
	toOperator = 23 // [ \t\w.-]{0,20}[\s'"]{0,3}
	toValue    = 9  // the rest of an operator and [\x60'"\s=]{0,5}
	leastValue = 10
)

// values finds runs of value characters in a text. It remembers the last one, which in a long run would
// else be measured over and over.
type values struct {
	text string
	run  span
}

// after is where the last value ends that may belong to a keyword that ends at off; -1 where there is
// none.
func (v *values) after(off int) int {
	end := -1
	for i := off; i < len(v.text) && i <= off+toOperator; i++ {
		c := v.text[i]
		if strings.IndexByte("=>:|?,", c) >= 0 {
			end = max(end, v.near(i+1))
		}
		if !isValue(c) && strings.IndexByte(" \t\r\n\f'\"=>:|?,", c) < 0 {
			break
		}
	}
	return end
}

// near is the end of the last run that begins, or goes on, within reach of off and is long enough; -1
// where there is none.
func (v *values) near(off int) int {
	end := -1
	for i := off; i < len(v.text) && i <= off+toValue; i++ {
		if !isValue(v.text[i]) {
			continue
		}
		if i < v.run.start || v.run.end <= i {
			v.run = span{i, i + 1}
			for v.run.end < len(v.text) && isValue(v.text[v.run.end]) {
				v.run.end++
			}
		}
		if v.run.end-i >= leastValue {
			end = v.run.end
		}
	}
	return end
}

// isValue reports whether c can be in a value of either form, or between a keyword and its operator.
func isValue(c byte) bool {
	return isWord(c) || c == '.' || c == '=' || c == '-' || c == '+' || c == '/'
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
