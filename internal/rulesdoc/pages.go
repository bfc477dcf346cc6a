package main

import (
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/rules"
)

// pages renders every file, by its path below docs/.
func pages(all []*rules.Rule) map[string]string {
	out := map[string]string{"rules.md": index(all), "coverage.md": coverage(all)}
	for _, r := range all {
		out["rules/"+r.ID+".md"] = page(r)
	}
	return out
}

// page renders one rule.
func page(r *rules.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Written from rules/%s.md by `make generate`: edit that. -->\n\n", r.ID)
	fmt.Fprintf(&b, "# %s\n\n%s.\n\n", r.ID, sentence(r.Title))
	fmt.Fprintf(&b, "| Severity | Reads | Since | Standards |\n|---|---|---|---|\n| %s | %s | %s | %s |\n\n",
		r.Severity, reads(r), r.Since, strings.Join(standards(r), ", "))
	fmt.Fprintf(&b, "## What it means\n\n%s\n\n## Why it matters\n\n%s\n\n## How to fix\n\n%s\n\n", r.Meaning, r.Risk, r.Remedy)
	b.WriteString("## Examples\n")
	for _, e := range r.Bad {
		fmt.Fprintf(&b, "\nReported:\n\n```yaml\n%s\n```\n", e.Shown())
	}
	for _, e := range r.Good {
		fmt.Fprintf(&b, "\nNot reported:\n\n```yaml\n%s\n```\n", e.Shown())
	}
	return b.String()
}

// reads is what is read to judge a rule.
func reads(r *rules.Rule) string {
	if r.Live {
		return r.Source + ", platform"
	}
	return r.Source
}

// standards links the taxonomy entries that a rule points to.
func standards(r *rules.Rule) []string {
	out := make([]string, 0, len(r.Tags))
	for _, tag := range r.Tags {
		if x, ok := rules.LookupTag(tag); ok {
			out = append(out, fmt.Sprintf("[%s](%s)", x.ID, x.URL))
		}
	}
	return out
}

// index lists the rules.
func index(all []*rules.Rule) string {
	var b strings.Builder
	b.WriteString("<!-- Written from rules/*.md by `make generate`: edit those. -->\n\n# Rules\n\n" +
		"What a scan reports. `curfew explain RULE` says the same in the terminal. A finding's severity may differ from its\n" +
		"rule's; its message says why. [coverage.md](coverage.md) lists the rules by the weaknesses that they find.\n\n" +
		"| Rule | Severity | Reads | What it reports |\n|---|---|---|---|\n")
	for _, r := range all {
		fmt.Fprintf(&b, "| [%s](rules/%s.md) | %s | %s | %s |\n", r.ID, r.ID, r.Severity, reads(r), sentence(r.Title))
	}
	return b.String()
}

// coverage lists each taxonomy's entries and the rules that find them.
func coverage(all []*rules.Rule) string {
	var b strings.Builder
	b.WriteString("<!-- Written from the tags of rules/*.md by `make generate`: edit those. -->\n\n# Coverage\n\n" +
		"Which rules find which weakness, and which control they serve. A dash means that no rule does yet.\n\n" +
		"Not all that serves a control is a rule. The [ledger](ledger.md) keeps log records (PR.PS-04), and what was done about a finding in\n" +
		"records that nobody can change unseen (RS.AN-06); [`curfew revoke`](revoke.md) and [tickets](tickets.md) contain what leaked (RS.MI-01);\n" +
		"a lease is decided [once more](leases.md#how-it-is-decided) after its exchange (CWE-367).\n\n" +
		"Older names: PR.AA-05 was PR.AC-4 in CSF 1.1; what DE.CM-1 said of drift is in DE.CM-03, DE.CM-06 and DE.CM-09; \"NHI-03\"\n" +
		"(privileged access that is bound in time and rotated) is NHI7 with NHI5 in the list of 2025.\n")
	for _, t := range rules.Taxonomies() {
		fmt.Fprintf(&b, "\n## [%s %s](%s)\n\n| Id | Name | Rules |\n|---|---|---|\n", t.Name, t.Version, t.URL)
		for _, x := range t.Taxa {
			fmt.Fprintf(&b, "| [%s](%s) | %s | %s |\n", x.ID, x.URL, x.Name, tagged(all, x.Tag))
		}
	}
	return b.String()
}

// tagged links the rules that carry tag.
func tagged(all []*rules.Rule, tag string) string {
	var out []string
	for _, r := range all {
		for _, t := range r.Tags {
			if t == tag {
				out = append(out, fmt.Sprintf("[%s](rules/%s.md)", r.ID, r.ID))
			}
		}
	}
	if len(out) == 0 {
		return "—"
	}
	return strings.Join(out, ", ")
}

// sentence begins s with a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
