package github

import (
	"context"
	"fmt"
	"net/http"

	"github.com/curfew-ci/curfew/internal/ticket"
)

// Report makes an issue that no sync looks after, as that of a use of break-glass is, and nothing where everybody would
// read it. It looks at the repository before each: what was private may be public by now.
func (i *Issues) Report(ctx context.Context, d ticket.Draft) (string, error) {
	name, ok := i.repository(d.Project)
	if !ok {
		return "", i.noPlace(d.Project)
	}
	private, err := i.private(ctx, name)
	if err != nil {
		return "", err
	}
	if !private {
		return "", fmt.Errorf("%s is public, and so are its issues: give the owner a private repository by `tickets: { github: … }` in the manifest", name)
	}
	var made issue
	err = i.write(ctx, http.MethodPost, about(name, "issues"), i.fields(d), &made)
	if err != nil {
		return "", err
	}
	if made.Number <= 0 || made.State != "open" {
		return "", fmt.Errorf("%s: the answer names no open issue: is it GitHub's API?", name)
	}
	return issueKey(name, made.Number), nil
}
