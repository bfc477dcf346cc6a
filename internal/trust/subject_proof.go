package trust

import (
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
)

// provenBySubject is what a subject says of its token's claims, where it is made of NAME:VALUE:NAME:VALUE, as GitHub's are by
// default and by include_claim_keys, and GitLab's. What else could have been written the same way isn't taken as proven:
//
//   - the first name must be one of those whose values the platform gives and that hold no ":", so that no other project
//     has a subject that begins alike by what its people may name;
//   - a name that occurs twice could be a part of a value;
//   - "%3A" may stand for itself or for ":".
//
// Another template of the same project may still read differently: who administers the repository sets it.
func provenBySubject(sub string) map[string]string {
	parts := strings.Split(sub, ":")
	out := map[string]string{}
	if !slices.Contains([]string{"repo", "repository", "repository_id", "repository_owner", "repository_owner_id", "project_path"}, parts[0]) {
		return nil
	}
	for i := 0; i+1 < len(parts); i += 2 {
		name, value := parts[i], parts[i+1]
		if _, twice := out[name]; twice {
			return nil
		}
		out[name] = value
	}
	for name, value := range out {
		if value == "" || strings.Contains(value, "%3A") {
			delete(out, name)
		}
	}
	spell(out)
	return out
}

// spell adds the claims that a subject says in words of its own.
func spell(out map[string]string) {
	if path, ok := out["repo"]; ok {
		s, ok := identity.ParseSubject("repo:" + path + ":x")
		if delete(out, "repo"); ok {
			out["repository"], out["repository_owner"] = s.Owner+"/"+s.Project, s.Owner
			if s.Immutable() {
				out["repository_id"], out["repository_owner_id"] = s.ProjectID, s.OwnerID
			}
		}
	}
	switch ref := out["ref"]; {
	case ref == "":
	case out["ref_type"] == "branch":
		out["ref_path"] = "refs/heads/" + ref
	case out["ref_type"] == "tag":
		out["ref_path"] = "refs/tags/" + ref
	}
}

// proven reports whether a subject holds a claim to what is demanded.
func (q *request) proven(sub, claim string) bool {
	value, ok := provenBySubject(sub)[claim]
	return ok && slices.Contains(q.bound()[claim], value)
}

func (q *request) provenByAll(subs []string, claim string) bool {
	return !slices.ContainsFunc(subs, func(sub string) bool { return !q.proven(sub, claim) })
}

func (q *request) provenByAny(subs []string, claim string) bool {
	return slices.ContainsFunc(subs, func(sub string) bool { return q.proven(sub, claim) })
}
