package issuance

import (
	"regexp"
	"slices"

	"github.com/curfew-ci/curfew/internal/manifest"
)

var (
	namedCommit = regexp.MustCompile(`\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b`)
	namedRun    = regexp.MustCompile(`(?i)\bruns?(?:/|:? ?#?)([0-9]{1,19})\b`)
)

// Named lists what a ticket's text names, each once: commits by their full ids, or runs as "run 12055500123" or by
// their addresses, which end in runs/12055500123. A text that names several approves none of them: which one its
// writer meant would be for the job to choose.
func Named(text string, kind manifest.Reference) []string {
	var all []string
	if kind == manifest.ReferenceSHA {
		all = namedCommit.FindAllString(text, -1)
	} else {
		for _, match := range namedRun.FindAllStringSubmatch(text, -1) {
			all = append(all, match[1])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Refer writes into a proof what its ticket names.
func Refer(p *manifest.TicketProof, kind manifest.Reference, named string) {
	if kind == manifest.ReferenceSHA {
		p.SHA = named
		return
	}
	p.Run = named
}
