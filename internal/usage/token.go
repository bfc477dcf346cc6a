package usage

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// scopes lists every scope that a workflow's permissions may name, sorted, with the levels that it
// knows. Source: GitHub's workflow syntax, "permissions".
func scopes() []TokenScope {
	return []TokenScope{
		{Name: "actions", Level: "write"},
		{Name: "artifact-metadata", Level: "write"},
		{Name: "attestations", Level: "write"},
		{Name: "checks", Level: "write"},
		{Name: "contents", Level: "write"},
		{Name: "deployments", Level: "write"},
		{Name: "discussions", Level: "write"},
		{Name: "id-token", Level: "write"},
		{Name: "issues", Level: "write"},
		{Name: "models", Level: "read"},
		{Name: "packages", Level: "write"},
		{Name: "pages", Level: "write"},
		{Name: "pull-requests", Level: "write"},
		{Name: "repository-projects", Level: "write"},
		{Name: "security-events", Level: "write"},
		{Name: "statuses", Level: "write"},
	}
}

// Levels is what the token holds, scope by scope: read-all and write-all spelt out, id-token left out
// of read-all, which knows no reading of it.
func (t *Token) Levels() []TokenScope {
	if t.All == "" {
		return t.Scopes
	}
	var out []TokenScope
	for _, s := range scopes() {
		switch {
		case t.All == "write-all":
		case s.Name == "id-token":
			continue
		default:
			s.Level = "read"
		}
		s.Region = t.Region
		out = append(out, s)
	}
	return out
}

// Level is what the token holds of a scope: "write", "read" or "".
func (t *Token) Level(scope string) string {
	for _, s := range t.Levels() {
		if s.Name == scope {
			return s.Level
		}
	}
	return ""
}

// declaredToken reads the permissions that hold for a job: its own replace the workflow's entirely.
func declaredToken(f *workflow.File, j *workflow.Job) Token {
	perms := j.Permissions
	if perms == nil {
		perms = f.Workflow.Permissions
	}
	if perms == nil {
		return Token{}
	}
	t := Token{Declared: true, Region: source.Region{Path: f.Path, Span: perms.Span}}
	if perms.All.Present() {
		if all := strings.ToLower(perms.All.Value); all == "read-all" || all == "write-all" {
			t.All = all
		}
		return t
	}
	for _, s := range perms.Scopes {
		level := strings.ToLower(s.Level.Value)
		if level == "read" || level == "write" {
			t.Scopes = append(t.Scopes, TokenScope{
				Name: strings.ToLower(s.Name.Value), Level: level,
				Region: source.Region{Path: f.Path, Span: source.Span{Start: s.Name.Span.Start, End: s.Level.Span.End}},
			})
		}
	}
	return t
}

// atMost narrows a called job's token to what its callers give: where it declares nothing it has what
// they have, otherwise the lesser of the two.
func (t *Token) atMost(given *Token) Token {
	switch {
	case !given.Declared:
		return *t
	case !t.Declared:
		return *given
	case given.All == "write-all":
		return *t
	}
	out := Token{Declared: true, Region: t.Region}
	for _, s := range t.Levels() {
		switch given.Level(s.Name) {
		case "write":
		case "read":
			s.Level = "read"
		default:
			continue
		}
		out.Scopes = append(out.Scopes, s)
	}
	return out
}

// union is what any of tokens holds; undeclared where one of them is, since nobody knows that one's.
func union(tokens []Token) Token {
	if len(tokens) == 0 {
		return Token{}
	}
	if len(tokens) == 1 {
		return tokens[0]
	}
	out := Token{Declared: true, Region: tokens[0].Region}
	for i := range tokens {
		t := &tokens[i]
		if !t.Declared {
			return Token{}
		}
		for _, s := range t.Levels() {
			out.add(s)
		}
	}
	return out
}

func (t *Token) add(s TokenScope) {
	for i := range t.Scopes {
		if t.Scopes[i].Name == s.Name {
			if s.Level == "write" && t.Scopes[i].Level != "write" {
				t.Scopes[i] = s
			}
			return
		}
	}
	t.Scopes = append(t.Scopes, s)
}
