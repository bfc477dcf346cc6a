package github

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/certify"
	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/ticket"
)

const (
	// freshFor is how long a proposal stays as it is while only its days move on: a branch that moves every day loses
	// its approvals every day.
	freshFor = 30 * 24 * time.Hour
	// maxTries bounds how often it is looked anew after GitHub has left it open whether something was done.
	maxTries = 4
)

// settled does one owner's part, anew where it was left open whether something was done.
func (c *Certification) settled(ctx context.Context, done func(Outcome), do func() (Outcome, error)) error {
	for try := 1; ; try++ {
		o, err := do()
		var unsure *courier.UnsureError
		if errors.As(err, &unsure) && try < maxTries {
			if err := c.client.sleep(ctx, issueLag); err != nil {
				return err
			}
			continue
		}
		if err == nil && o.Action != "" {
			done(o)
		}
		return err
	}
}

// scene is what is there of one owner.
type scene struct {
	branch string
	open   *pull // to the default branch
	mark   mark  // its
	tip    string
	made   proof
	ours   bool   // nothing of a person's would be lost: the tip is as curfew made it, or was merged
	stop   string // why the pull request is left to people
	// declined is the pull request that a person has closed without merging it, for the same decision.
	declined *pull
}

// look gathers the scene. decision is what would be asked for.
func (c *Certification) look(ctx context.Context, branch, decision string) (*scene, error) {
	s := &scene{branch: branch}
	all, err := c.pulls(ctx, "all", branch)
	if err != nil {
		return nil, err
	}
	if s.tip, err = c.tip(ctx, branch); err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].State == "open" {
			if err := c.renew(ctx, &all[i]); err != nil {
				return nil, err
			}
		}
		s.take(&all[i], c.repo.DefaultBranch, decision)
	}
	if s.tip == "" {
		s.ours = true
		return s, nil
	}
	tip, err := c.commit(ctx, s.tip)
	if err != nil {
		return nil, err
	}
	made, proven := tip.proven(branch)
	if proven {
		s.made = made
	}
	s.ours = s.ours || proven
	return s, nil
}

// take sorts in one pull request from the branch.
func (s *scene) take(p *pull, base, decision string) {
	m, isOurs := p.mark()
	switch {
	case p.State == "open" && !isOurs:
		s.stop = "its text has lost curfew's mark, or a person made it: close it, and curfew makes its own"
		s.open = p
	case p.State == "open" && p.Base.Ref != base:
		s.stop = "it is to " + p.Base.Ref + ", not to the default branch: close it, and curfew makes another"
		s.open = p
	case p.State == "open" && s.stop == "":
		s.open, s.mark = p, m
	case !p.Merged.IsZero():
		s.ours = s.ours || isOurs && p.Head.SHA == s.tip
	case p.State == "closed" && isOurs && m.tip != over && m.decision == decision && s.declined == nil:
		s.declined = p
	}
}

func (s *scene) outcome(action, why string) Outcome {
	o := Outcome{Owner: ownerOf(s.branch), Branch: s.branch, Action: action, Why: why}
	if s.open != nil {
		o.Number, o.Silent = s.open.Number, s.open.User.ID == tokenAccount
	}
	return o
}

const whyTouched = "somebody has committed to its branch, which is left as it is: merge it or close it and delete the branch"

// propose brings one owner's pull request to what is proposed.
func (c *Certification) propose(ctx context.Context, g *certify.Group) (Outcome, error) {
	s, err := c.look(ctx, branchOf(g.Owner), g.Decision())
	switch {
	case err != nil:
		return Outcome{}, err
	case s.stop != "":
		return s.outcome(LeftAlone, s.stop), nil
	case s.open == nil && s.declined != nil:
		s.open = s.declined
		return s.outcome(Declined, "it was closed without being merged, and is proposed again only when something else is"), nil
	case !s.ours:
		return s.outcome(LeftAlone, whyTouched), nil
	}
	synced := s.open != nil && s.mark == mark{g.Decision(), s.tip}
	stands := s.stands(c, g, synced)
	action := Updated
	switch {
	case stands && synced:
		return s.outcome(Unchanged, ""), nil
	case s.open == nil:
		action = Opened
	}
	if c.dry {
		return s.outcome(action, ""), nil
	}
	return c.bring(ctx, s, g, stands, action)
}

