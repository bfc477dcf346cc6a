package suppress

import (
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

// reader walks the text behind "ignore" in one comment.
type reader struct {
	text  *source.Text
	start int // byte offset of the line in text
	c     comment
	at    int // next byte of the line
	out   Ignore
}

// parseIgnore reads the ignore comment c on line n.
func parseIgnore(t *source.Text, n int, c comment) Ignore {
	r := &reader{text: t, start: t.Start(n), c: c, at: c.body}
	r.out.Region = r.region(c.at, c.end)
	r.out.Line, r.out.place = covered(t, n, &c)
	if !c.closed {
		r.fault("syntax", c.at, c.end, "the comment isn't closed on its line: expected "+htmlClose)
	}
	if r.rules() {
		r.until()
		r.reason()
	}
	return r.out
}

func (r *reader) region(from, to int) source.Region {
	return r.text.Region(r.start+from, r.start+to)
}

func (r *reader) fault(kind string, from, to int, message string) {
	r.out.Faults = append(r.out.Faults, Fault{Region: r.region(from, to), Kind: kind, Message: message, Fix: howTo})
}

func (r *reader) rest() string { return r.c.line[r.at:r.c.end] }

func (r *reader) blanks() {
	r.at = r.c.end - len(strings.TrimLeft(r.rest(), " \t"))
}

// rules reads "[id, id]"; false where the rest of the comment can't be made sense of.
func (r *reader) rules() bool {
	list, ok := strings.CutPrefix(r.rest(), "[")
	end := strings.IndexByte(list, ']')
	if !ok || end < 0 {
		r.fault("syntax", r.c.at, r.c.end, "the ignore names no rule: expected ignore[rule-id]")
		return false
	}
	at := r.at + 1
	r.at += 1 + end + 1
	for _, item := range strings.Split(list[:end], ",") {
		r.rule(at, item)
		at += len(item) + 1
	}
	return true
}

// rule reads one item of the brackets, which begins at byte at of the line.
func (r *reader) rule(at int, item string) {
	id := strings.TrimSpace(item)
	from := at + strings.Index(item, id)
	if id == "" {
		r.fault("syntax", at, at+len(item), "the ignore has an empty place in its brackets: expected a rule's id")
		return
	}
	for _, seen := range r.out.Rules {
		if seen.ID == id {
			r.fault("syntax", from, from+len(id), "the ignore names "+strconv.Quote(id)+" twice")
			return
		}
	}
	r.out.Rules = append(r.out.Rules, RuleName{ID: id, Region: r.region(from, from+len(id))})
}

// until reads "until=YYYY-MM-DD".
func (r *reader) until() {
	before := r.at
	r.blanks()
	word, _, _ := strings.Cut(strings.ReplaceAll(r.rest(), "\t", " "), " ")
	value, ok := strings.CutPrefix(word, untilEq)
	if !ok || r.at == before {
		r.fault("end", r.c.at, r.c.end, "the ignore has no end: expected until=YYYY-MM-DD after the brackets")
		return
	}
	from := r.at + len(untilEq)
	r.at += len(word)
	date, err := manifest.ParseDate(value)
	if err != nil {
		r.fault("end", from, r.at, "the ignore's end is not a date: expected until=YYYY-MM-DD")
		return
	}
	r.out.Until = date
}

// reason reads what is left.
func (r *reader) reason() {
	r.blanks()
	r.out.Reason = r.rest()
	if r.out.Reason == "" {
		r.fault("reason", r.c.at, r.c.end, "the ignore gives no reason: expected one after the date")
	}
	if _, second := findComment(r.out.Reason, []string{r.c.mark}); second {
		r.fault("syntax", r.at, r.c.end, "a second ignore stands in the first one's reason: expected one ignore a line")
	}
}

// covered is the line that the ignore on line n covers, and that line below those it is indented under.
func covered(t *source.Text, n int, c *comment) (line int, place string) {
	if !c.alone() {
		own := strings.TrimRight(c.line[:c.at], " \t")
		return n, under(t, n, own, c.mark)
	}
	line = n + 1
	for isComment(t.LineAt(line), c.mark) {
		line++
	}
	if line > t.Lines() {
		return 0, ""
	}
	return line, under(t, line, string(t.LineAt(line)), c.mark)
}

// under is own, the text of line n, followed by the lines above that enclose it by their indentation.
func under(t *source.Text, n int, own, mark string) string {
	lines := []string{strings.TrimSpace(own)}
	indent := indentOf(own)
	for up := n - 1; up > 0 && indent > 0; up-- {
		l := t.LineAt(up)
		body := strings.TrimSpace(string(l))
		if in := indentOf(string(l)); body != "" && in < indent && !isComment(l, mark) {
			lines, indent = append(lines, body), in
		}
	}
	return strings.Join(lines, "\n")
}

func isComment(line []byte, mark string) bool {
	return strings.HasPrefix(strings.TrimLeft(string(line), " \t"), mark)
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
