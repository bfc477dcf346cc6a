package oidc

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Variable is an ID token that the platform has put into the job's environment before it began, as GitLab does with
// what id_tokens names (https://docs.gitlab.com/ci/yaml/#id_tokens).
type Variable struct {
	Name  string
	Token redact.Secret
}

// maxVariables is of how many variables an error tells.
const maxVariables = 8

// pick finds the token for an audience among those that the job was given. What a token says of itself chooses it and
// proves nothing. One that names others beside the audience is never taken: each of them gets to see it, and could hand it
// in in the job's name. Of two for one audience it isn't for us to choose.
func (s *Source) pick(audience string) (redact.Secret, error) {
	var found []Variable
	missing := &NotGivenError{Audience: audience}
	for _, v := range s.given {
		all, err := identity.UnverifiedAudiences(v.Token.Reveal())
		switch {
		case err != nil:
			missing.seen = append(missing.seen, v.Name+" (no ID token)")
		case len(all) == 1 && all[0] == audience:
			found = append(found, v)
		default:
			if slices.Contains(all, audience) {
				missing.shared = append(missing.shared, v.Name)
			}
			missing.seen = append(missing.seen, v.Name+" (for "+listed(all)+")")
		}
	}
	switch len(found) {
	case 0:
		return redact.Secret{}, fmt.Errorf("ask for an ID token: %w", missing)
	case 1:
		return redact.New(bytes.Clone(found[0].Token.Reveal())), nil
	}
	return redact.Secret{}, fmt.Errorf("ask for an ID token: %s and %s both have one for the audience %s, and which of them counts can't be told: remove one from id_tokens",
		found[0].Name, found[1].Name, strconv.Quote(shown(audience)))
}

// listed is some audiences, for a person.
func listed(all []string) string {
	var quoted []string
	for _, one := range all[:min(len(all), maxVariables)] {
		quoted = append(quoted, strconv.Quote(shown(one)))
	}
	if len(quoted) == 0 {
		return "nobody"
	}
	return strings.Join(quoted, ", ")
}

// NotGivenError is that a job was given no ID token for an audience alone.
type NotGivenError struct {
	Audience string
	shared   []string // variables whose tokens are for it and for others
	seen     []string // variables, with what they have
}

// Error says what there is instead.
func (e *NotGivenError) Error() string {
	text := "no variable of the job has one for the audience " + strconv.Quote(shown(e.Audience)) + " alone"
	if len(e.shared) > 0 {
		return text + ": that of " + strings.Join(e.shared, " and ") + " is for others too, any of whom could hand it in as the job"
	}
	seen := e.seen[:min(len(e.seen), maxVariables)]
	if len(seen) == 0 {
		return text + ": there is none whose name begins with " + VariablePrefix
	}
	return text + ": there are " + strings.Join(seen, ", ")
}

// Mend says what gives the job that token, for who can't name this type.
func (e *NotGivenError) Mend() string {
	name := VariablePrefix
	if e.Audience != "curfew" {
		name += "_NAME"
	}
	return "give the job in .gitlab-ci.yml a token for this audience alone: id_tokens: { " + name + ": { aud: " + strconv.Quote(shown(e.Audience)) + " } }"
}

// VariablePrefix is what the names of the variables begin with whose ID tokens are curfew's to use: CURFEW_ID_TOKEN for
// curfew itself, and more of it, such as CURFEW_ID_TOKEN_AWS, for each provider. Others of the job's tokens are nobody's here.
const VariablePrefix = "CURFEW_ID_TOKEN"
