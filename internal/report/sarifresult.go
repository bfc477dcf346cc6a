package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/markup"
	"github.com/curfew-ci/curfew/internal/source"
)

const (
	maxRelated   = 100  // related locations of a result that code scanning keeps
	maxFlow      = 1000 // thread-flow locations that it keeps
	maxSnippet   = 4096 // bytes of source that a location shows; longer ones are left out whole
	lineHashKey  = "primaryLocationLineHash"
	ownHashKey   = "curfew/v1"
	ownHashPlace = ":1"
)

// finding makes the result for f.
func (b *runBuilder) finding(f *finding.Finding) *sarif.Result {
	id := b.rules.id(f.Rule, f.Severity)
	res := &sarif.Result{
		RuleID:    &id,
		RuleIndex: ref(b.rules.index[id]),
		Level:     ref(sarifLevel(f.Severity)),
		Locations: []*sarif.Location{{PhysicalLocation: primaryLocation(f)}},
		PartialFingerprints: map[string]any{
			lineHashKey: b.lineHash(f),
			ownHashKey:  f.Fingerprint,
		},
	}
	res.Message.Text = ref(b.relate(res, f))
	if len(f.Flow) > 0 {
		res.CodeFlows = []*sarif.CodeFlow{codeFlow(f)}
	}
	res.Properties = subject(f)
	return res
}

// suppressions say what silences f; nil where a run has no silenced findings.
func (b *runBuilder) suppressions(f *finding.Finding) *[]sarifSuppression {
	if !b.opt.Silenced {
		return nil
	}
	list := []sarifSuppression{}
	if s := f.Suppressed; s != nil {
		kind := "external"
		if s.Kind == "ignore" {
			kind = "inSource"
		}
		list = append(list, sarifSuppression{
			Kind: kind, Status: "accepted", Justification: markup.Visible(s.Reason),
			Properties: map[string]string{"by": markup.Visible(s.Kind), "until": markup.Visible(s.Until)},
		})
	}
	return &list
}

// subject says whom a finding concerns.
func subject(f *finding.Finding) sarif.Properties {
	p := sarif.Properties{}
	for name, value := range map[string]string{"owner": f.Owner, "identity": f.Identity, "job": f.Job} {
		if value != "" {
			p[name] = markup.Visible(value)
		}
	}
	if f.History != nil {
		p["firstCommit"], p["lastCommit"] = markup.Visible(f.History.First.ID), markup.Visible(f.History.Last.ID)
	}
	return p
}

// lineHash is the hash that code scanning tracks an alert by. A finding without a line of its own to
// hash has its fingerprint there, which survives moved lines as well.
func (b *runBuilder) lineHash(f *finding.Finding) string {
	if h := b.hashes.at(f.Region); h != "" && f.History == nil {
		return h
	}
	return f.Fingerprint + ownHashPlace
}

// relate adds f's related places to res and returns its message. Code scanning shows a related place
// only where the message links to it: "[text](1)".
func (b *runBuilder) relate(res *sarif.Result, f *finding.Finding) string {
	var msg strings.Builder
	msg.WriteString(escapeMessage(f.Message) + ".")
	if f.History != nil {
		msg.WriteString(" " + sentence(escapeMessage("history: "+f.History.String())))
	}
	if f.Liveness != nil {
		msg.WriteString(" " + sentence(escapeMessage(f.Liveness.String())))
	}
	for _, rel := range f.Related {
		link := escapeMessage(rel.Message)
		if rel.Region.Path != "" && len(res.RelatedLocations) < maxRelated {
			n := len(res.RelatedLocations) + 1
			res.RelatedLocations = append(res.RelatedLocations, &sarif.Location{
				Id:               ref(uint(n)),
				PhysicalLocation: location(rel.Region),
				Message:          message(link),
			})
			link = fmt.Sprintf("[%s](%d)", link, n)
		}
		msg.WriteString(" " + sentence(escapeMessage(rel.Role)+": "+link))
	}
	if f.Fix != "" {
		msg.WriteString(" " + sentence("fix: "+escapeMessage(f.Fix)))
	}
	return msg.String()
}

