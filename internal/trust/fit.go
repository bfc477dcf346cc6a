package trust

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/curfew-ci/curfew/internal/identity"
)

// none notes that there is no document, and is none.
func (q *request) none(message, fix string) body {
	q.gap(Missing, "", message, fix)
	return nil
}

// fitAudience reports whether an audience can be written as it is wherever documents have it.
func (q *request) fitAudience(a string) bool {
	hidden := strings.ContainsFunc(a, func(r rune) bool { return !unicode.IsPrint(r) })
	return !unfit(a) && !unstable(a) && !hidden && strings.TrimSpace(a) == a
}

// fitNames reports whether the names of identity and grant, and the project's ids, can be parts of names.
func (q *request) fitNames() bool {
	if !regexp.MustCompile(`^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$`).MatchString(q.id + "/" + q.name) {
		return q.gap(Missing, "", "the name of the identity or of the grant can't be a part of another name", "name them by letters, digits, \"-\", \"_\" and \".\"")
	}
	for _, id := range q.projects() {
		if strings.Trim(id, "0123456789") != "" {
			return q.gap(Missing, q.projectClaim(), "the project's id isn't a number", "write the project's id under claims")
		}
	}
	return true
}

// numbered is a label, told apart from those of the same document: no grant has one that ends in "_" and a number.
func numbered(label string, i int) string {
	if i == 0 {
		return label
	}
	return label + "_" + strconv.Itoa(i+1) + "_"
}

func (q *request) projectClaim() string { return q.who.ClaimFor(identity.Project) }

// projects are the ids of the projects whose jobs are meant.
func (q *request) projects() []string { return q.demand.claims[q.projectClaim()] }
