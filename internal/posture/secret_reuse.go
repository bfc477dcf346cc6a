package posture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// secretReuse reports one credential in several places, so that whoever takes it in one has it in all: a token that is
// written out in several jobs, and of stored secrets what the platform tells of whom they reach. Jobs that no exception
// lets read a secret are secret-unentitled's.
func secretReuse(p *Pass) {
	p.reusedTokens()
	if p.Manifest == nil || p.Inventory == nil {
		return
	}
	for _, id := range p.Manifest.ExceptionIDs() {
		e := p.Manifest.Exceptions[id]
		switch e.Store.Kind {
		case manifest.StoreActionsOrg:
			p.judgeReach(id, &e)
		case manifest.StoreActions:
			p.judgeShadows(id, &e)
			p.judgeEnvironments(id, &e)
		}
	}
}

// reportReuse is about an exception's secret, and the platform's word.
func (p *Pass) reportReuse(id string, e *manifest.Exception, severity finding.Severity, kind, message, fix string) {
	pointer := manifest.Pointer("exceptions", id, "store")
	p.ReportLive(finding.Finding{
		Severity: severity, Message: message, Region: p.Manifest.At(pointer), Fix: fix, Owner: e.Owner, Key: kind + " " + pointer,
		Credential: &finding.Credential{Secret: strings.ToUpper(e.Secret)},
	})
}

// judgeReach looks at which repositories an organisation's secret reaches.
func (p *Pass) judgeReach(id string, e *manifest.Exception) {
	s := p.stored(e.Secret, inventory.OfOrganization, "")
	if s == nil {
		return
	}
	const fix = "let the organisation select the repositories that use it, or give this one a secret of its own"
	org, _, _ := strings.Cut(p.Inventory.Repository.Name, "/")
	switch s.Visibility {
	case "all":
		p.reportReuse(id, e, finding.Medium, "all", fmt.Sprintf("secret %s reaches every repository of %s: whoever may push to any of them can read it", s.Name, org), fix)
	case "private":
		p.reportReuse(id, e, finding.Low, "private", fmt.Sprintf("secret %s reaches every private repository of %s: whoever may push to any of them can read it", s.Name, org), fix)
	}
}

// stored is a secret of workflows; nil where the platform has none of that name there.
func (p *Pass) stored(name string, scope inventory.Scope, environment string) *inventory.Secret {
	i := slices.IndexFunc(p.Inventory.Secrets, func(s inventory.Secret) bool {
		return s.Store == inventory.Actions && s.Scope == scope && strings.EqualFold(s.Environment, environment) && strings.EqualFold(s.Name, name) &&
			(scope != inventory.OfOrganization || p.reaches(&s))
	})
	if i < 0 {
		return nil
	}
	return &p.Inventory.Secrets[i]
}

// judgeShadows looks for others of the same name: which one a job reads is decided by where it runs, not by the exception.
func (p *Pass) judgeShadows(id string, e *manifest.Exception) {
	for _, env := range p.readIn(e.Secret) {
		if p.stored(e.Secret, inventory.OfEnvironment, env) == nil || p.excepts(e.Secret, manifest.Store{Kind: manifest.StoreActionsEnv, Name: env}) {
			continue
		}
		message := fmt.Sprintf("environment %q has a secret %s of its own, which its jobs read in place of the repository's: exception %q is of that alone", env, e.Secret, id)
		fix := fmt.Sprintf("add an exception for it with `store: { actions-env: %s }`, or delete the one that isn't meant", env)
		if read, _ := p.Inventory.Has("secrets", ""); read && p.stored(e.Secret, inventory.OfRepository, "") == nil {
			message = fmt.Sprintf("secret %s is kept in environment %q and not in the repository, where exception %q says that it is", e.Secret, env, id)
			fix = fmt.Sprintf("write `store: { actions-env: %s }` there", env)
		}
		p.reportReuse(id, e, finding.Medium, "environment "+strings.ToLower(env), message, fix)
	}
	if p.stored(e.Secret, inventory.OfOrganization, "") != nil && p.stored(e.Secret, inventory.OfRepository, "") != nil &&
		!p.excepts(e.Secret, manifest.Store{Kind: manifest.StoreActionsOrg}) {
		p.reportReuse(id, e, finding.Low, "organization",
			fmt.Sprintf("secret %s of the repository hides one of the same name that the organisation has: once it is deleted, jobs read the organisation's, which no exception registers", e.Secret),
			"give it a name of its own")
	}
}

// excepts reports whether an exception is for a secret of that store.
func (p *Pass) excepts(secret string, store manifest.Store) bool {
	for _, e := range p.Manifest.Exceptions {
		if strings.EqualFold(e.Secret, secret) && e.Store.Kind == store.Kind && strings.EqualFold(e.Store.Name, store.Name) {
			return true
		}
	}
	return false
}

// readIn lists the environments in which jobs read a secret, sorted, as far as they are written out.
func (p *Pass) readIn(secret string) []string {
	var names []string
	for _, j := range p.Usage.Jobs {
		for i := range j.Secrets {
			r := &j.Secrets[i]
			env := j.Environment(r)
			if strings.EqualFold(r.Name, secret) && isLiteral(env) && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, env.Value) }) {
				names = append(names, env.Value)
			}
		}
	}
	slices.Sort(names)
	return names
}

// judgeEnvironments looks for a repository's secret that jobs of several environments read: whoever gets into one of them
// has what opens the others. An environment whose secrets weren't read may have its own.
func (p *Pass) judgeEnvironments(id string, e *manifest.Exception) {
	var shared []string
	for _, name := range p.readIn(e.Secret) {
		env := p.environment(name)
		if env == nil {
			continue
		}
		if read, _ := p.Inventory.Has("environment-secrets", env.Name); read && p.stored(e.Secret, inventory.OfEnvironment, name) == nil {
			shared = append(shared, name)
		}
	}
	if len(shared) < 2 || p.stored(e.Secret, inventory.OfRepository, "") == nil {
		return
	}
	p.reportReuse(id, e, finding.Low, "environments",
		fmt.Sprintf("secret %s of the repository serves environments %s alike: whoever gets into one of them has what opens the others", e.Secret, listed(shared, 4)),
		"make a credential for each environment, and store it there under the same name")
}
