package workflow

import (
	"strconv"
	"strings"
)

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
	for _, c := range []byte(u.Ref) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// parseUses reads a uses: value.
func parseUses(s *String) *Uses {
	u := &Uses{Value: s, Kind: UsesUnknown}
	v := s.Value
	switch {
	case strings.HasPrefix(v, "./"):
		u.Kind, u.Path = UsesLocal, strings.TrimPrefix(v, "./")
	case strings.HasPrefix(v, "$/"):
		u.Kind, u.Path = UsesSelf, strings.TrimPrefix(v, "$/")
	case strings.HasPrefix(v, "docker://"):
		u.Kind, u.Path = UsesDocker, strings.TrimPrefix(v, "docker://")
	case strings.Contains(v, "${{"):
	default:
		name, ref, ok := strings.Cut(v, "@")
		parts := strings.SplitN(name, "/", 3)
		if !ok || ref == "" || len(parts) < 2 || parts[0] == "" || parts[1] == "" {
			return u
		}
		u.Kind, u.Owner, u.Repo, u.Ref = UsesRemote, parts[0], parts[1], ref
		if len(parts) == 3 {
			u.Path = parts[2]
		}
	}
	return u
}

func upper(s string) string      { return strings.ToUpper(s) }
func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
func itoa(n int) string          { return strconv.Itoa(n) }
