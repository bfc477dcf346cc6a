package trust

import (
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
)

// maxSubjects bounds how many subjects a document names: a trust policy holds a few thousand characters.
const maxSubjects = 50

// subjects are the subjects of the tokens that a grant is for, by their format; see identity.Subject.
type subjects struct {
	byNames, immutable []string
	// covered are claims that the subjects prove by what they hold, in either format.
	covered []string
}

// subjects derives the exact subjects from the claims, or takes those that the identity lists. It is false
// where there are none or too many.
func (q *request) subjects() (subjects, bool) {
	if listed, ok := q.demand.claims["sub"]; ok {
		s := subjects{covered: []string{"sub"}}
		for _, sub := range listed {
			parsed, ok := identity.ParseSubject(sub)
			switch {
			case !ok || !parsed.Immutable():
				s.byNames = append(s.byNames, sub)
			case q.proves(identity.Owner, parsed.OwnerID) && q.proves(identity.Project, parsed.ProjectID):
				s.immutable = append(s.immutable, sub)
			}
		}
		return s, q.fewEnough(s)
	}
	if q.who.ClaimFor(identity.Project) == "project_id" {
		return q.gitlabSubjects()
	}
	return q.githubSubjects()
}

// proves reports whether a subject's id is one that the claims ask for: no token has two.
func (q *request) proves(a identity.Attribute, id string) bool {
	listed := q.demand.claims[q.who.ClaimFor(a)]
	return listed == nil || slices.Contains(listed, id)
}

func (q *request) fewEnough(s subjects) bool {
	if n := len(s.byNames) + len(s.immutable); n == 0 || n > maxSubjects {
		return q.gap(Missing, "", "its claims leave no subject, or too many to list", "give each repository and environment an identity of its own")
	}
	return true
}

// githubSubjects derives subjects of GitHub's default formats: OWNER/REPO, with ids where they are known,
// and the environment or else the ref
// (https://docs.github.com/actions/reference/security/oidc#example-subject-claims).
func (q *request) githubSubjects() (subjects, bool) {
	claims := q.demand.claims
	if claims["repository"] == nil {
		return subjects{}, q.gap(Missing, "", "the subject can't be derived: the identity doesn't list the claim repository",
			"add repository: OWNER/NAME under claims, or the subjects themselves as sub")
	}
	context := "environment"
	if claims[context] == nil {
		context = "ref"
	}
	if claims[context] == nil {
		return subjects{}, q.gap(Missing, "", "the subject can't be derived: the identity lists neither environment nor ref",
			"add environment under claims, and protect it")
	}
	s := subjects{covered: []string{"repository", "repository_owner"}}
	if !slices.ContainsFunc(claims[context], ambiguous) {
		s.covered = append(s.covered, context)
	}
	for _, repository := range claims["repository"] {
		owner, name, ok := strings.Cut(repository, "/")
		if owners := claims["repository_owner"]; !ok || owners != nil && !slices.Contains(owners, owner) {
			continue
		}
		for _, value := range claims[context] {
			s.add(identity.Subject{Scheme: "repo", Owner: owner, Project: name, Context: context + ":" + escaped(value)},
				claims["repository_owner_id"], claims["repository_id"])
		}
	}
	q.githubNarrower(context)
	return s, q.fewEnough(s)
}

// githubNarrower says which subjects of the identity's jobs aren't derived.
func (q *request) githubNarrower(context string) {
	if context != "environment" {
		q.gap(Narrower, "", "a job that names an environment, or that a pull request starts, has another subject and is turned away",
			"list the environment under claims, and protect it")
	}
	if q.demand.claims["repository_owner_id"] == nil {
		q.gap(Narrower, "", "a subject with ids, as repositories made, renamed or moved since 2026-07-15 have it, can't be derived and is turned away",
			"add repository_owner_id under claims")
	}
}

// add adds a subject by names, and with each pair of ids. What doesn't read back as itself names somebody
// else.
func (s *subjects) add(sub identity.Subject, owners, projects []string) {
	s.byNames = appendSubject(s.byNames, sub)
	for _, sub.OwnerID = range owners {
		for _, sub.ProjectID = range projects {
			s.immutable = appendSubject(s.immutable, sub)
		}
	}
}

func appendSubject(to []string, sub identity.Subject) []string {
	text := sub.String()
	if back, ok := identity.ParseSubject(text); !ok || back != sub || len(to) > maxSubjects {
		return to
	}
	return append(to, text)
}

// escaped is a value as a subject has it.
func escaped(value string) string { return strings.ReplaceAll(value, ":", "%3A") }

// ambiguous reports whether another value has the same text in a subject: "a:b" and "a%3Ab" do.
func ambiguous(value string) bool { return strings.Contains(escaped(value), "%3A") }

// gitlabSubjects derives project_path:GROUP/PROJECT:ref_type:TYPE:ref:NAME
// (https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload).
func (q *request) gitlabSubjects() (subjects, bool) {
	claims := q.demand.claims
	if claims["project_path"] == nil || claims["ref_path"] == nil {
		return subjects{}, q.gap(Missing, "", "the subject can't be derived: the identity doesn't list both project_path and ref_path",
			"add them under claims, or the subjects themselves as sub")
	}
	s := subjects{covered: []string{"project_path", "ref_path"}}
	for _, project := range claims["project_path"] {
		for _, ref := range claims["ref_path"] {
			context := ""
			if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
				context = "ref_type:branch:ref:" + name
			} else if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
				context = "ref_type:tag:ref:" + name
			}
			i := strings.LastIndexByte(project, '/')
			if context == "" || i <= 0 || strings.Contains(ref, ":") {
				continue
			}
			s.byNames = appendSubject(s.byNames, identity.Subject{Scheme: "project_path", Owner: project[:i], Project: project[i+1:], Context: context})
		}
	}
	return s, q.fewEnough(s)
}
