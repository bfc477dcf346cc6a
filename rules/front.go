package rules

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
)

// maxTags is how many tags code scanning keeps of a rule.
const maxTags = 10

var (
	validKey   = regexp.MustCompile(`^[a-z]+$`)
	validSince = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
)

// frontMatter reads the lines between the two "---" that begin the file, each "key: value". Every key
// must be there, and no other. It is YAML, but so little of it that a reader of its own costs less than
// what reads YAML: every scan reads all rules.
func (p *parser) frontMatter() {
	if s, _ := p.line(); s != "---" {
		p.faultAt(1, `expected front matter between two lines of "---"`)
		return
	}
	keys := []string{"number", "title", "severity", "since", "source", "tags"}
	for {
		s, ok := p.line()
		if !ok {
			p.fault("the front matter isn't closed")
			return
		}
		if s == "---" {
			break
		}
		key, value, ok := strings.Cut(s, ": ")
		if !ok || !validKey.MatchString(key) {
			p.faultAt(p.next, `expected "key: value"`)
			continue
		}
		i := slices.Index(keys, key)
		if i < 0 {
			p.faultAt(p.next, "unknown or repeated key %q", key)
			continue
		}
		keys = slices.Delete(keys, i, i+1)
		if err := p.set(key, value); err != nil {
			p.faultAt(p.next, "%s: %v", key, err)
		}
	}
	for _, key := range keys {
		p.faultAt(1, "missing key %q", key)
	}
}

// set takes one value of the front matter.
func (p *parser) set(key, value string) (err error) {
	r := p.rule
	switch key {
	case "number":
		r.Number, err = strconv.Atoi(value)
		if err != nil || r.Number < 1 {
			return errors.New("expected a number from 1")
		}
	case "title":
		r.Title = value
		if strings.ContainsAny(value, `"#:`) || strings.HasSuffix(value, ".") {
			return errors.New("expected a line without quotes, colons and a full stop")
		}
	case "severity":
		r.Severity, err = finding.ParseSeverity(value)
	case "since":
		r.Since = value
		if !validSince.MatchString(value) {
			return errors.New("expected a version such as 0.1.0")
		}
	case "source":
		if r.Source, r.Live = strings.CutSuffix(value, ", platform"); !slices.Contains([]string{"workflows", "secrets", "entitlements", "platform"}, r.Source) {
			return errors.New("expected workflows, secrets, entitlements or platform, or one of these and platform")
		}
	case "tags":
		r.Tags, err = tags(value)
	}
	return err
}

// tags reads "[a, b]".
func tags(value string) ([]string, error) {
	list, open := strings.CutPrefix(value, "[")
	list, closed := strings.CutSuffix(list, "]")
	out := strings.Split(list, ", ")
	if !open || !closed || list == "" || len(out) > maxTags {
		return nil, errors.New("expected a list of 1 to 10 tags, [a, b]: code scanning keeps no more")
	}
	for i, t := range out {
		if slices.Contains(out[:i], t) {
			return nil, errors.New("the tag " + strconv.Quote(t) + " is there twice")
		}
	}
	return out, nil
}
