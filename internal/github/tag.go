package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

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
	ref, _, err := c.rest.Git.GetRef(ctx, owner, repo, "refs/tags/"+name)
	if err != nil {
		return nil, nil, fmt.Errorf("read refs/tags/%s of %s: %w", name, full, explainTag(err))
	}
	object := ref.GetObject()
	switch {
	case ref.GetRef() != "refs/tags/"+name:
		return nil, nil, fmt.Errorf("GitHub answers with another ref of %s than refs/tags/%s", full, name)
	case object.GetType() != "tag":
		return nil, nil, fmt.Errorf("refs/tags/%s of %s names no tag object: it is a lightweight tag, which can't be signed: make it by git tag -s", name, full)
	case !isObjectID(object.GetSHA()):
		return nil, nil, fmt.Errorf("GitHub gives no id of the tag object of refs/tags/%s of %s", name, full)
	}
	tag, _, err := c.rest.Git.GetTag(ctx, owner, repo, object.GetSHA())
	if err != nil {
		return nil, nil, fmt.Errorf("read the tag object of refs/tags/%s of %s: %w", name, full, explainTag(err))
	}
	said := tag.GetVerification()
	if said.GetPayload() == "" || said.GetSignature() == "" {
		return nil, nil, fmt.Errorf("the tag %s of %s isn't signed: sign it by git tag -s, with gpg.format=ssh", name, full)
	}
	return []byte(said.GetPayload()), []byte(said.GetSignature()), nil
}

// isRepositoryName reports whether s is a name that can stand in a path, and nothing that leads elsewhere.
func isRepositoryName(s string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(s) && s != "." && s != ".."
}

func isObjectID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// explainTag adds to GitHub's refusals what the caller can do about them.
func explainTag(err error) error {
	var refusal *gogithub.ErrorResponse
	if !errors.As(err, &refusal) || refusal.Response == nil {
		return err
	}
	switch refusal.Response.StatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("%w; the token is wrong or has expired", err)
	case http.StatusForbidden:
		return fmt.Errorf("%w; the token needs \"contents: read\"", err)
	case http.StatusNotFound:
		return fmt.Errorf("%w; there is no such tag, or the token can't see it: it needs \"contents: read\"", err)
	}
	return err
}
