package usage

import (
	"bytes"
	"slices"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// secrets finds what the jobs of one workflow read themselves.
func (c *collector) secrets(f *workflow.File, jobs []*Job) {
	byJob := make(map[*workflow.Job]*Job, len(jobs))
	for _, j := range jobs {
		byJob[j.Job] = j
	}
	var shared []SecretRead
	for s := range f.Strings {
		for i := range s.Refs {
			r, ok := secretRead(f, s, &s.Refs[i])
			switch {
			case !ok:
			case s.Scope.Job == nil:
				shared = append(shared, r)
			case byJob[s.Scope.Job] != nil:
				j := byJob[s.Scope.Job]
				j.Secrets = append(j.Secrets, r)
			}
		}
	}
	if len(shared) > 0 {
		c.share(shared, jobs)
	}
}

// share counts the workflow's own reads for every job that has steps: a job that calls a workflow
// doesn't hand its env on.
func (c *collector) share(shared []SecretRead, jobs []*Job) {
	for _, j := range jobs {
		if j.Job.Uses != nil {
			continue
		}
		j.Secrets = slices.Concat(c.copy(j, shared), j.Secrets)
	}
}

// copy counts reads for one more job, within what a scan may copy: beyond it they become one read
// without a name, which nothing can entitle.
func (c *collector) copy(j *Job, reads []SecretRead) []SecretRead {
	if len(reads) <= c.copies {
		c.copies -= len(reads)
		return reads
	}
	c.copies = 0
	c.repo.Skipped = add(c.repo.Skipped, source.Region{Path: j.File.Path, Span: j.Job.ID.Span}, "too many jobs share too many secrets to list them all")
	first := reads[0]
	first.Name = ""
	return []SecretRead{first}
}

func secretRead(f *workflow.File, s *workflow.String, ref *workflow.Ref) (SecretRead, bool) {
	if ref.Context != "secrets" {
		return SecretRead{}, false
	}
	name := secretName(ref)
	if name == githubToken || OnlyCompared(f, ref) {
		return SecretRead{}, false
	}
	r := SecretRead{
		Name: name, Ref: ref, String: s, Step: s.Scope.Step,
		Region: source.Region{Path: f.Path, Span: ref.Span},
	}
	r.Place, r.Under = place(&s.Scope)
	return r, true
}

// OnlyCompared reports whether ref is an operand of == or !=, or negated: what is read then is whether
// the secret is set, not its value.
func OnlyCompared(f *workflow.File, ref *workflow.Ref) bool {
	before := bytes.TrimRight(f.Text.Src[:ref.Span.Start.Offset], " \t\r\n")
	after := bytes.TrimLeft(f.Text.Src[ref.Span.End.Offset:], " \t\r\n")
	return bytes.HasPrefix(after, []byte("==")) || bytes.HasPrefix(after, []byte("!=")) ||
		bytes.HasSuffix(before, []byte("==")) || bytes.HasSuffix(before, []byte("!=")) ||
		bytes.HasSuffix(before, []byte("!"))
}

// place says how the holder of a string comes by what the string reads.
func place(sc *workflow.Scope) (Place, string) {
	key, under := "", ""
	if len(sc.Path) > 0 {
		key, under = sc.Path[0], sc.Path[len(sc.Path)-1]
	}
	switch {
	case key == "env" && sc.Job == nil:
		return WorkflowEnv, under
	case key == "env" && sc.Step == nil:
		return JobEnv, under
	case key == "env":
		return StepEnv, under
	case key == "with" && sc.Step != nil:
		return StepWith, under
	case key == "run" && sc.Step != nil:
		return StepRun, under
	case (key == "container" || key == "services") && sc.Step == nil:
		return Container, under
	case (key == "secrets" || key == "with") && sc.Job != nil && sc.Job.Uses != nil:
		return Handed, under
	}
	return Elsewhere, under
}
