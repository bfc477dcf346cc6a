package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/certify"
)

// maxOpen is how long before it was merged a pull request's commits may have been made. A list by file shows these, and not
// the commit that merged them.
const maxOpen = 180 * 24 * time.Hour

// Merges are the pull requests that touched the manifest and were merged into the default branch since then, the oldest
// first, whoever made them. Manifest comes before it.
func (c *Certification) Merges(ctx context.Context, since time.Time) ([]certify.Merge, error) {
	from := url.Values{"path": {c.path}, "sha": {c.tree.commit}, "since": {since.Add(-maxOpen).UTC().Format(time.RFC3339)}}
	q := question{path: "repos/%s/commits?" + strings.ReplaceAll(from.Encode(), "%", "%%"), args: []string{c.name}, need: needContents, at: c.name}
	commits, err := whole[gitObject](ctx, c.client, q)
	if err != nil {
		return nil, err
	}
	found := map[int]*pull{}
	for _, one := range commits {
		q := question{path: "repos/%s/commits/%s/pulls", args: []string{c.name, one.SHA}, need: needPulls, at: c.name}
		all, err := whole[pull](ctx, c.client, q)
		if err != nil {
			return nil, err
		}
		for i := range all {
			p := &all[i]
			if here := p.Base.Repo != nil && p.Base.Repo.ID == c.repo.ID && p.Base.Ref == c.repo.DefaultBranch; here && !p.Merged.IsZero() && !p.Merged.Before(since) {
				found[p.Number] = p
			}
		}
	}
	var out []certify.Merge
	for _, p := range slices.SortedFunc(maps.Values(found), func(a, b *pull) int { return cmp.Or(a.Merged.Compare(b.Merged), a.Number-b.Number) }) {
		m, err := c.merge(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("pull request %d: %w", p.Number, err)
		}
		out = append(out, *m)
	}
	return out, nil
}

// gitObject is what is named by an id.
type gitObject struct {
	SHA string `json:"sha"`
}

// Members lists the users of a team of the organisation that owns the repository, for certify.
func (c *Certification) Members(ctx context.Context) certify.Members {
	return func(team string) ([]string, error) { return c.tree.g.members(ctx, c.repo, team) }
}

// merge gathers what proves that a pull request was merged, and by whose word.
func (c *Certification) merge(ctx context.Context, p *pull) (*certify.Merge, error) {
	m := &certify.Merge{
		PullRequest: c.name + "#" + strconv.Itoa(p.Number), Repository: strconv.FormatInt(c.repo.ID, 10),
		Commit: p.MergeCommit, Merged: p.Merged, Path: c.path,
	}
	for _, id := range []string{p.MergeCommit, p.Head.SHA} {
		if !validCommit.MatchString(id) {
			return nil, fmt.Errorf("GitHub gives %q in the place of a commit", id)
		}
	}
	onto, err := c.commit(ctx, p.MergeCommit)
	if err != nil {
		return nil, err
	}
	now, err := c.compare(ctx, p.MergeCommit, c.tree.commit)
	if err != nil {
		return nil, err
	}
	if now.Status != "ahead" && now.Status != "identical" || len(onto.Parents) == 0 {
		m.Unknown = "the commit that merged it isn't on the default branch any more"
		return m, nil
	}
	fork, err := c.compare(ctx, onto.Parents[0].SHA, p.Head.SHA)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		commit string
		into   *[]byte
	}{{fork.Base.SHA, &m.Before}, {p.Head.SHA, &m.Approved}, {p.MergeCommit, &m.After}} {
		if *part.into, err = c.manifestAt(ctx, part.commit); err != nil {
			return nil, err
		}
	}
	if m.Onto, err = c.onto(ctx, p, onto, fork.Base.SHA); err != nil {
		return nil, err
	}
	if m.Approvals, err = c.approvals(ctx, p); err != nil {
		return nil, err
	}
	m.Authors, m.Unknown, err = c.authors(ctx, p)
	return m, err
}

// comparison is how one commit stands to another.
type comparison struct {
	Status string    `json:"status"` // of the second, seen from the first
	Base   gitObject `json:"merge_base_commit"`
}

func (c *Certification) compare(ctx context.Context, from, to string) (*comparison, error) {
	var said comparison
	q := question{path: "repos/%s/compare/%s...%s?per_page=1", args: []string{c.name, from, to}, need: needContents, at: c.name}
	err := c.client.ask(ctx, q, &said)
	if err == nil && !validCommit.MatchString(said.Base.SHA) {
		err = fmt.Errorf("GET /%s: the answer names no commit that both come from", q.url())
	}
	return &said, err
}

