package github

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
)

// TagObject is the signed part and the signature of the tag object that refs/tags/NAME of the job's repository
// names. What GitHub itself makes of the signature, by keys that anybody can add to his account, isn't asked.
// It needs the right "contents: read".
func (c *Client) TagObject(ctx context.Context, who identity.Identity, name string) (payload, signature []byte, err error) {
	full, _ := who.Claims.Text("repository")
	owner, repo, ok := strings.Cut(full, "/")
	if !ok || !isRepositoryName(owner) || !isRepositoryName(repo) {
		return nil, nil, errors.New("the token doesn't say which repository the job is of: expected OWNER/NAME in its claim repository")
	}
	var ref struct {
		Ref    string
		Object struct{ Type, SHA string }
	}
	q := question{path: "repos/%s/git/ref/tags/%s", args: []string{full, name}, need: "contents: read", at: full}
	if err := c.ask(ctx, q, &ref); err != nil {
		return nil, nil, fmt.Errorf("read the tag %s: %w", name, err)
	}
	switch {
	case ref.Ref != "refs/tags/"+name:
		return nil, nil, fmt.Errorf("GitHub answers with another ref of %s than refs/tags/%s", full, name)
	case ref.Object.Type != "tag":
		return nil, nil, fmt.Errorf("refs/tags/%s of %s names no tag object: it is a lightweight tag, which can't be signed: make it by git tag -s", name, full)
	case !isObjectID(ref.Object.SHA):
		return nil, nil, fmt.Errorf("GitHub gives no id of the tag object of refs/tags/%s of %s", name, full)
	}
	var tag struct {
		Verification struct{ Payload, Signature string }
	}
	q.path, q.args = "repos/%s/git/tags/%s", []string{full, ref.Object.SHA}
	if err := c.ask(ctx, q, &tag); err != nil {
		return nil, nil, fmt.Errorf("read the object of the tag %s: %w", name, err)
	}
	said := tag.Verification
	if said.Payload == "" || said.Signature == "" {
		return nil, nil, fmt.Errorf("the tag %s of %s isn't signed: sign it by git tag -s, with gpg.format=ssh", name, full)
	}
	return []byte(said.Payload), []byte(said.Signature), nil
}

// repositoryName is what GitHub lets names be made of.
var repositoryName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// isRepositoryName reports whether s is a name that can stand in a path, and nothing that leads elsewhere.
func isRepositoryName(s string) bool {
	return repositoryName.MatchString(s) && s != "." && s != ".."
}

func isObjectID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
