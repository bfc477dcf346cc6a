package github

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	validRef  = regexp.MustCompile(`^refs/(heads/.+|tags/.+|pull/[1-9][0-9]*/(merge|head))$`)
	oddInRef  = regexp.MustCompile(`[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|/\.|\.lock(/|$)|[/.]$`) // git-check-ref-format(1)
	shortID   = regexp.MustCompile(`^[0-9a-f]{4,63}$`)
	upperID   = regexp.MustCompile(`^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$`)
	pullAlone = regexp.MustCompile(`^(?:refs/pull/|pull/|#)([1-9][0-9]*)(?:/(merge|head))?$`)
)

// checkPlace holds a ref and a commit to what code scanning takes, and says what was likely meant.
func checkPlace(ref, commit string) error {
	switch {
	case validCommit.MatchString(commit):
	case upperID.MatchString(commit):
		return fmt.Errorf("%q is no commit as code scanning takes it: expected lower case, %s", commit, strings.ToLower(commit))
	case shortID.MatchString(commit):
		return fmt.Errorf("%q is no commit: expected its full id in lower case hex, which `git rev-parse %s` says", commit, commit)
	default:
		return fmt.Errorf("%q is no commit: expected its full id in lower case hex, which `git rev-parse HEAD` says", commit)
	}
	const expected = "expected refs/heads/…, refs/tags/…, refs/pull/N/merge or refs/pull/N/head"
	pull := pullAlone.FindStringSubmatch(ref)
	switch {
	case validRef.MatchString(ref) && !oddInRef.MatchString(ref):
		return nil
	case pull != nil:
		return fmt.Errorf("%q is no ref that code scanning takes: expected refs/pull/%s/merge with the merge commit, or refs/pull/%s/head with the head's", ref, pull[1], pull[1])
	case ref != "" && !strings.HasPrefix(ref, "refs/") && !oddInRef.MatchString(ref):
		return fmt.Errorf("%q is no ref that code scanning takes: %s; for the branch it is refs/heads/%s", ref, expected, ref)
	}
	return fmt.Errorf("%q is no ref that code scanning takes: %s", ref, expected)
}
