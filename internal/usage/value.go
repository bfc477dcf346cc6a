package usage

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// maxHops is how many variables and inputs a value may come through.
const maxHops = 8

// frame is where a string is evaluated: the variables and inputs that it sees.
type frame struct {
	file *workflow.File
	step *workflow.Step   // nil outside of steps
	env  [3]*workflow.Map // of the step, the job and the workflow; inside a local action, of the step alone

	// Inside a local action:
	action *workflow.Action
	with   *workflow.Map // what the step that uses it gives
	outer  *frame        // that step's own frame
	depth  int
}

// within is the frame of one step.
func (fr *frame) within(s *workflow.Step) *frame {
	in := *fr
	in.step, in.env[0] = s, s.Env
	return &in
}

func (fr *frame) region(s *workflow.String) source.Region {
	return source.Region{Path: fr.file.Path, Span: s.Span}
}

// value is what a string stands for.
type value struct {
	text    string // its text where that is known, else as written; "" where it is absent
	known   bool
	secrets []string // stored secrets that it reads, directly or not

	at   *workflow.String // where text or the first secret is written
	file *workflow.File
}

func (v *value) region() source.Region {
	return source.Region{Path: v.file.Path, Span: v.at.Span}
}

// value resolves s through env and, inside local actions, inputs.
func (fr *frame) value(s *workflow.String, hops int) value {
	if s == nil {
		return value{}
	}
	v := value{text: s.Value, at: s, file: fr.file}
	if len(s.Refs) == 0 {
		v.known = !strings.Contains(s.Value, "${{")
		return v
	}
	for i := range s.Refs {
		ref := &s.Refs[i]
		if ref.Context == "secrets" {
			if name := secretName(ref); name != githubToken && !OnlyCompared(fr.file, ref) {
				v.secrets = append(v.secrets, name)
			}
			continue
		}
		if hops >= maxHops || len(ref.Path) == 0 || ref.Dynamic {
			continue
		}
		inner := fr.follow(ref, s, hops)
		unset := ref.Context == "inputs" && fr.action != nil && inner.at == nil
		if (inner.at != nil || unset) && isWhole(s, ref) {
			return inner
		}
		if len(inner.secrets) > 0 && len(v.secrets) == 0 {
			v.at, v.file = inner.at, inner.file
		}
		v.secrets = append(v.secrets, inner.secrets...)
	}
	return v
}

// follow resolves env.X and, inside a local action, inputs.X.
func (fr *frame) follow(ref *workflow.Ref, from *workflow.String, hops int) value {
	switch {
	case ref.Context == "env":
		return fr.variable(ref.Path[0], from, hops+1)
	case ref.Context == "inputs" && fr.action != nil:
		return fr.input(ref.Path[0], hops+1)
	}
	return value{}
}

// variable resolves an environment variable; from is the string that asks, which a variable set from
// its outer namesake must not find again.
func (fr *frame) variable(name string, from *workflow.String, hops int) value {
	for in := fr; in != nil; in = in.outer {
		for _, m := range in.env {
			if s := m.Get(name); s != nil && s != from {
				return in.value(s, hops)
			}
		}
	}
	return value{}
}

// input resolves an input of the local action that fr is in.
func (fr *frame) input(name string, hops int) value {
	if s := fr.with.Get(name); s != nil {
		return fr.outer.value(s, hops)
	}
	for _, in := range fr.action.Inputs {
		if strings.EqualFold(in.Name.Value, name) && in.Default != nil {
			return fr.value(in.Default, hops)
		}
	}
	return value{}
}

// given resolves what a step gives an action under name: an input, or a variable where name is written
// in capitals.
func (fr *frame) given(s *workflow.Step, name string) value {
	if in := s.With.Get(name); in != nil {
		return fr.value(in, 0)
	}
	if name == strings.ToUpper(name) {
		return fr.variable(name, nil, 0)
	}
	return value{}
}

// isWhole reports whether s is one expression that is ref and nothing else.
func isWhole(s *workflow.String, ref *workflow.Ref) bool {
	if len(s.Refs) != 1 || len(s.Calls) > 0 || len(ref.Path) != 1 {
		return false
	}
	inner, ok := strings.CutPrefix(strings.TrimSpace(s.Value), "${{")
	if !ok {
		return false
	}
	inner, ok = strings.CutSuffix(inner, "}}")
	inner = strings.TrimSpace(inner)
	return ok && len(inner) > len(ref.Context) &&
		strings.EqualFold(inner[:len(ref.Context)], ref.Context) && strings.EqualFold(inner[len(ref.Context)+1:], ref.Path[0])
}

// githubToken names the token that each job has, which is no stored secret.
const githubToken = "GITHUB_TOKEN" //nolint:gosec // a name, no credential

// secretName is the stored secret that a reference to the secrets context reads; "" where it reads the
// context whole or by a computed name.
func secretName(ref *workflow.Ref) string {
	if ref.Whole && len(ref.Path) == 0 || ref.Dynamic && len(ref.Path) == 0 {
		return ""
	}
	return ref.Name()
}
