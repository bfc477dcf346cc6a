package rules

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

var validSince = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// frontMatter reads the YAML between the two "---" lines that begin the file. Every key must be
// there, and no other.
func (p *parser) frontMatter() {
	if s, _ := p.line(); s != "---" {
		p.faultAt(1, `expected front matter between two lines of "---"`)
		return
	}
	end := slices.Index(p.lines[p.next:], "---")
	if end < 0 {
		p.fault("the front matter isn't closed")
		return
	}
	// The leading line break keeps the file's own line numbers.
	src := "\n" + strings.Join(p.lines[p.next:p.next+end], "\n")
	p.next += end + 1
	doc, err := yamltree.Parse(p.rule.ID+".md", []byte(src), yamltree.Limits{})
	if err != nil {
		p.errs = append(p.errs, err)
		return
	}
	p.decode(doc.Root)
}

func (p *parser) decode(root *yamltree.Node) {
	if root == nil || root.Kind != yamltree.Mapping {
		p.faultAt(2, "expected keys and values")
		return
	}
	set := map[string]func(*yamltree.Node) error{
		"number":   p.number,
		"title":    p.title,
		"severity": p.severity,
		"since":    p.since,
		"source":   p.source,
		"tags":     p.tags,
	}
	for _, pair := range root.Pairs {
		name := pair.Key.Value
		read, ok := set[name]
		if !ok {
			p.faultAt(pair.Key.Span.Start.Line, "unknown or repeated key %q", name)
			continue
		}
		delete(set, name)
		if err := read(pair.Value); err != nil {
			p.faultAt(pair.Value.Span.Start.Line, "%s: %v", name, err)
		}
	}
	for _, name := range []string{"number", "title", "severity", "since", "source", "tags"} {
		if _, missing := set[name]; missing {
			p.faultAt(1, "missing key %q", name)
		}
	}
}

func (p *parser) number(n *yamltree.Node) (err error) {
	p.rule.Number, err = strconv.Atoi(n.Value)
	if err == nil && p.rule.Number < 1 {
		err = errors.New("expected a number from 1")
	}
	return err
}

func (p *parser) title(n *yamltree.Node) error {
	p.rule.Title = n.Value
	if n.Value == "" || strings.ContainsAny(n.Value, "\r\n") || strings.HasSuffix(n.Value, ".") {
		return errors.New("expected one line without a full stop")
	}
	return nil
}

func (p *parser) severity(n *yamltree.Node) (err error) {
	p.rule.Severity, err = finding.ParseSeverity(n.Value)
	return err
}

func (p *parser) since(n *yamltree.Node) error {
	p.rule.Since = n.Value
	if !validSince.MatchString(n.Value) {
		return errors.New("expected a version such as 0.1.0")
	}
	return nil
}

func (p *parser) source(n *yamltree.Node) error {
	p.rule.Source = n.Value
	switch n.Value {
	case "workflows", "secrets", "entitlements":
		return nil
	}
	return errors.New("expected workflows, secrets or entitlements")
}

func (p *parser) tags(n *yamltree.Node) error {
	for _, item := range n.Items {
		if slices.Contains(p.rule.Tags, item.Value) {
			return errors.New("the tag " + strconv.Quote(item.Value) + " is there twice")
		}
		p.rule.Tags = append(p.rule.Tags, item.Value)
	}
	if len(p.rule.Tags) == 0 || len(p.rule.Tags) > maxTags {
		return errors.New("expected a list of 1 to 10 tags: code scanning keeps no more")
	}
	return nil
}

// maxTags is how many tags code scanning keeps of a rule.
const maxTags = 10