// approvals are the logins of who approved the last commit for the branch that it was merged into, and took it back by no
// later review. GitHub lists reviews by time, and one that was dismissed says so.
func (c *Certification) approvals(ctx context.Context, p *pull) ([]string, error) {
	type review struct {
		User      account   `json:"user"`
		State     string    `json:"state"`
		Commit    string    `json:"commit_id"`
		Submitted time.Time `json:"submitted_at"`
	}
	since, err := baseSince(ctx, c.client, c.about(p.Number, "issues/%s/timeline"))
	if err != nil {
		return nil, err
	}
	all, err := whole[review](ctx, c.client, c.about(p.Number, "pulls/%s/reviews"))
	if err != nil {
		return nil, err
	}
	stands := map[string]bool{}
	var order []string
	for _, r := range all {
		who := strings.ToLower(r.User.Login)
		switch r.State { // a comment leaves it as it was
		case "APPROVED":
			if _, seen := stands[who]; !seen {
				order = append(order, r.User.Login)
			}
			stands[who] = r.Commit == p.Head.SHA && r.Submitted.After(since)
		case "CHANGES_REQUESTED", "DISMISSED":
			delete(stands, who)
		}
	}
	var by []string
	slices.Sort(order)
	for _, login := range slices.Compact(order) {
		if stands[strings.ToLower(login)] && validLogin.MatchString(login) {
			by = append(by, login)
		}
	}
	return by, nil
}

// written is a commit of a pull request.
type written struct {
	SHA       string   `json:"sha"`
	Author    *account `json:"author"`
	Committer *account `json:"committer"`
	Commit    struct {
		Verification struct {
			Verified bool `json:"verified"`
		} `json:"verification"`
	} `json:"commit"`
}

// authors are the logins of who wrote the branch's commits, those aside that are as curfew makes them. What git says of
// an author anybody can write, so that a commit must have a signature that GitHub has verified; and whoever may run a
// job can commit as its robot.
func (c *Certification) authors(ctx context.Context, p *pull) (authors []string, unknown string, err error) {
	all, err := whole[written](ctx, c.client, c.about(p.Number, "pulls/%s/commits"))
	if err != nil {
		return nil, "", err
	}
	const most = 250 // are listed of a pull request
	if len(all) == 0 || len(all) >= most || all[len(all)-1].SHA != p.Head.SHA {
		return nil, "GitHub doesn't list all that was on its branch", nil
	}
	if login := p.User.Login; !strings.HasSuffix(login, robot) {
		authors = append(authors, login)
	}
	for i := range all {
		one := &all[i]
		ours, err := c.proposed(ctx, p.Head.Ref, one.SHA)
		switch {
		case err != nil:
			return nil, "", err
		case ours:
		case !one.Commit.Verification.Verified || one.Author == nil || one.Committer == nil:
			return nil, "commit " + one.SHA + " on its branch has no signature that GitHub has verified: anybody could have written it", nil
		case strings.HasSuffix(one.Author.Login, robot) || !validLogin.MatchString(one.Author.Login):
			return nil, "commit " + one.SHA + " on its branch is a robot's: nobody knows who wrote it", nil
		default:
			authors = append(authors, one.Author.Login, one.Committer.Login)
		}
	}
	return authors, "", nil
}

// robot ends the logins of GitHub Apps.
const robot = "[bot]"

// proposed reports whether a commit of a branch is as curfew makes it, and does what curfew could have proposed.
func (c *Certification) proposed(ctx context.Context, branch, sha string) (bool, error) {
	made, err := c.commit(ctx, sha)
	if err != nil {
		return false, err
	}
	if _, ours := made.proven(branch); !ours {
		return false, nil
	}
	before, err := c.manifestAt(ctx, made.Parents[0].SHA)
	if err != nil {
		return false, err
	}
	after, err := c.manifestAt(ctx, sha)
	return err == nil && certify.Modest(c.path, before, after), err
}

// manifestAt is the manifest at a commit; nil where there is none.
func (c *Certification) manifestAt(ctx context.Context, commit string) ([]byte, error) {
	at := &commitTree{g: c.tree.g, repo: c.name, commit: commit}
	src, err := at.ReadFile(ctx, c.path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return src, err
}
