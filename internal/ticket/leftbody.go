package ticket

// leftBody is what a checklist shows: each thing, where it is, what is to be done, and whether it is proven.
func (p *planner) leftBody(r *Root) Document {
	table := Block{Kind: Table, Head: []string{"What", "Where", "To do", "Proof"}}
	for _, l := range r.Left {
		table.Rows = append(table.Rows, [][]Span{{Text(l.Name)}, {Text(l.place())}, {Plain(l.todo())}, {Plain(string(p.in.proof(l)))}})
	}
	out := Document{head("What is left"), table}
	if r.more > 0 {
		out = append(out, Para(Plain("And "+count(r.more, "more thing", "more things")+" that there was no room for: see the change of the manifest.")))
	}
	return append(out, Para(Plain("This closes by itself when an inventory and a scan show that all of it is gone. What nothing shows, confirm by closing this by hand:"+
		" it is reported as closed-unproven then. Putting the entry back into the manifest takes its things off the list.")))
}

// proofs are how a checklist's items stand, as its text says.
func (p *planner) proofs(r *Root) []string {
	if r == nil {
		return nil
	}
	var out []string
	for _, l := range r.Left {
		out = append(out, string(p.in.proof(l)))
	}
	return out
}

// leftComment says why a checklist is in another state; nothing where nobody needs to hear of it.
func (p *planner) leftComment(m Memo, was State) Document {
	date := p.in.Now.UTC().Format(day)
	switch {
	case m.State == Closed:
		return Document{Para(Plain("Closed on proof, " + date + ": all of it is gone, or in the manifest again."))}
	case m.State == ClosedUnproven:
		return Document{Para(Plain("This was closed by hand, and nothing that curfew reads proves that all of it is gone. It is reported as closed-unproven."))}
	case m.State == Open && was.Over(), m.State == Acknowledged && was.Over():
		return Document{Para(Plain("On " + date + " some of it is there."))}
	}
	return nil
}
