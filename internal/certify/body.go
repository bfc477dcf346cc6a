package certify

import (
	"fmt"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/markup"
)

// maxBody is how many bytes of Markdown a Body has at most: GitHub takes 65,536 characters.
const maxBody = 60_000

// Title is the title of the pull request that a group makes.
func (g *Group) Title() string {
	what := fmt.Sprintf("%d entitlements", len(g.Changes))
	if len(g.Changes) == 1 {
		what = "1 entitlement"
	}
	return "Certify " + what + " of " + markup.Visible(g.Owner)
}

// Body is the text of the pull request that a group makes: a table to decide on. What the manifest says
// stands in it as nothing but text.
func (g *Group) Body() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, please decide", markup.Text(g.who()))
	if by := g.by(); !by.IsZero() {
		fmt.Fprintf(&b, " by the end of **%s**", lastDay(by))
	}
	b.WriteString(". Merging this confirms what is renewed, and makes the other changes. To decide otherwise, change the" +
		" file in this branch.\n\n| What | Proposal | Why | Used in the last 90 days | By |\n| --- | --- | --- | --- | --- |\n")
	for i := range g.Changes {
		row := g.Changes[i].row()
		if b.Len()+len(row) > maxBody-1000 {
			fmt.Fprintf(&b, "\n**%d more are in the change, which `curfew certify plan` lists:** there is no room for them here.\n", len(g.Changes)-i)
			break
		}
		b.WriteString(row)
	}
	b.WriteString("\nWhat has expired or is suspended gets no lease already, whether this is merged or not.")
	if g.Escalate != "" {
		b.WriteString(" A deadline that is missed is " + markup.Text(g.Escalate) + "'s to hear of.")
	}
	b.WriteString("\n")
	return b.String()
}

func (g *Group) who() string {
	if g.Handle == "" {
		return "Whoever answers for " + g.Owner
	}
	return g.Handle
}

// by is the first deadline; zero where one is over already, or there is none.
func (g *Group) by() time.Time {
	var first time.Time
	for i := range g.Changes {
		by := g.Changes[i].deadline()
		switch g.Changes[i].State {
		case Excess, Unused, Current:
			continue // no day is near
		}
		if by.IsZero() {
			return by
		}
		if first.IsZero() || by.Before(first) {
			first = by
		}
	}
	return first
}

func (c *Change) row() string {
	proposal := "**" + string(c.Action) + "**"
	if text := c.Effect(); text != "" {
		proposal += "<br>" + markup.Text(text)
	}
	why := markup.Text(c.Reason)
	if c.Refused != "" {
		why += "<br>**edit it by hand:** " + markup.Text(c.Refused)
	}
	return fmt.Sprintf("| %s %s | %s | %s | %s | %s |\n", c.Kind, markup.Text(c.ID), proposal, why, markup.Text(c.Used), c.Deadline())
}

// Effect says what the change does to the file: "until 2027-02-21, without grant test"; "" where removal or
// nothing says it all.
func (c *Change) Effect() string {
	var parts []string
	if !c.Until.IsZero() {
		parts = append(parts, "until "+c.Until.String())
	}
	switch len(c.Gone) {
	case 0:
	case 1:
		parts = append(parts, "without grant "+c.Gone[0])
	default:
		parts = append(parts, "without grants "+strings.Join(c.Gone, ", "))
	}
	return strings.Join(parts, ", ")
}

// Deadline is the last day to decide, "now" where there is none or it is over.
func (r *Review) Deadline() string {
	if by := r.deadline(); !by.IsZero() {
		return lastDay(by)
	}
	return "now"
}

// deadline is when there is no time left; zero where there is none already.
func (r *Review) deadline() time.Time {
	switch r.State {
	case Orphaned, Expired, SponsorEnded, Suspended:
		return time.Time{}
	}
	if r.near == Grace {
		return r.ends
	}
	return r.By
}
