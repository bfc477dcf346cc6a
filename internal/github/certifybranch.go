package github

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/certify"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// gitRef is a ref as GitHub has it.
type gitRef struct {
	Ref    string `json:"ref"`
	Object struct {
		Type string `json:"type"`
		SHA  string `json:"sha"`
	} `json:"object"`
}

// gitCommit is a commit of git's database.
type gitCommit struct {
	SHA       string `json:"sha"`
	Message   string `json:"message"`
	Committer struct {
		Date time.Time `json:"date"`
	} `json:"committer"`
	Tree struct {
		SHA string `json:"sha"`
	} `json:"tree"`
	Parents []struct {
		SHA string `json:"sha"`
	} `json:"parents"`
}

// proof is what a commit of curfew's says of itself, on its message's last line. The sum binds it to the commit's tree
// and parent: where a person has amended or rebased it, or put another on top, it isn't curfew's any more.
type proof struct {
	decision, before, after string // of certify.Group; the manifest's blob without and with the changes
	made                    time.Time
}

const proofTrailer = "Curfew-Certify: "

var proofForm = regexp.MustCompile(`\n` + proofTrailer + `([0-9a-f]{32}) ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([0-9a-f]{64})\s*$`)

// sum is of what a commit is made from.
func (p proof) sum(branch, parent, tree string) string {
	s := sha256.Sum256([]byte(strings.Join([]string{"curfew/certify/v1", branch, p.decision, p.before, p.after, parent, tree}, "\x00")))
	return hex.EncodeToString(s[:])
}

// proven reads a commit's proof; false where curfew didn't make the commit as it is.
func (g *gitCommit) proven(branch string) (proof, bool) {
	m := proofForm.FindStringSubmatch(g.Message)
	if m == nil || len(g.Parents) != 1 {
		return proof{}, false
	}
	p := proof{m[1], m[2], m[3], g.Committer.Date}
	return p, p.sum(branch, g.Parents[0].SHA, g.Tree.SHA) == m[4]
}

// tip is where a branch is; "" where there is none.
func (c *Certification) tip(ctx context.Context, branch string) (string, error) {
	var ref gitRef
	q := question{path: "repos/%s/git/ref/heads/%s", args: []string{c.name, branch}, need: needContents, at: c.name}
	err := c.client.ask(ctx, q, &ref)
	var refusal *refusalError
	switch {
	case errors.As(err, &refusal) && refusal.status == http.StatusNotFound:
		return "", nil
	case err != nil:
		return "", err
	case ref.Ref != "refs/heads/"+branch || !validCommit.MatchString(ref.Object.SHA):
		return "", fmt.Errorf("GET /%s: the answer is about %q", q.url(), ref.Ref)
	}
	return ref.Object.SHA, nil
}

func (c *Certification) commit(ctx context.Context, sha string) (*gitCommit, error) {
	var g gitCommit
	q := c.tree.question("repos/%s/git/commits/%s", sha)
	if err := c.client.ask(ctx, q, &g); err != nil {
		return nil, err
	}
	if g.SHA != sha {
		return nil, fmt.Errorf("GET /%s: the answer is about commit %q", q.url(), g.SHA)
	}
	return &g, nil
}

// build makes the commit of a proposal: the default branch's tip with the manifest changed, and nothing else. The author
// is left to GitHub, which signs what an App commits.
func (c *Certification) build(ctx context.Context, branch string, g *certify.Group) (string, error) {
	base, err := c.commit(ctx, c.tree.commit)
	if err != nil {
		return "", err
	}
	folder, err := c.tree.folder(ctx, path.Dir(c.path))
	if err != nil {
		return "", err
	}
	entry, err := c.tree.entry(folder, path.Base(c.path), c.path)
	if err != nil {
		return "", err
	}
	p := proof{decision: g.Decision(), before: entry.SHA, after: blobID(c.tree.commit, g.Source)}
	blob, err := c.make(ctx, "blobs", map[string]any{"content": base64.StdEncoding.EncodeToString(g.Source), "encoding": "base64"})
	if err == nil && blob != p.after {
		err = fmt.Errorf("GitHub stored the manifest as blob %s: expected %s, which its content has", blob, p.after)
	}
	if err != nil {
		return "", err
	}
	changed := []map[string]any{{"path": c.path, "mode": entry.Mode, "type": "blob", "sha": blob}}
	tree, err := c.make(ctx, "trees", map[string]any{"base_tree": base.Tree.SHA, "tree": changed})
	if err != nil {
		return "", err
	}
	said := ticket.Inert(g.Title(), maxTitle) + "\n\nProposed by curfew for the owner to decide in the pull request.\n\n" +
		proofTrailer + strings.Join([]string{p.decision, p.before, p.after, p.sum(branch, base.SHA, tree)}, " ") + "\n"
	return c.make(ctx, "commits", map[string]any{"message": said, "tree": tree, "parents": []string{base.SHA}})
}

// maxTitle is how many characters a title has; GitHub takes 256.
const maxTitle = 140

// make makes an object of git's and returns its id.
func (c *Certification) make(ctx context.Context, kind string, body map[string]any) (string, error) {
	var made struct {
		SHA string `json:"sha"`
	}
	q := question{path: "repos/%s/git/" + kind, args: []string{c.name}, need: needCommit, at: c.name}
	err := c.write(ctx, http.MethodPost, q, body, &made)
	if err == nil && !validCommit.MatchString(made.SHA) {
		err = fmt.Errorf("POST /%s: %q is no id", q.url(), made.SHA)
	}
	return made.SHA, err
}

// errPushed says that somebody was quicker.
var errPushed = errors.New("somebody has pushed to it at the same time: run it again")

// move puts a branch on a commit, from where it was seen; "" is nowhere. GitHub has no request that does both at once,
// so that it is looked at once more, right before.
func (c *Certification) move(ctx context.Context, branch, was, to string) error {
	if now, err := c.tip(ctx, branch); err != nil || now != was {
		return errors.Join(err, errPushed)
	}
	if was == "" {
		q := question{path: "repos/%s/git/refs", args: []string{c.name}, need: needCommit, at: c.name}
		return c.write(ctx, http.MethodPost, q, map[string]any{"ref": "refs/heads/" + branch, "sha": to}, nil)
	}
	q := question{path: "repos/%s/git/refs/heads/%s", args: []string{c.name, branch}, need: needCommit, at: c.name}
	return c.write(ctx, http.MethodPatch, q, map[string]any{"sha": to, "force": true}, nil)
}

// drop removes a branch that is where it was seen.
func (c *Certification) drop(ctx context.Context, branch, was string) error {
	if now, err := c.tip(ctx, branch); err != nil || now != was {
		return errors.Join(err, errPushed)
	}
	q := question{path: "repos/%s/git/refs/heads/%s", args: []string{c.name, branch}, need: needCommit, at: c.name}
	return c.write(ctx, http.MethodDelete, q, nil, nil)
}
