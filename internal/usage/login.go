package usage

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// known finds what a step does by an action that rules/actions knows.
func (c *collector) known(j *Job, fr *frame, s *workflow.Step, a *rules.Action) {
	input := func(name string) string { return fr.given(s, name).text }
	for _, l := range a.Logins {
		if l.When.Holds(input) {
			c.login(j, fr, s, l)
		}
	}
	for _, p := range a.Publishes {
		if p.When.Holds(input) {
			j.Publish = append(j.Publish, Publish{
				Registry: p.Registry, Step: s, Region: fr.region(s.Uses.Value), Token: fr.firstStored(s, p.Token),
			})
		}
	}
}

func (c *collector) login(j *Job, fr *frame, s *workflow.Step, known *rules.Login) {
	l := Login{
		Provider: known.Service.ID, Step: s, Region: fr.region(s.Uses.Value),
		Action: s.Uses.Slug(), Instead: known.Instead,
	}
	for _, name := range known.Static {
		if in := fr.stored(s, name); in != nil {
			l.Static = append(l.Static, *in)
		}
	}
	if known.ByOIDC && known.OIDC.Holds(func(name string) string { return fr.given(s, name).text }) {
		l.OIDC = fr.selectors(s, known)
	}
	if len(l.Static) == 0 && len(l.OIDC) == 0 {
		return
	}
	for name, input := range known.Target {
		if v := fr.given(s, input); v.at != nil {
			if l.Target == nil {
				l.Target = make(map[string]*workflow.String, len(known.Target))
			}
			l.Target[name] = v.at
		}
	}
	l.Duration = fr.duration(s, known.Duration)
	j.Logins = append(j.Logins, l)
}

// selectors are the inputs by which a step chose OIDC; an action that knows nothing else is its own.
func (fr *frame) selectors(s *workflow.Step, known *rules.Login) []Input {
	var out []Input
	for _, cond := range known.OIDC {
		if v := fr.given(s, cond.Input); v.at != nil && v.text != "" {
			out = append(out, Input{Name: cond.Input, Value: v.at, Region: v.region(), Secrets: v.secrets})
		}
	}
	if len(out) == 0 {
		out = []Input{{Name: "uses", Value: s.Uses.Value, Region: fr.region(s.Uses.Value)}}
	}
	return out
}

// stored is an input that carries a stored secret, or nil.
func (fr *frame) stored(s *workflow.Step, name string) *Input {
	v := fr.given(s, name)
	if len(v.secrets) == 0 {
		return nil
	}
	return &Input{Name: name, Value: v.at, Region: v.region(), Secrets: v.secrets}
}

func (fr *frame) firstStored(s *workflow.Step, names []string) *Input {
	for _, name := range names {
		if in := fr.stored(s, name); in != nil {
			return in
		}
	}
	return nil
}

func (fr *frame) duration(s *workflow.Step, known *rules.Duration) *Duration {
	if known == nil {
		return nil
	}
	v := fr.given(s, known.Input)
	switch {
	case v.at != nil && v.text != "":
		d := &Duration{Known: known, Value: v.at}
		if v.known {
			d.Seconds = seconds(v.text, known.Unit)
		}
		return d
	case known.Default > 0:
		return &Duration{Known: known, Seconds: int(known.Default / time.Second)}
	}
	return nil
}

// seconds reads "3600" in units, or "3600s", "15m", "1h"; 0 where it is neither.
func seconds(text string, unit time.Duration) int {
	text = strings.TrimSpace(text)
	if n, err := strconv.Atoi(text); err == nil {
		return int(time.Duration(n) * unit / time.Second)
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return int(d / time.Second)
}

// environment finds static credentials of clouds, and the choice of OIDC, among the variables of one
// env map of a step, job or workflow.
func (c *collector) environment(j *Job, fr *frame, env *workflow.Map) {
	if env == nil {
		return
	}
	var found []Login
	for i := range env.Entries {
		e := &env.Entries[i]
		known := c.know.Variable(e.Name.Value)
		if known == nil || known.Service.Kind != rules.Cloud || known.Holds == rules.HoldsIdentifier {
			continue
		}
		v := fr.value(e.Value, 0)
		in := Input{Name: e.Name.Value, Value: v.at, Region: v.region(), Secrets: v.secrets}
		switch {
		case known.Holds == rules.HoldsOIDC && v.text != "" && v.text != "false":
			l := loginOf(&found, known.Service)
			l.OIDC = append(l.OIDC, in)
		case known.Holds == rules.HoldsCredential && len(v.secrets) > 0 && !fr.elsewhere(j, known.Service):
			l := loginOf(&found, known.Service)
			l.Static = append(l.Static, in)
		}
	}
	for _, l := range found {
		first := slices.Concat(l.Static, l.OIDC)[0]
		l.Region = first.Region
		if env == fr.env[0] {
			l.Step = fr.step
			l.Action = fr.step.Uses.Slug()
		}
		j.Logins = append(j.Logins, l)
	}
}

// loginOf is the login of one service among those found in a map.
func loginOf(found *[]Login, s *rules.Service) *Login {
	for i := range *found {
		if (*found)[i].Provider == s.ID {
			return &(*found)[i]
		}
	}
	*found = append(*found, Login{Provider: s.ID, Instead: s.Instead})
	return &(*found)[len(*found)-1]
}

// elsewhere reports whether variables of a service are meant for something that only speaks its
// protocol, such as an S3 store of another maker.
func (fr *frame) elsewhere(j *Job, s *rules.Service) bool {
	steps := j.Job.Steps
	if fr.step != nil {
		steps = []*workflow.Step{fr.step}
	}
	for _, mark := range s.Elsewhere {
		if !strings.HasPrefix(mark, "--") {
			if fr.variable(mark, nil, 0).at != nil {
				return true
			}
			for _, st := range steps {
				if st.Env.Get(mark) != nil {
					return true
				}
			}
			continue
		}
		for _, st := range steps {
			if st.Run.Present() && strings.Contains(st.Run.Value, mark) {
				return true
			}
		}
	}
	return false
}

// call finds what a job hands to a reusable workflow of another repository, and how that logs in.
func (c *collector) call(j *Job) {
	u := j.Job.Uses
	if u.Kind != workflow.UsesRemote {
		return
	}
	fr := &frame{file: j.File}
	a := c.know.Action(u.Slug())
	if a != nil {
		c.known(j, fr, &workflow.Step{Uses: u, With: j.Job.With}, a)
	}
	if j.Job.Secrets != nil {
		c.given(j, fr, j.Job.Secrets.Map, Given{To: u, Known: a, At: fr.region(u.Value)})
	}
}
