package workflow

import "strings"

// UsesKind is what a uses: value points to.
type UsesKind uint8

// The kinds of reference.
const (
	UsesRemote  UsesKind = iota + 1 // owner/repo[/path]@ref
	UsesLocal                       // ./path
	UsesSelf                        // $/path: the repository that the workflow itself comes from
	UsesDocker                      // docker://image
	UsesUnknown                     // an expression, or malformed
)

// Uses is a reference to an action or a reusable workflow.
type Uses struct {
	Value *String
	Kind  UsesKind
	Owner string // as written
	Repo  string
	Path  string // inside the repository, or the local path without "./" and "$/"
	Ref   string // after "@"
}

// Slug is "owner/repo" or "owner/repo/path" in lower case, the key by which actions are known;
// "" where the reference isn't remote.
func (u *Uses) Slug() string {
	if u == nil || u.Kind != UsesRemote {
		return ""
	}
	slug := u.Owner + "/" + u.Repo
	if u.Path != "" {
		slug += "/" + u.Path
	}
	return strings.ToLower(slug)
}

// Pinned reports whether Ref is a full commit id, SHA-1 or SHA-256.
func (u *Uses) Pinned() bool {
	if len(u.Ref) != 40 && len(u.Ref) != 64 {
		return false
	}
	return strings.Trim(u.Ref, "0123456789abcdefABCDEF") == ""
}

// newUses reads a uses: value.
func newUses(s *String) *Uses {
	u := &Uses{Value: s, Kind: UsesUnknown}
	v := s.Value
	switch {
	case strings.Contains(v, "${{"):
	case strings.HasPrefix(v, "./"):
		u.Kind, u.Path = UsesLocal, v[len("./"):]
	case strings.HasPrefix(v, "$/"):
		u.Kind, u.Path = UsesSelf, v[len("$/"):]
	case strings.HasPrefix(v, "docker://"):
		u.Kind, u.Path = UsesDocker, v[len("docker://"):]
	default:
		u.remote(v)
	}
	return u
}

func (u *Uses) remote(v string) {
	name, ref, ok := strings.Cut(v, "@")
	owner, rest, slash := strings.Cut(name, "/")
	repo, path, _ := strings.Cut(rest, "/")
	if !ok || !slash || ref == "" || owner == "" || repo == "" {
		return
	}
	u.Kind, u.Owner, u.Repo, u.Path, u.Ref = UsesRemote, owner, repo, path, ref
}
