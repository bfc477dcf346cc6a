package ticket

import (
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// GlassLabel stands on the tickets of break-glass. It isn't Label: a sync knows nothing of them, and what it doesn't find
// in a scan's result it would close.
const GlassLabel = "curfew-break-glass"

// Glass is a use of break-glass, as the ticket of its review tells of it.
type Glass struct {
	Use        string // by which a review names it
	Repository string // OWNER/NAME
	Run, Job   string
	Entry      string
	Grant      string
	Activator  string // "@alice"
	Incident   string // anybody's text, as Reason is
	Reason     string
	TTL        time.Duration
	Used, Due  time.Time
	Reviewer   string // "@acme/appsec"
	Owner      string // likewise, of who owns the grant's identity; may be empty
	Project    string // where the owner's tickets go
}

// minute is how a ticket writes a time that somebody must keep.
const minute = "2006-01-02 15:04 UTC"

// Draft is the ticket. Whatever the activator said stays his text in it.
func (g *Glass) Draft() Draft {
	d := Draft{
		Project: g.Project, Labels: []string{GlassLabel}, Due: g.Due, Title: Inert("curfew: review break-glass "+g.Entry+" on "+g.Grant+", used by "+g.Activator, maxTitle),
		Memo: Memo{Repository: g.Repository, Owner: g.Owner, State: Open, Since: g.Used, Severity: finding.High},
	}
	spans := []Span{Text(g.Activator), Plain(" takes emergency access: the glass is about to be broken. For "), Handle(g.Reviewer)}
	if g.Owner != "" && g.Owner != g.Reviewer {
		spans = append(spans, Plain(" and "), Handle(g.Owner))
	}
	d.Body = Document{
		Para(spans...),
		{Kind: Table, Head: []string{"", ""}, Rows: [][][]Span{
			{{Plain("Who")}, {Text(g.Activator)}},
			{{Plain("Incident")}, {Text(g.Incident)}},
			{{Plain("Reason")}, {Text(g.Reason)}},
			{{Plain("Grant")}, {Text(g.Grant)}},
			{{Plain("Entry")}, {Text(g.Entry)}},
			{{Plain("Repository")}, {Text(g.Repository)}},
			{{Plain("Run")}, {Plain("run "), Code(g.Run), Plain(", job "), Text(g.Job)}},
			{{Plain("At")}, {Plain(g.Used.UTC().Format(minute))}},
			{{Plain("For at most")}, {Plain(manifest.Duration(g.TTL).String())}},
			{{Plain("Review by")}, {Plain(g.Due.UTC().Format(minute))}},
		}},
		head("How to review it"),
		Para(Plain("Look at what the run did. Then start the organisation's review workflow, which runs curfew break-glass review, with this use: "), Code(g.Use)),
		Para(Plain("Who used it can't review it. When the deadline passes without a review, all leases of the identity are denied until there is one. Closing this ticket reviews nothing.")),
	}
	return d
}
