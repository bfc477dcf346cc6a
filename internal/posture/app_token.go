package posture

import (
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// appToken is what a step asks of the token of a GitHub App that it makes.
type appToken struct {
	job   *usage.Job
	login *usage.Login
	app   string // its number, where that is written out

	permissions map[string]string // by name with underscores; of an unknown level ""
	all         bool              // whatever the App may
	names       []string          // of repositories; nil is the workflow's own
	every       bool              // repository of the owner
	owner       string            // "" is the workflow's own, or unknown
	unknown     bool              // some repositories are computed
	computed    bool              // all inputs are
}

// appTokens lists those that jobs make by an action whose inputs are known.
func (f *Facts) appTokens() []appToken {
	var all []appToken
	if f.Usage == nil {
		return nil
	}
	for _, j := range f.Usage.Jobs {
		for i := range j.Logins {
			l := &j.Logins[i]
			if l.Step == nil || l.Step.Uses == nil {
				continue
			}
			if a := f.Usage.Known.Action(l.Action); a != nil && a.AppToken != nil {
				all = append(all, readAppToken(j, l, a.AppToken))
			}
		}
	}
	return all
}

// readAppToken reads the step's inputs.
func readAppToken(j *usage.Job, l *usage.Login, known *rules.AppToken) appToken {
	t := appToken{job: j, login: l, permissions: map[string]string{}}
	with := l.Step.With
	if with == nil {
		with = &workflow.Map{}
	}
	for _, e := range with.Entries {
		name, is := strings.CutPrefix(strings.ToLower(e.Name.Value), known.Permissions)
		if is && name != "" && e.Value.Present() && e.Value.Value != "" {
			t.permissions[underscored(name)] = literalOr(e.Value, "")
		}
	}
	t.computed = with.Expr != nil
	t.unknown, t.all = t.computed, len(t.permissions) == 0 && !t.computed
	for _, input := range known.App {
		if v := with.Get(input); isLiteral(v) && strings.Trim(v.Value, "0123456789") == "" {
			t.app = v.Value
		}
	}
	repositories, owner := with.Get(known.Repositories), with.Get(known.Owner)
	t.owner, t.names = literalOr(owner, ""), namesIn(repositories)
	switch {
	case repositories.Present() && len(repositories.Refs) > 0: // a computed name may be any, and an expression may stand on several lines
		t.unknown, t.names = true, nil
	case t.unknown:
		t.names = nil
	case len(t.names) > 0:
		t.unknown = owner.Present() && len(owner.Refs) > 0
	case owner.Present() && strings.TrimSpace(owner.Value) != "":
		t.every = true
	}
	return t
}

// namesIn are the repositories that an input lists, as the action reads it: by lines or commas.
func namesIn(list *workflow.String) []string {
	var names []string
	if !list.Present() {
		return nil
	}
	for name := range strings.FieldsFuncSeq(list.Value, func(r rune) bool { return r == ',' || r == '\n' }) {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// literalOr is a value that is written out, or else another.
func literalOr(s *workflow.String, unless string) string {
	if isLiteral(s) {
		return strings.TrimSpace(s.Value)
	}
	return unless
}

// underscored is a permission's name as the platform's API has it.
func underscored(name string) string { return strings.ReplaceAll(name, "-", "_") }

// levels are those of an App's permissions, from the least.
func levels() []string { return []string{"read", "write", "admin"} }

// level is where one stands among them, from 1; 0 is none.
func level(access string) int { return slices.Index(levels(), access) + 1 }

// namesApps reports whether some step says by number of which App it makes a token.
func (f *Facts) namesApps() bool {
	return slices.ContainsFunc(f.appTokens(), func(t appToken) bool { return t.app != "" })
}
