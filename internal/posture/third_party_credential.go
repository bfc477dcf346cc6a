package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// thirdPartyCredential reports stored credentials that are handed to an action, image or workflow of
// somebody who is neither the repository's own organisation nor the one whose service the credential
// opens, unless an exception of the job's identity registers the secret.
func thirdPartyCredential(p *Pass) {
	type handed struct {
		at source.Region
		to string
	}
	accounts := p.ownAccounts()
	seen := map[handed]bool{}
	for _, j := range p.Usage.Jobs {
		for i := range j.Given {
			g := &j.Given[i]
			if !accounts.foreign(g.To) || isIdentifierInput(g) {
				continue
			}
			k := handed{g.Input.Region, g.To.Value.Value}
			for _, name := range g.Input.Secrets {
				stored := j.Stored(name)
				if seen[k] || name == "" || len(stored) == 0 || rules.NamesIdentifier(stored[0]) || p.excepted(j, stored) {
					continue
				}
				seen[k] = p.reportGiven(j, g, stored[0])
			}
		}
	}
}

// accounts are those, lower case, whose actions aren't a third party's.
type accounts struct {
	names []string
	known bool // who owns this repository is among them
}

// ownAccounts lists GitHub's own accounts and, as far as the facts tell, the repository's.
func (p *Pass) ownAccounts() accounts {
	out := accounts{names: []string{"actions", "github"}}
	add := func(name string) {
		if account, _, ok := strings.Cut(strings.TrimPrefix(name, "@"), "/"); ok && account != "" {
			out.names = append(out.names, strings.ToLower(account))
			out.known = true
		}
	}
	add(p.Repository)
	if p.Policy != nil {
		add(p.Policy.Organization.Name + "/")
	}
	if p.Manifest == nil {
		return out
	}
	add(p.Manifest.Extends)
	for _, o := range p.Manifest.Owners {
		add(o.Team)
	}
	for _, id := range p.Manifest.Identities {
		for _, ref := range id.Claims["job_workflow_ref"].Any {
			add(ref)
		}
	}
	return out
}

// foreign reports whether u is somebody else's. Reusable workflows mostly are of one's own account: where
// that isn't known, nothing is said of them.
func (a accounts) foreign(u *workflow.Uses) bool {
	switch u.Kind {
	case workflow.UsesRemote:
		return !slices.Contains(a.names, strings.ToLower(u.Owner)) && (a.known || !isReusable(u))
	case workflow.UsesDocker:
		return true
	}
	return false
}

func isReusable(u *workflow.Uses) bool { return strings.HasPrefix(u.Path, ".github/workflows/") }

func isIdentifierInput(g *usage.Given) bool {
	return g.Known != nil && containsFold(g.Known.Identifiers, g.Input.Name)
}

func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

// reportGiven reports that secret is given away; false where the receiver is who it is for.
func (p *Pass) reportGiven(j *usage.Job, g *usage.Given, secret string) bool {
	service := p.serviceOf(g, secret)
	if p.belongs(g, service, secret) {
		return false
	}
	documented := isDocumented(g)
	f := finding.Finding{
		Severity:   givenSeverity(service, documented),
		Region:     g.Input.Region,
		Label:      fmt.Sprintf("job %q", j.Job.ID.Value),
		Job:        j.Job.ID.Value,
		Fix:        givenFix(g, service, secret),
		Flow:       flow("secret "+secret, g.Input.Region, j, j.File, nil),
		Key:        "job " + j.Job.ID.Value + " " + receiver(g.To) + " " + g.Input.Name + " " + secret,
		Credential: &finding.Credential{Secret: secret},
	}
	f.Flow = append(f.Flow, finding.Step{Message: receiver(g.To), Region: g.At})
	what := secret
	if service != nil {
		what = service.Title + " credential " + secret
	}
	f.Message = fmt.Sprintf("%s is handed to %s, %s", what, receiver(g.To), whose(g, documented))
	p.Report(f)
	return true
}

// belongs reports whether a secret goes to whom it is for: whose service it opens, whose action documents
// the input for it, or whose name it bears.
func (p *Pass) belongs(g *usage.Given, service *rules.Service, secret string) bool {
	return service != nil && service.Owns(g.To.Owner) || bearsName(secret, g.To) ||
		g.Known != nil && containsFold(g.Known.Credentials, g.Input.Name) && g.Known.Service.Owns(g.To.Owner)
}

