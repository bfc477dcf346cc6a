package gitrepo

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// TagObject is the tag object that refs/tags/NAME names, as git stores it: headers, message and, where it is
// signed, the signature. A lightweight tag has none, which is an error. Nothing of it is verified.
func (t *Tree) TagObject(ctx context.Context, name string) ([]byte, error) {
	if t.at.gitDir == "" {
		return nil, fmt.Errorf("read the tag %s: %s is %w", escaped(name), t.at.dir, errNoRepository)
	}
	ref := "refs/tags/" + name
	// Takes the name of a ref by the letter, where rev-parse would obey what follows a ^ or @.
	out, _, err := t.git(ctx, nil, "show-ref", "--verify", "--hash", "--", ref)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s is not in this repository: fetch it, %s", escaped(ref), fetchTag(name))
	}
	id, err := odb.ParseID(strings.TrimSpace(string(out)))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", escaped(ref), err)
	}
	answer, _, err := t.git(ctx, []byte(id.String()+"\n"), "cat-file", "--batch")
	if err != nil {
		return nil, t.incomplete(ctx, "read "+escaped(ref), err)
	}
	content, _, err := nextBlob(answer)
	if err != nil {
		return nil, t.incomplete(ctx, "read "+escaped(ref), err)
	}
	header, _, _ := bytes.Cut(answer, []byte("\n"))
	if kind := strings.Fields(string(header))[1]; kind != "tag" {
		// actions/checkout writes such a ref in an annotated tag's place: it fetches the commit by its id.
		return nil, fmt.Errorf("%s names a %s, not a tag object: it is a lightweight tag, which can't be signed, or a checkout made it one: %s",
			escaped(ref), kind, fetchTag(name))
	}
	return content, nil
}

// fetchTag is the command that gets a tag as it is.
func fetchTag(name string) string {
	return escaped("git fetch --force origin refs/tags/" + name + ":refs/tags/" + name)
}