// stands reports whether the branch has what is proposed, made from the manifest as it is now. Of a pull request that
// says just that, the days may be a little behind.
func (s *scene) stands(c *Certification, g *certify.Group, synced bool) bool {
	same := s.made.decision == g.Decision() && s.made.before == blobID(c.tree.commit, c.src)
	fresh := synced && c.client.now().Sub(s.made.made) < freshFor
	return same && (fresh || s.made.after == blobID(c.tree.commit, g.Source))
}

// bring does it: the branch, then the pull request, then the owner is asked, and the mark comes last.
func (c *Certification) bring(ctx context.Context, s *scene, g *certify.Group, stands bool, action string) (Outcome, error) {
	if !stands {
		made, err := c.build(ctx, s.branch, g)
		if err != nil {
			return Outcome{}, err
		}
		if err := c.move(ctx, s.branch, s.tip, made); err != nil {
			return Outcome{}, err
		}
		s.tip = made
	}
	m := mark{g.Decision(), s.tip}
	title, body := ticket.Inert(g.Title(), maxTitle), g.Body()+footNote
	if s.open == nil {
		made, err := c.create(ctx, s.branch, title, body+mark{m.decision, unfinished}.String()+"\n")
		if err != nil {
			return Outcome{}, err
		}
		s.open = made
	}
	o := s.outcome(action, "")
	unasked, err := c.ask(ctx, s.open, g.Handle)
	if err == nil && unasked != "" {
		o.Unasked = unasked
		said := ticket.Para(ticket.Plain("For "), ticket.Handle(g.Handle), ticket.Plain(", who couldn't be asked for a review: please decide."))
		if g.Handle != "" {
			err = c.comment(ctx, s.open, "ask-"+m.tip, ticket.Document{said})
		}
	}
	if err != nil {
		return o, err
	}
	return o, c.edit(ctx, s.open, map[string]any{"title": title, "body": body + m.String() + "\n"})
}

const footNote = "\ncurfew writes this text anew when something else is proposed: write comments instead.\n\n"

// retire closes the pull request of a branch on which nothing is proposed any more, and removes the branch.
func (c *Certification) retire(ctx context.Context, branch string) (Outcome, error) {
	s, err := c.look(ctx, branch, "")
	if err == nil && s.open == nil && c.client.now().Sub(s.made.made) < issueLag+clockSkew {
		// Perhaps there is one that the list doesn't show yet. Without its branch it would look declined.
		if err = c.client.sleep(ctx, issueLag); err == nil {
			s, err = c.look(ctx, branch, "")
		}
	}
	switch {
	case err != nil:
		return Outcome{}, err
	case s.open == nil && (!s.ours || s.tip == ""):
		return Outcome{}, nil // a person's, or gone
	case s.stop != "":
		return s.outcome(LeftAlone, s.stop), nil
	case !s.ours:
		return s.outcome(LeftAlone, "nothing of it is proposed any more; "+whyTouched), nil
	}
	o := s.outcome(Closed, "nothing of it is left to decide")
	if s.open == nil {
		o.Action = Removed
	}
	if c.dry {
		return o, nil
	}
	if s.open != nil {
		if err := c.closePull(ctx, s); err != nil {
			return o, err
		}
	}
	if s.tip == "" {
		return o, nil
	}
	return o, c.drop(ctx, branch, s.tip)
}

// closePull says why, and closes it; what it then says of itself comes in the same request.
func (c *Certification) closePull(ctx context.Context, s *scene) error {
	why := ticket.Para(ticket.Plain("Nothing of this is left to decide: the manifest, or what is known of its use, has changed."))
	if err := c.comment(ctx, s.open, "over-"+s.tip, ticket.Document{why}); err != nil {
		return err
	}
	text, _, _ := strings.Cut(s.open.Body, footNote)
	return c.edit(ctx, s.open, map[string]any{"state": "closed", "body": text + footNote + mark{s.mark.decision, over}.String() + "\n"})
}
