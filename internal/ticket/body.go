package ticket

import (
	"fmt"
	"strings"
	"time"
)

// day is how a ticket writes a date.
const day = "2006-01-02"

// frame is a draft without its texts.
func (p *planner) frame(m Memo, o Owner) Draft {
	d := Draft{
		Fingerprint: m.Root, Project: o.Project, Memo: m,
		Labels: []string{Label, RepositoryLabel(m.Repository), RootLabel(m.Root), statePrefix + string(m.State)},
	}
	if !m.Digest {
		d.Due = m.due()
	}
	if s := named(m.Kind, p.kinds); s != nil {
		d.Session = s.Session
	}
	return d
}

// draft writes a ticket that was in another state, or the same. r is nil where the result doesn't have its root any
// more.
func (p *planner) draft(m Memo, r *Root, was State, s sight) Draft {
	o := p.ownerNow(m, r)
	d := p.frame(m, o)
	d.Title = Inert(fmt.Sprintf("curfew: %s: %s", m.Severity, m.What), maxTitle)
	if m.Severity == 0 {
		d.Title = Inert("curfew: "+m.What, maxTitle)
	}
	d.Body = append(p.body(m, r, o), p.foot(m)...)
	if m.State != was {
		d.Comment = p.comment(m, r, o, was, s)
	}
	return d
}

func (p *planner) body(m Memo, r *Root, o Owner) Document {
	facts := Block{Kind: Table, Head: []string{"", ""}, Rows: [][][]Span{
		{{Plain("What")}, {Text(m.What)}},
		{{Plain("Repository")}, {Text(m.Repository)}},
		{{Plain("Severity")}, {Plain(m.Severity.String())}},
		{{Plain("Owner")}, {Text(name(o))}},
		{{Plain("State")}, {Plain(string(m.State))}},
		{{Plain("Since")}, {Plain(m.Since.UTC().Format(day) + since(r))}},
		{{Plain("Deadline")}, {Plain(m.due().UTC().Format("2006-01-02 15:04 UTC"))}},
	}}
	if m.Severity == 0 {
		facts.Rows = append(facts.Rows[:2], facts.Rows[3:]...)
	}
	body := Document{facts}
	if o.ID == "" && o.Handle == "" {
		body = append(body, Para(Plain("Nobody owns this: give its identity, or its exception, an owner in the manifest.")))
	}
	if len(m.Left) > 0 {
		return append(body, p.leftBody(p.checklist(m, r))...)
	}
	if r != nil && len(r.Findings) > 0 {
		body = append(body, head("Where"), places(r))
	}
	return append(body, p.steps(m, r)...)
}

// since adds how long the history has held it.
func since(r *Root) string {
	if r == nil {
		return ""
	}
	first := ""
	for _, f := range r.Findings {
		if f.History == nil {
			continue
		}
		at, err := time.Parse(time.RFC3339, f.History.First.Date)
		if got := at.UTC().Format(day); err == nil && (first == "" || got < first) {
			first = got
		}
	}
	if first == "" {
		return ""
	}
	return ", in the history since " + first
}

func places(r *Root) Block {
	t := Block{Kind: Table, Head: []string{"Severity", "Rule", "Place", "What", "Id"}}
	for _, f := range r.Findings {
		place := f.Region.Path
		if !f.Region.Span.IsZero() {
			place = fmt.Sprintf("%s:%d", place, f.Region.Start.Line)
		}
		if f.History != nil {
			const shortID = 12
			place += " at " + f.History.First.ID[:min(len(f.History.First.ID), shortID)]
		}
		what := []Span{Text(f.Message)}
		if f.Fix != "" {
			what = append(what, Plain(". Fix: "), Text(f.Fix))
		}
		t.Rows = append(t.Rows, [][]Span{{Plain(f.Severity.String())}, {Text(f.Rule)}, {Text(place)}, what, {Code(f.Fingerprint)}})
	}
	return t
}

