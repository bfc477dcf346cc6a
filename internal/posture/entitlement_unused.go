package posture

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/usage"
)

// entitlementUnused reports what the manifest grants and no workflow uses: identities that run as jobs
// that don't exist, token levels and secrets beyond what their jobs have. What can't be told from files
// (a token of the default size, secrets read by computed names) is left alone; exceptions that nothing
// reads at all are exception-fault's.
func entitlementUnused(p *Pass) {
	if p.Manifest == nil {
		return
	}
	byIdentity := p.jobsByIdentity()
	for _, id := range p.Manifest.IdentityIDs() {
		identity := p.Manifest.Identities[id]
		jobs := byIdentity[id]
		if p.reportGone(id, &identity, len(jobs) > 0) {
			continue
		}
		p.unusedToken(id, &identity, jobs)
		p.unusedSecrets(id, &identity, jobs)
	}
}

// jobsByIdentity lists, by identity, the jobs that its runs-as names.
func (p *Pass) jobsByIdentity() map[string][]*usage.Job {
	out := map[string][]*usage.Job{}
	for _, j := range p.Usage.Jobs {
		for _, m := range p.own(j) {
			out[m.ID] = append(out[m.ID], j)
		}
	}
	return out
}

// reportGone reports the names in runs-as that no workflow has; true where nothing else can be judged.
func (p *Pass) reportGone(id string, identity *manifest.Identity, live bool) bool {
	workflows := p.workflowsOf(&identity.RunsAs.Workflow)
	if workflows == nil {
		return true // a workflow that can't be read, or another platform's
	}
	var gone []string
	for _, path := range identity.RunsAs.Workflow.Any {
		if !slices.Contains(workflows, path) {
			gone = append(gone, "workflow "+path)
		}
	}
	for _, name := range identity.RunsAs.Job.Any {
		if len(workflows) > 0 && !p.hasJob(workflows, name) {
			gone = append(gone, fmt.Sprintf("job %q of %s", name, listed(workflows, 2)))
		}
	}
	if !live && len(gone) == 0 {
		gone = []string{"any job: its pattern matches none"}
	}
	if len(gone) > 0 {
		p.reportUnused(id, "runs-as", fmt.Sprintf("identity %q runs as %s, which isn't there", id, listed(gone, 3)),
			"remove the identity, or write the names of today's workflow and job")
	}
	return !live
}

// workflowsOf lists the workflows of the repository that m names; nil where that can't be told.
func (p *Pass) workflowsOf(m *manifest.Match) []string {
	out := []string{}
	for _, f := range p.Files {
		if !strings.HasPrefix(f.Path, ".github/workflows/") || !m.Matches(f.Path) {
			continue
		}
		if f.Workflow == nil {
			return nil
		}
		out = append(out, f.Path)
	}
	for _, path := range m.Any {
		if !strings.HasPrefix(path, ".github/workflows/") || slices.Contains(p.Unread, path) {
			return nil
		}
	}
	return out
}

func (p *Pass) hasJob(workflows []string, name string) bool {
	return slices.ContainsFunc(p.Usage.Jobs, func(j *usage.Job) bool {
		return j.Job.ID.Value == name && slices.Contains(workflows, j.File.Path)
	})
}

// unusedToken reports scopes whose level no job of the identity has.
func (p *Pass) unusedToken(id string, identity *manifest.Identity, jobs []*usage.Job) {
	if slices.ContainsFunc(jobs, func(j *usage.Job) bool { return !j.Token.Declared }) {
		return
	}
	scopes := make([]string, 0, len(identity.Token))
	for scope := range identity.Token {
		scopes = append(scopes, scope)
	}
	slices.Sort(scopes)
	for _, scope := range scopes {
		granted, used := identity.Token[scope], manifest.Access("")
		for _, j := range jobs {
			if level := manifest.Access(j.Token.Level(scope)); level != "" && !used.Covers(level) {
				used = level
			}
		}
		if used.Covers(granted) {
			continue
		}
		message := fmt.Sprintf("identity %q is granted %s: %s, which %s have", id, scope, granted, dont(jobs))
		fix := fmt.Sprintf("remove `%s` from `token:`", scope)
		if used != "" {
			message = fmt.Sprintf("identity %q is granted %s: %s, of which %s %s only %s", id, scope, granted, jobNames(jobs), has(jobs), used)
			fix = fmt.Sprintf("write `%s: %s`", scope, used)
		}
		p.reportUnused(id, manifest.Pointer("token", scope)[1:], message, fix)
	}
}

// unusedSecrets reports exceptions that an identity lists and its jobs don't read.
func (p *Pass) unusedSecrets(id string, identity *manifest.Identity, jobs []*usage.Job) {
	read := map[string]bool{}
	for _, j := range jobs {
		for i := range j.Secrets {
			if j.Secrets[i].Name == "" {
				return
			}
			read[j.Secrets[i].Name] = true
		}
	}
	for i, name := range identity.Secrets {
		e, ok := p.Manifest.Exceptions[name]
		if !ok || !ofActions(e.Store) || read[strings.ToUpper(e.Secret)] || p.provenUnused(&e) {
			continue
		}
		p.reportUnused(id, "secrets/"+strconv.Itoa(i),
			fmt.Sprintf("identity %q may read %s, which %s read", id, e.Secret, dont(jobs)),
			fmt.Sprintf("remove %s from `secrets:` of identity %q", name, id))
	}
}

func ofActions(s manifest.Store) bool {
	return s.Kind == manifest.StoreActions || s.Kind == manifest.StoreActionsEnv || s.Kind == manifest.StoreActionsOrg
}

// dont is `job "a" doesn't` or `jobs "a" and "b" don't`.
func dont(jobs []*usage.Job) string {
	if len(jobs) == 1 {
		return jobNames(jobs) + " doesn't"
	}
	return jobNames(jobs) + " don't"
}

// reportUnused reports the part of an identity that a relative pointer names.
func (p *Pass) reportUnused(id, part, message, fix string) {
	pointer := manifest.Pointer("identities", id) + "/" + part
	p.Report(finding.Finding{
		Message: message, Region: p.Manifest.At(pointer), Fix: fix,
		Owner: p.Manifest.Identities[id].Owner, Identity: id, Label: fmt.Sprintf("identity %q", id),
		Key: pointer,
	})
}
