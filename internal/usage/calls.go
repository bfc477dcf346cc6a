package usage

import (
	"slices"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// flow is one workflow file: what its jobs have in common when others call it.
type flow struct {
	jobs       []*Job
	onlyCalled bool
	callers    []*Job // in the repository's order
	begun      bool   // given is being settled, or is
	given      Token  // what any caller gives
}

// link connects jobs with the workflows of the repository that they call, and settles what depends on
// both: inherited secrets, tokens, and as whom a job runs.
func (c *collector) link() {
	for _, j := range c.repo.Jobs {
		if fl := c.callee(j); fl != nil {
			j.Callees = fl.jobs
			fl.callers = append(fl.callers, j)
		}
	}
	begun := make(map[*Job]bool)
	for _, j := range c.repo.Jobs {
		c.inherit(j, begun)
	}
	for _, fl := range c.order {
		if len(fl.callers) == 0 {
			continue
		}
		c.settle(fl)
		acting := fl.acting(c)
		for _, j := range fl.jobs {
			j.Callers = fl.callers
			if fl.onlyCalled {
				j.acting = acting
				j.Token = j.Token.atMost(&fl.given)
			}
		}
	}
	for _, j := range c.repo.Jobs {
		if fl := c.callee(j); fl != nil && !j.Token.Declared {
			j.Token = fl.asked()
		}
	}
}

// callee is the local workflow that j calls, or nil.
func (c *collector) callee(j *Job) *flow {
	u := j.Job.Uses
	if u == nil || u.Kind != workflow.UsesLocal && u.Kind != workflow.UsesSelf {
		return nil
	}
	fl := c.flows[folder(u.Path)]
	if fl == nil || len(fl.jobs) == 0 || fl.jobs[0].File.Workflow.Event("workflow_call") == nil {
		at := source.Region{Path: j.File.Path, Span: u.Value.Span}
		c.repo.Missing = add(c.repo.Missing, at, "no such workflow to call in this tree: what it uses isn't known")
		return nil
	}
	return fl
}

// settle finds what the callers of fl give its jobs, theirs first. A cycle, which GitHub refuses, ends
// where it began.
func (c *collector) settle(fl *flow) {
	if fl.begun {
		return
	}
	fl.begun = true
	tokens := make([]Token, len(fl.callers))
	for i, caller := range fl.callers {
		tokens[i] = declaredToken(caller.File, caller.Job)
		if up := c.flows[caller.File.Path]; up.onlyCalled && len(up.callers) > 0 {
			c.settle(up)
			tokens[i] = tokens[i].atMost(&up.given)
		}
	}
	fl.given = union(tokens)
}

// asked is what any job of fl declares for itself.
func (fl *flow) asked() Token {
	tokens := make([]Token, len(fl.jobs))
	for i, j := range fl.jobs {
		tokens[i] = declaredToken(j.File, j.Job)
	}
	return union(tokens)
}

// acting lists the jobs as which those of fl run.
func (fl *flow) acting(c *collector) []*Job {
	var out []*Job
	seen := map[*Job]bool{}
	queue := []*flow{fl}
	asked := map[*flow]bool{fl: true}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, caller := range queue[0].callers {
			up := c.flows[caller.File.Path]
			switch {
			case !up.onlyCalled && !seen[caller]:
				out = append(out, caller)
				seen[caller] = true
			case up.onlyCalled && !asked[up]:
				queue = append(queue, up)
				asked[up] = true
			}
		}
	}
	return out
}

// inherit adds to j what the workflow that it calls reads on its behalf. Callees come first, so that
// what they inherit in turn is known; a cycle ends at its first job.
func (c *collector) inherit(j *Job, begun map[*Job]bool) {
	if j.Job.Uses == nil || begun[j] {
		return
	}
	begun[j] = true
	for _, callee := range j.Callees {
		c.inherit(callee, begun)
	}
	word := inheritWord(j.Job)
	switch {
	case word == nil && len(j.Callees) > 0:
		c.fromEnvironments(j)
	case word != nil && len(j.Callees) > 0:
		at := source.Region{Path: j.File.Path, Span: word.Span}
		c.onBehalf(j, Inherited, at, func(*SecretRead) bool { return true })
	case word != nil:
		at := source.Region{Path: j.File.Path, Span: word.Span}
		j.Secrets = append(j.Secrets, SecretRead{String: word, Place: Inherited, Region: at})
	}
}

func inheritWord(j *workflow.Job) *workflow.String {
	if j.Secrets == nil || !j.Secrets.Inherit.Present() {
		return nil
	}
	return j.Secrets.Inherit
}

// fromEnvironments adds what the jobs of a called workflow read from their own environments: those
// secrets need no handing over.
func (c *collector) fromEnvironments(j *Job) {
	at := source.Region{Path: j.File.Path, Span: j.Job.Uses.Value.Span}
	c.onBehalf(j, Handed, at, func(r *SecretRead) bool {
		handed := j.Job.Secrets != nil && j.Job.Secrets.Map.Get(r.Name) != nil
		return r.Via.Job.Environment != nil && !handed
	})
}

// onBehalf counts reads of called jobs for j, once per name and environment.
func (c *collector) onBehalf(j *Job, p Place, at source.Region, counts func(*SecretRead) bool) {
	type key struct{ name, environment string }
	seen := map[key]bool{}
	var found []SecretRead
	for _, callee := range j.Callees {
		for i := range callee.Secrets {
			if len(found) > c.copies {
				break // copy says so
			}
			r := callee.Secrets[i]
			if r.Via == nil {
				r.Via = callee
			}
			k := key{name: r.Name}
			if env := callee.Environment(&r); env != nil {
				k.environment = env.Value
			}
			if seen[k] || !counts(&r) {
				continue
			}
			seen[k] = true
			r.Place, r.Region = p, at
			found = append(found, r)
		}
	}
	j.Secrets = append(j.Secrets, c.copy(j, found)...)
}

// Stored lists the stored secrets that a secret's name in j's workflow stands for: where the workflow is
// only called, what its callers in the repository hand it under that name, which is nothing where that
// is their GITHUB_TOKEN; otherwise the name itself.
func (j *Job) Stored(name string) []string { return j.stored(name, 0) }

func (j *Job) stored(name string, hops int) []string {
	if !j.OnlyCalled || len(j.Callers) == 0 || hops > maxHops {
		return []string{name}
	}
	var out []string
	if j.Job.Environment != nil {
		out = append(out, name)
	}
	for _, caller := range j.Callers {
		for _, handed := range caller.handed(name) {
			for _, s := range caller.stored(handed, hops+1) {
				if !slices.Contains(out, s) {
					out = append(out, s)
				}
			}
		}
	}
	return out
}

// handed lists the secrets that a calling job hands on under a name.
func (j *Job) handed(name string) []string {
	switch {
	case j.Job.Secrets == nil:
		return nil
	case inheritWord(j.Job) != nil:
		return []string{name}
	}
	v := j.Job.Secrets.Map.Get(name)
	if v == nil {
		return nil
	}
	return (&frame{file: j.File}).value(v, 0).secrets
}
