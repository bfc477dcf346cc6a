package usage

import (
	"path"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// A hostile repository can multiply what it uses by reusing it: these bound how far one scan goes.
// What lies beyond is in Repo.Skipped.
const (
	maxDepth  = 10      // local actions in local actions; GitHub's own limit
	maxSteps  = 100_000 // steps of local actions, counted at each use
	maxCopies = 100_000 // secret reads that count for more than one job
)

// Collect says what each job of the workflows in files uses, with what k knows of actions. Local actions
// and reusable workflows are followed where they are among files.
func Collect(files []*workflow.File, k *rules.Actions) *Repo {
	c := &collector{
		repo: &Repo{Known: k}, know: k,
		actions: map[string]*workflow.File{},
		flows:   map[string]*flow{},
		steps:   maxSteps, copies: maxCopies,
	}
	for _, f := range files {
		if f.Action != nil {
			c.actions[path.Dir(f.Path)] = f
		}
	}
	for _, f := range files {
		if f.Workflow != nil {
			c.workflow(f)
		}
	}
	c.link()
	return c.repo
}

type collector struct {
	repo    *Repo
	know    *rules.Actions
	actions map[string]*workflow.File // by folder
	flows   map[string]*flow          // by the workflow's path
	order   []*flow
	steps   int // how many more steps of local actions may be followed
	copies  int // how many more reads may be copied
}

func (c *collector) workflow(f *workflow.File) {
	fl := &flow{jobs: make([]*Job, len(f.Workflow.Jobs)), onlyCalled: onlyCalled(f.Workflow)}
	for i, j := range f.Workflow.Jobs {
		fl.jobs[i] = &Job{File: f, Job: j, Token: declaredToken(f, j), OnlyCalled: fl.onlyCalled}
	}
	c.secrets(f, fl.jobs)
	for _, j := range fl.jobs {
		c.job(j)
	}
	c.flows[f.Path] = fl
	c.order = append(c.order, fl)
	c.repo.Jobs = append(c.repo.Jobs, fl.jobs...)
}

func onlyCalled(w *workflow.Workflow) bool {
	return len(w.On) == 1 && w.On[0].Name.Value == "workflow_call"
}

// job finds what a job's environment and steps log in to and publish.
func (c *collector) job(j *Job) {
	if j.Job.Uses != nil {
		c.call(j)
		return
	}
	fr := &frame{file: j.File, env: [3]*workflow.Map{nil, j.Job.Env, j.File.Workflow.Env}}
	c.environment(j, fr, j.Job.Env)
	c.environment(j, fr, j.File.Workflow.Env)
	for _, s := range j.Job.Steps {
		c.step(j, fr.within(s), s)
	}
}

// step finds what one step does, in a job or in a local action that a job uses.
func (c *collector) step(j *Job, fr *frame, s *workflow.Step) {
	c.environment(j, fr, s.Env)
	switch {
	case s.Run.Present():
		c.commands(j, fr, s)
	case s.Uses == nil:
	case s.Uses.Kind == workflow.UsesLocal || s.Uses.Kind == workflow.UsesSelf:
		c.localAction(j, fr, s)
	default:
		c.foreign(j, fr, s)
	}
}

// foreign is a step that uses what isn't of this repository.
func (c *collector) foreign(j *Job, fr *frame, s *workflow.Step) {
	a := c.know.Action(s.Uses.Slug())
	if a != nil {
		c.known(j, fr, s, a)
	}
	for _, m := range []*workflow.Map{s.With, s.Env} {
		c.given(j, fr, m, Given{To: s.Uses, Known: a, Step: s, At: fr.region(s.Uses.Value)})
	}
}

// given notes each entry of m that carries a stored secret.
func (c *collector) given(j *Job, fr *frame, m *workflow.Map, g Given) {
	if m == nil {
		return
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		if len(e.Value.Refs) == 0 {
			continue
		}
		if v := fr.value(e.Value, 0); len(v.secrets) > 0 {
			g.Input = Input{Name: e.Name.Value, Value: v.at, Region: v.region(), Secrets: v.secrets}
			j.Given = append(j.Given, g)
		}
	}
}

// localAction follows a composite action of the repository.
func (c *collector) localAction(j *Job, fr *frame, s *workflow.Step) {
	f := c.actions[folder(s.Uses.Path)]
	if f == nil {
		c.repo.Missing = add(c.repo.Missing, fr.region(s.Uses.Value), "no such action in this tree: what it uses isn't known")
		return
	}
	if len(f.Action.Steps) == 0 {
		return
	}
	if fr.depth >= maxDepth || c.steps < len(f.Action.Steps) {
		c.repo.Skipped = add(c.repo.Skipped, fr.region(s.Uses.Value), "local actions are used too deeply or too often to follow them all")
		return
	}
	c.steps -= len(f.Action.Steps)
	inner := &frame{file: f, action: f.Action, with: s.With, outer: fr, depth: fr.depth + 1}
	for _, st := range f.Action.Steps {
		c.step(j, inner.within(st), st)
	}
}

// folder is a local reference's folder as path.Dir of its action file names it.
func folder(p string) string { return path.Clean(strings.TrimSuffix(p, "/")) }

// add notes a place once, however often it is come by.
func add(skips []Skip, at source.Region, reason string) []Skip {
	if slices.ContainsFunc(skips, func(s Skip) bool { return s.Region == at }) {
		return skips
	}
	return append(skips, Skip{at, reason})
}
