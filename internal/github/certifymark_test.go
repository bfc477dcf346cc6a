package github

import (
	"strings"
	"testing"
)

// FuzzMark: what is read as a mark is written the same, and no message proves a commit that it doesn't bind.
func FuzzMark(f *testing.F) {
	f.Add(mark{strings.Repeat("a", 32), over}.String() + mark{strings.Repeat("b", 32), unfinished}.String() + "\n")
	f.Add("Certify\n\n" + proofTrailer + strings.Repeat("0", 32) + " " + strings.Repeat("0", 40) + " " + strings.Repeat("0", 40) + " " + strings.Repeat("0", 64))
	f.Fuzz(func(t *testing.T, text string) {
		p := pull{Body: text}
		if m, ok := p.mark(); ok && !strings.Contains(text, m.String()) {
			t.Errorf("%+v of %q", m, text)
		}
		g := gitCommit{Message: text}
		if _, ok := g.proven("curfew/certify/web"); ok {
			t.Errorf("a commit without parents: %q", text)
		}
	})
}

// TestProof: a sum holds for one branch, tree and parent.
func TestProof(t *testing.T) {
	p := proof{decision: strings.Repeat("d", 32), before: strings.Repeat("b", 40), after: strings.Repeat("a", 40)}
	g := gitCommit{Message: "x\n\n" + proofTrailer + strings.Join([]string{p.decision, p.before, p.after, p.sum("web", "p", "t")}, " ") + "\n"}
	g.Tree.SHA = "t"
	g.Parents = append(g.Parents, struct {
		SHA string `json:"sha"`
	}{"p"})
	if got, ok := g.proven("web"); !ok || got != p {
		t.Errorf("%+v", got)
	}
	for name, change := range map[string]func(g *gitCommit){
		"tree": func(g *gitCommit) { g.Tree.SHA = "u" }, "parent": func(g *gitCommit) { g.Parents[0].SHA = "q" },
		"more": func(g *gitCommit) { g.Message += "x" }, "a second parent": func(g *gitCommit) { g.Parents = append(g.Parents, g.Parents[0]) },
		"decision": func(g *gitCommit) { g.Message = strings.Replace(g.Message, "dd", "de", 1) },
	} {
		other := g
		other.Parents = append(other.Parents[:0:0], g.Parents...)
		change(&other)
		if _, ok := other.proven("web"); ok {
			t.Errorf("another %s", name)
		}
	}
	if _, ok := g.proven("ops"); ok {
		t.Error("another branch")
	}
}