// steps say how to end the credential, or to mend what else is wrong.
func (p *planner) steps(m Memo, r *Root) Document {
	s := named(m.Kind, p.kinds)
	if s == nil {
		return Document{head("What to do"), Para(Plain("Do what the findings' fixes say, or have the owner accept it for a while by an exception. `curfew explain` with an id says more."))}
	}
	list := Block{Kind: List}
	for _, step := range s.Steps {
		list.Items = append(list.Items, []Span{Plain(step)})
	}
	proof := "This closes by itself when a scan doesn't find it any more."
	if m.Provable {
		proof = "This closes by itself when a scan doesn't find it any more and its provider says that it is dead: let curfew scan --history --verify all ask."
	}
	if r != nil && r.past() && len(r.Findings) > 0 {
		proof += " It stands in the history alone: nothing but its end helps."
	}
	return Document{head("How to end it: " + s.Title), list, Para(Plain("The provider's page: "), link(s.Docs)), Para(Plain(proof))}
}

// foot ends a ticket: its evidence, and the memo.
func (p *planner) foot(m Memo) Document {
	spans := []Span{Plain("Evidence: findings "), Code(strings.Join(m.Findings, " "))}
	if len(m.Left) > 0 {
		spans = []Span{Plain("Evidence: what the manifest had")}
	}
	if sum := p.in.Result.Manifest.SHA256; sum != "" {
		spans = append(spans, Plain("; manifest "), Code("sha256:"+sum))
	}
	return Document{
		Para(spans...),
		Para(Plain("curfew writes this text anew when something changes: write comments instead. Don't touch the next line, it reads that.")),
		{Kind: Memorandum, Word: m.encode()},
	}
}

// comment says why the state is another one; nothing where nobody needs to hear of it.
func (p *planner) comment(m Memo, r *Root, o Owner, was State, s sight) Document {
	date := p.in.Now.UTC().Format(day)
	if len(m.Left) > 0 && m.State != Escalated {
		return p.leftComment(m, was)
	}
	switch m.State {
	case Closed:
		return Document{Para(Plain("Closed on proof, " + date + ": " + closedBy(m, s)))}
	case ClosedUnproven:
		return Document{Para(Plain("This was closed by hand, and nothing proves that its cause is gone. It is reported as closed-unproven until a scan proves it."))}
	case Suppressed:
		return Document{acceptedBy(r)}
	case Verifying:
		if s == dying {
			return Document{Para(Plain("Its provider says that it is dead; the files still hold it: take it out."))}
		}
		return Document{Para(Plain("A scan doesn't find it any more. Nothing proves yet that it is dead: revoke it, and let curfew scan --history --verify all ask its provider."))}
	case Escalated:
		spans := []Span{Plain("The deadline, " + m.due().UTC().Format(day) + ", has passed.")}
		if o.Escalate != "" {
			spans = append(spans, Plain(" For "), Handle(o.Escalate))
		}
		return Document{Para(spans...)}
	case Open, Acknowledged:
		if was.Over() && (s == present || s == dying) {
			return Document{Para(Plain("A scan of " + date + " finds it."))}
		}
	}
	return nil
}

func closedBy(m Memo, s sight) string {
	switch {
	case s == moved:
		return "another owner has the ticket now."
	case m.Dead && s == isDead:
		return "its provider says that it is dead; it stands in the history alone."
	case m.Dead:
		return "a scan that looked at all doesn't find it, and its provider says that it is dead."
	}
	return "a scan that looked at all doesn't find it any more."
}

// acceptedBy says which exception closed the ticket.
func acceptedBy(r *Root) Block {
	spans := []Span{Plain("Closed as suppressed")}
	if r != nil && len(r.Accepted) > 0 {
		s := r.Accepted[0].Suppressed
		spans = append(spans, Plain(" by "), Text(s.Kind), Plain(" until "), Text(s.Until))
		if s.Reason != "" {
			spans = append(spans, Plain(": "), Text(s.Reason))
		}
	}
	return Para(append(spans, Plain(". It opens again when that ends."))...)
}

// name is what an owner is called.
func name(o Owner) string {
	switch {
	case o.Handle != "":
		return o.Handle
	case o.ID != "":
		return o.ID
	}
	return "nobody"
}