// isDocumented reports whether the receiver is known to take a credential this way.
func isDocumented(g *usage.Given) bool {
	return g.Known != nil && (g.Known.RunsCommands || containsFold(g.Known.Credentials, g.Input.Name) || containsFold(g.Known.GitHubToken, g.Input.Name))
}

// serviceOf is whose credential a secret is: by the variable that carries it, by its name, or by the
// input of a known action.
func (p *Pass) serviceOf(g *usage.Given, secret string) *rules.Service {
	if v := p.Usage.Known.Variable(g.Input.Name); v != nil {
		return v.Service
	}
	if s := p.Usage.Known.ByName(secret); s != nil {
		return s
	}
	if g.Known != nil && containsFold(g.Known.Credentials, g.Input.Name) {
		return g.Known.Service
	}
	return nil
}

// givenSeverity weighs what a credential opens, and whether the receiver is known to need one.
func givenSeverity(service *rules.Service, documented bool) finding.Severity {
	strong := service != nil && service.Kind.Strong()
	switch {
	case strong && !documented:
		return finding.High
	case strong || !documented:
		return finding.Medium
	}
	return finding.Low
}

// bearsName reports whether a secret is named after the account or repository that receives it: FOO_KEY
// for foo/action. Short words say too little.
func bearsName(secret string, to *workflow.Uses) bool {
	const enough = 4
	receiver := strings.ToUpper(plainName(to.Owner) + " " + plainName(to.Repo))
	for _, word := range strings.FieldsFunc(secret, func(r rune) bool { return r == '_' }) {
		if len(word) >= enough && !slices.Contains(commonWords(), word) && strings.Contains(receiver, word) {
			return true
		}
	}
	return false
}

func plainName(s string) string { return strings.NewReplacer("-", "", "_", "", ".", "").Replace(s) }

// commonWords are parts of secrets' names that say nothing of whose they are.
func commonWords() []string {
	return []string{
		"TOKEN", "SECRET", "SECRETS", "ACCESS", "PRIVATE", "PUBLIC", "PASSWORD", "CREDENTIALS", "AUTH", "DEPLOY", "RELEASE",
		"PROD", "TEST", "BUILD", "PUBLISH", "UPLOAD", "ACTION", "ACTIONS", "GITHUB", "REPO", "CLOUD", "SERVICE", "WEBHOOK",
		"WORKFLOW", "BRANCH", "PULL", "REQUEST", "COMMENT", "ISSUE", "ISSUES", "SETUP", "CACHE", "DOCKER", "DOCS", "PAGES", "READ", "WRITE",
	}
}

func receiver(u *workflow.Uses) string {
	name, _, _ := strings.Cut(u.Value.Value, "@")
	return name
}

func whose(g *usage.Given, documented bool) string {
	switch {
	case g.To.Kind == workflow.UsesDocker:
		return "an image of somebody else"
	case isReusable(g.To):
		return "a workflow of " + g.To.Owner
	case g.Known != nil && g.Known.RunsCommands:
		return "an action of " + g.To.Owner + " that runs commands with it"
	case documented:
		return "an action of " + g.To.Owner + " that documents it"
	}
	return "an action of " + g.To.Owner + " that isn't known to need it"
}

// loginInstead is how to log in without the credential that g carries, where it is one that the action logs in by.
func loginInstead(g *usage.Given) string {
	if g.Known == nil {
		return ""
	}
	for _, l := range g.Known.Logins {
		if containsFold(l.Static, g.Input.Name) {
			return l.Instead
		}
	}
	return ""
}

func givenFix(g *usage.Given, service *rules.Service, secret string) string {
	fix := "do it by a script of your own"
	switch {
	case isReusable(g.To):
		fix = "do it by a workflow of your own"
	case loginInstead(g) != "":
		fix = loginInstead(g)
	case service != nil && service.Instead != "":
		fix = service.Instead
	case service != nil && len(service.Owners) > 0:
		fix = "do it by " + service.Title + "'s own tools"
	}
	if !g.To.Pinned() && g.To.Kind == workflow.UsesRemote {
		fix += "; at least pin " + receiver(g.To) + " to a commit"
	}
	return fix + fmt.Sprintf("; or register %s as an exception of the job's identity, with an owner and an end", secret)
}
