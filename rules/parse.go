package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The headings of a rule's file, in their order.
const (
	headMeaning  = "What it means"
	headRisk     = "Why it matters"
	headRemedy   = "How to fix"
	headExamples = "Examples"
)

var validID = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// parse reads one rule's file.
func parse(id, src string) (*Rule, error) {
	p := &parser{rule: &Rule{ID: id}, lines: strings.Split(src, "\n")}
	if !validID.MatchString(id) {
		p.fault("the file's name must be the rule's id: words of a-z joined by hyphens")
	}
	p.frontMatter()
	p.rule.Meaning = p.section(headMeaning)
	p.rule.Risk = p.section(headRisk)
	p.rule.Remedy = p.section(headRemedy)
	p.examples()
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	return p.rule, nil
}

// parser walks a file line by line.
type parser struct {
	rule  *Rule
	lines []string
	next  int // index of the next line
	errs  []error
}

func (p *parser) fault(format string, args ...any) { p.faultAt(p.next+1, format, args...) }

func (p *parser) faultAt(line int, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s.md:%d: %s", p.rule.ID, line, fmt.Sprintf(format, args...)))
}

// line returns the next line and steps over it; ok is false at the end.
func (p *parser) line() (s string, ok bool) {
	if p.next >= len(p.lines) {
		return "", false
	}
	p.next++
	return p.lines[p.next-1], true
}

// blank steps over empty lines.
func (p *parser) blank() {
	for p.next < len(p.lines) && strings.TrimSpace(p.lines[p.next]) == "" {
		p.next++
	}
}

// heading steps over "## title", which must come next.
func (p *parser) heading(title string) bool {
	p.blank()
	if p.next >= len(p.lines) || p.lines[p.next] != "## "+title {
		p.fault("expected the heading %q", "## "+title)
		return false
	}
	p.next++
	return true
}

// section reads the text under a heading up to the next one.
func (p *parser) section(title string) string {
	if !p.heading(title) {
		return ""
	}
	first := p.next
	for fenced := false; p.next < len(p.lines); p.next++ {
		if strings.HasPrefix(p.lines[p.next], "```") {
			fenced = !fenced
		}
		if !fenced && strings.HasPrefix(p.lines[p.next], "## ") {
			break
		}
	}
	text := strings.TrimSpace(strings.Join(p.lines[first:p.next], "\n"))
	if text == "" {
		p.faultAt(first, "nothing stands under %q", title)
	}
	return text
}

// examples reads the fenced blocks that end the file.
func (p *parser) examples() {
	if !p.heading(headExamples) {
		return
	}
	for p.blank(); p.next < len(p.lines); p.blank() {
		open, _ := p.line()
		switch open {
		case "```yaml bad":
			p.rule.Bad = append(p.rule.Bad, p.block())
		case "```yaml good":
			p.rule.Good = append(p.rule.Good, p.block())
		default:
			p.faultAt(p.next, "expected \"```yaml bad\" or \"```yaml good\"")
			return
		}
	}
	if len(p.rule.Bad) == 0 || len(p.rule.Good) == 0 {
		p.fault("expected at least one bad and one good example")
	}
}

// block reads up to the closing fence.
func (p *parser) block() Example {
	first := p.next
	for {
		s, ok := p.line()
		if !ok {
			p.faultAt(first, "the block isn't closed")
			return Example{}
		}
		if s == "```" {
			return Example{Source: strings.Join(p.lines[first:p.next-1], "\n") + "\n", Line: first + 1}
		}
	}
}