// codeFlow shows a credential's way as steps. A step outside of the repository, such as a secret's
// store, stands where the finding does, as code scanning drops steps without a place.
func codeFlow(f *finding.Finding) *sarif.CodeFlow {
	steps := f.Flow[:min(len(f.Flow), maxFlow)]
	flow := &sarif.ThreadFlow{Locations: make([]*sarif.ThreadFlowLocation, len(steps))}
	for i, step := range steps {
		region := step.Region
		if region.Path == "" {
			region = f.Region
		}
		flow.Locations[i] = &sarif.ThreadFlowLocation{Location: &sarif.Location{
			PhysicalLocation: location(region), Message: message(escapeMessage(step.Message) + "."),
		}}
	}
	return &sarif.CodeFlow{ThreadFlows: []*sarif.ThreadFlow{flow}}
}

// primaryLocation is f's place with the source under it and the lines around that.
func primaryLocation(f *finding.Finding) *sarif.PhysicalLocation {
	loc := location(f.Region)
	if part, ok := underRegion(f); ok && len(part) <= maxSnippet {
		loc.Region.Snippet = &sarif.ArtifactContent{Text: &part}
	}
	if whole := strings.Join(f.Snippet.Lines, "\n"); isAround(f) && len(whole) <= maxSnippet {
		loc.ContextRegion = &sarif.Region{
			StartLine: ref(f.Snippet.FirstLine), EndLine: ref(lastOfSnippet(f.Snippet)), Snippet: &sarif.ArtifactContent{Text: &whole},
		}
	}
	return loc
}

func lastOfSnippet(s finding.Snippet) int { return s.FirstLine + len(s.Lines) - 1 }

// isAround reports whether f's snippet holds its region and more, as a context region must.
func isAround(f *finding.Finding) bool {
	start, end, last := f.Region.Start, f.Region.End, lastOfSnippet(f.Snippet)
	if f.Snippet.IsZero() || start.Line < f.Snippet.FirstLine || end.Line > last {
		return false
	}
	return start.Line > f.Snippet.FirstLine || start.Col > 1 ||
		end.Line < last || end.Col <= utf8.RuneCountInString(f.Snippet.Lines[len(f.Snippet.Lines)-1])
}

// underRegion cuts f's region out of its snippet; false where the snippet doesn't hold all of it.
func underRegion(f *finding.Finding) (string, bool) {
	lines := slices.Clone(f.Snippet.Lines)
	first, last := f.Region.Start.Line-f.Snippet.FirstLine, f.Region.End.Line-f.Snippet.FirstLine
	if last == len(lines) && f.Region.End.Col <= 1 {
		lines = append(lines, "") // the region ends with a line break
	}
	if first < 0 || last < first || last >= len(lines) {
		return "", false
	}
	lines = lines[first : last+1]
	// The end is cut first: on a region of one line both cuts are in the same string.
	lines[last-first] = string(prefix([]rune(lines[last-first]), f.Region.End.Col-1))
	start := []rune(lines[0])
	lines[0] = string(start[len(prefix(start, f.Region.Start.Col-1)):])
	return strings.Join(lines, "\n"), true
}

func prefix(line []rune, n int) []rune { return line[:min(max(n, 0), len(line))] }

// location is a place with all four positions, which code scanning asks for; a file as a whole is its
// very beginning.
func location(r source.Region) *sarif.PhysicalLocation {
	start, end := r.Start, r.End
	if start.IsZero() {
		start = source.Pos{Line: 1, Col: 1}
	}
	if r.IsZero() || end.Line < start.Line {
		end = start
	}
	return &sarif.PhysicalLocation{
		ArtifactLocation: &sarif.ArtifactLocation{URI: ref(escapePath(r.Path)), URIBaseId: ref(sourceRoot)},
		Region: &sarif.Region{
			StartLine: ref(start.Line), StartColumn: ref(start.Col), EndLine: ref(end.Line), EndColumn: ref(end.Col),
		},
	}
}

// escapeMessage makes s plain in a SARIF message, where brackets make links (SARIF 2.1.0, 3.11.6).
func escapeMessage(s string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`).Replace(markup.Visible(s))
}
