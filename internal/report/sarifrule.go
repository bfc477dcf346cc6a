package report

import (
	"regexp"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/rules"
)

const (
	maxDescription = 1024 // code points that code scanning takes of a description
	maxTags        = 20   // tags of a rule that it takes
)

// ruleTable is a run's rules and where each stands. Code scanning takes a severity from the rule alone,
// so a rule has a descriptor for its own severity, called by its id, and one for each other severity
// that a finding has, called "id/severity". An alert's rule thus depends on that finding only.
type ruleTable struct {
	descriptors []sarifRule
	index       map[string]uint // descriptor's id → place
	own         map[string]finding.Severity
	taxonomies  taxonomyTable
}

func newRuleTable(all []*rules.Rule, src scan.Source, fs []*finding.Finding) ruleTable {
	t := ruleTable{descriptors: []sarifRule{}, index: map[string]uint{}, own: map[string]finding.Severity{}}
	others := map[string][]finding.Severity{}
	for _, f := range fs {
		if !slices.Contains(others[f.Rule], f.Severity) {
			others[f.Rule] = append(others[f.Rule], f.Severity)
		}
	}
	for _, rule := range all {
		if scan.Source(rule.Source) != src && (!rule.Live || src != scan.Platform) {
			continue
		}
		t.own[rule.ID] = rule.Severity
		t.add(rule, rule.Severity)
		for _, sev := range finding.Severities() {
			if sev != rule.Severity && slices.Contains(others[rule.ID], sev) {
				t.add(rule, sev)
			}
		}
	}
	return t
}

// id is the id of the descriptor for a finding of rule with severity sev.
func (t *ruleTable) id(rule string, sev finding.Severity) string {
	if sev == t.own[rule] {
		return rule
	}
	return rule + "/" + sev.String()
}

func (t *ruleTable) add(rule *rules.Rule, sev finding.Severity) {
	id := t.id(rule.ID, sev)
	t.index[id] = uint(len(t.descriptors))
	d := sarifRule{Relationships: t.taxonomies.relate(rule.Tags)}
	d.ID = id
	d.Name = ref(pascal(id))
	d.ShortDescription = text(markup.Clip(sentence(rule.Title), maxDescription))
	d.FullDescription = text(markup.Clip(firstParagraph(rule.Meaning), maxDescription))
	d.HelpURI = ref(ruleURL(rule.ID))
	d.Help = ruleHelp(rule)
	d.DefaultConfiguration = &sarif.ReportingConfiguration{Level: sarifLevel(sev)}
	d.Properties = sarif.Properties{
		"tags":              ruleTags(rule.Tags),
		"security-severity": securitySeverity(sev),
		"precision":         precision(scan.Source(rule.Source)),
	}
	t.descriptors = append(t.descriptors, d)
}

// ruleHelp is what code scanning shows below an alert.
func ruleHelp(rule *rules.Rule) *sarif.MultiformatMessageString {
	var md strings.Builder
	md.WriteString(strings.TrimSpace(rule.Meaning))
	for _, s := range []struct{ head, body string }{{"Why it matters", rule.Risk}, {"How to fix", rule.Remedy}} {
		if body := strings.TrimSpace(s.body); body != "" {
			md.WriteString("\n\n## " + s.head + "\n\n" + body)
		}
	}
	plain := strings.ReplaceAll(md.String(), "\n## ", "\n")
	if refs := taxa(rule.Tags); len(refs) > 0 {
		md.WriteString("\n\n## See also\n")
		plain += "\n\nSee also\n"
		for _, x := range refs {
			md.WriteString("\n- [" + x.ID + ": " + x.Name + "](" + x.URL + ")")
			plain += "\n- " + x.ID + ": " + x.Name
		}
	}
	return &sarif.MultiformatMessageString{Text: &plain, Markdown: ref(md.String())}
}

func taxa(tags []string) []rules.Taxon {
	var found []rules.Taxon
	for _, tag := range tags {
		if x, ok := rules.LookupTag(tag); ok {
			found = append(found, x)
		}
	}
	return found
}

// ruleTags turns a rule's tags into those of code scanning, which shows "external/cwe/cwe-798" as a
// link. The others are spelled as the lists spell them: "OWASP-NHI2", "NIST-CSF-PR.AA-05", "CICD-SEC-6".
func ruleTags(tags []string) []string {
	out := []string{"security"}
	for _, tag := range tags {
		list, id, _ := strings.Cut(tag, "/")
		switch list {
		case "cwe":
			out = append(out, "external/"+tag)
		case "cicd-sec":
			out = append(out, strings.ToUpper(id))
		default:
			out = append(out, strings.ToUpper(list+"-"+id))
		}
	}
	return out[:min(len(out), maxTags)]
}

// securitySeverity is a score in the middle of the range that code scanning gives each name: above 9
// critical, from 7 high, from 4 medium, below low.
func securitySeverity(s finding.Severity) string {
	switch s {
	case finding.Critical:
		return "9.5"
	case finding.High:
		return "8.0"
	case finding.Medium:
		return "5.5"
	case finding.Low:
		return "2.5"
	}
	return "1.0"
}

func sarifLevel(s finding.Severity) string {
	switch s {
	case finding.Critical, finding.High:
		return "error"
	case finding.Medium:
		return "warning"
	}
	return "note"
}

// precision orders alerts of one severity: what a workflow or the manifest says stands there, but what
// looks like a token may be an example.
func precision(src scan.Source) string {
	if src == scan.Secrets {
		return "medium"
	}
	return "high"
}

func isRuleID(id string) bool { return regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(id) }

// ruleURL is the page that describes a rule.
func ruleURL(id string) string { return homepage + "/blob/main/rules/" + id + ".md" }

// pascal turns "secret-unentitled/high" into "SecretUnentitledHigh".
func pascal(id string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(id, func(r rune) bool { return r == '-' || r == '/' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// sentence gives s a capital letter, where it begins with a plain one, and a full stop.
func sentence(s string) string {
	if s != "" && 'a' <= s[0] && s[0] <= 'z' {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return s + "."
}

// firstParagraph is the first paragraph of some Markdown as one line, without code's backquotes.
func firstParagraph(md string) string {
	p, _, _ := strings.Cut(strings.TrimSpace(md), "\n\n")
	return strings.ReplaceAll(strings.Join(strings.Fields(p), " "), "`", "")
}
