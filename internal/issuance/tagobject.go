package issuance

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/curfew-ci/curfew/internal/sshsig"
)

// maxTag bounds a tag object, in bytes. Some hold a release's notes.
const maxTag = 1 << 20

// SplitTag parts a tag object, as git stores it, into what is signed and the signature, which git takes to
// begin at the last line that begins one. A tag without any is an error.
func SplitTag(raw []byte) (payload, signature []byte, err error) {
	begin := -1
	for at := 0; at < len(raw); {
		if isSignature(raw[at:]) {
			begin = at
		}
		next := bytes.IndexByte(raw[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	if begin < 0 {
		return nil, nil, errors.New("the tag isn't signed: sign it by git tag -s, with gpg.format=ssh")
	}
	return raw[:begin:begin], raw[begin:], nil
}

// isSignature reports whether a line begins a signature, of whichever kind git knows.
func isSignature(line []byte) bool {
	for _, begin := range []string{sshsig.Begin, "-----BEGIN PGP SIGNATURE-----", "-----BEGIN PGP MESSAGE-----", "-----BEGIN SIGNED MESSAGE-----"} {
		if bytes.HasPrefix(line, []byte(begin)) {
			return true
		}
	}
	return false
}

// tag is what a tag object says of itself. It is as true as its signature.
type tag struct {
	name   string
	commit string // hex
}

// parseTag reads the signed part of a tag object: https://git-scm.com/docs/git-mktag. Its four headers must
// be there, in git's order, and no other: whoever reads the tag must see the same as we do.
func parseTag(payload []byte) (tag, error) {
	head, message, ok := strings.Cut(string(payload), "\n\n")
	lines := strings.Split(head, "\n")
	switch {
	case len(payload) > maxTag:
		return tag{}, fmt.Errorf("the tag is longer than %d bytes", maxTag)
	case strings.Contains(string(payload), "\x00"):
		return tag{}, errors.New("the tag holds a NUL, which no tag of git's does")
	case !ok || len(lines) != 4:
		return tag{}, errTag
	}
	for line := range strings.SplitSeq(message, "\n") {
		if isSignature([]byte(line)) {
			return tag{}, errors.New("the tag has more than one signature: sign it once")
		}
	}
	var said [4]string
	for i, name := range []string{"object ", "type ", "tag ", "tagger "} {
		if said[i], ok = strings.CutPrefix(lines[i], name); !ok {
			return tag{}, errTag
		}
	}
	if hexOnly(said[0]) == "" {
		return tag{}, errTag
	}
	switch said[1] {
	case "commit":
		return tag{name: said[2], commit: said[0]}, nil
	case "tag", "tree", "blob":
		return tag{}, fmt.Errorf("the tag is of a %s: tag the commit itself", said[1])
	}
	return tag{}, errTag
}

// errTag says that a tag object isn't one as git makes it.
var errTag = errors.New("the tag object isn't as git tag writes it: expected object, type, tag and tagger, each on a line, and a message")

// tagName is NAME of refs/tags/NAME, where git allows such a name and all of it can be seen:
// https://git-scm.com/docs/git-check-ref-format.
func tagName(ref string) (string, error) {
	name, ok := strings.CutPrefix(ref, "refs/tags/")
	if !ok {
		return "", errors.New("the run isn't for a tag: push the signed tag, and let the job run for it")
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.HasPrefix(part, "-") || strings.HasSuffix(part, ".lock") {
			ok = false
		}
	}
	for _, b := range []byte(name) {
		if b <= ' ' || b > '~' || strings.IndexByte(`~^:?*[\`, b) >= 0 {
			ok = false
		}
	}
	if !ok || len(name) > maxName || strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.HasSuffix(name, ".") {
		return "", errors.New("the tag's name isn't taken: expected what git allows, of visible ASCII characters, and no part that begins with a hyphen")
	}
	return name, nil
}
