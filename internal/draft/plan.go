package draft

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/ownership"
	"github.com/curfew-ci/curfew/internal/usage"
)

// plan is a manifest before it is text.
type plan struct {
	owners     []*owner
	identities []*identity
	exceptions []*exception
}

type owner struct {
	id     string
	handle string // "@org/team" or "@user"
	guess  string // why it needs review, "" where CODEOWNERS says it
}

type identity struct {
	id          string
	owner       *owner
	purpose     string
	workflow    string
	jobs        []string
	environment string
	token       map[string]string // scope to read or write
	tokenGuess  string
	secrets     []string // exception ids
	grants      []*grant
	notes       []string // logins that could not be written down
}

type exception struct {
	id     string
	secret string
	owner  *owner
}

// planner builds a plan; the maps answer what has been planned already.
type planner struct {
	plan
	in      Input
	code    *ownership.File
	ids     map[string]bool
	byOwner map[string]*owner
	bySec   map[string]*exception
	byClaim map[string]*identity // identities with grants, by what their claims will say
}

func newPlan(in Input, code *ownership.File) *plan {
	p := &planner{
		in: in, code: code,
		ids: map[string]bool{}, byOwner: map[string]*owner{},
		bySec: map[string]*exception{}, byClaim: map[string]*identity{},
	}
	for _, job := range in.Usage.Jobs {
		if job.NeedsIdentity() {
			p.job(job)
		}
	}
	slices.SortFunc(p.exceptions, func(a, b *exception) int { return cmp.Compare(a.id, b.id) })
	return &p.plan
}

// job adds what one job needs. Jobs that log in somewhere and whose OIDC tokens can't be told apart
// (same workflow, same environment) become one identity: two would share their grants anyway.
func (p *planner) job(j *usage.Job) {
	wf, id := j.File.Path, j.Job.ID.Value
	grants, notes := grantsOf(j)
	env := environmentOf(j)
	claim := wf + "\x00" + env
	it := p.byClaim[claim]
	if it == nil || len(grants) == 0 {
		it = &identity{
			id: p.unique(identityName(j)), owner: p.owner(wf), purpose: purposeOf(j),
			workflow: wf, environment: env, token: map[string]string{},
		}
		p.identities = append(p.identities, it)
		if len(grants) > 0 {
			p.byClaim[claim] = it
		}
	}
	it.jobs = append(it.jobs, id)
	it.addToken(j.Token)
	it.addGrants(grants)
	it.notes = append(it.notes, notes...)
	for _, s := range j.Secrets {
		if s.Name == "" {
			continue // the whole context or a computed name: nothing a manifest could name
		}
		e := p.exception(s.Name, it.owner)
		if !slices.Contains(it.secrets, e.id) {
			it.secrets = append(it.secrets, e.id)
		}
	}
	slices.Sort(it.secrets)
}

func (p *planner) owner(path string) *owner {
	handle := ownerOf(p.code, path)
	if o := p.byOwner[handle]; o != nil {
		return o
	}
	o := &owner{handle: handle}
	if handle == "" {
		org, _, _ := strings.Cut(cmp.Or(p.in.Repository, "OWNER/NAME"), "/")
		o.handle, o.guess = "@"+org+"/TEAM", "CODEOWNERS names nobody for these workflows"
		o.id = "unassigned"
	} else {
		_, name, found := strings.Cut(handle, "/")
		if !found {
			name = strings.TrimPrefix(handle, "@")
		}
		o.id = slug(name)
	}
	base := cmp.Or(o.id, "owner")
	o.id = base
	for i := 2; slices.ContainsFunc(p.owners, func(x *owner) bool { return x.id == o.id }); i++ {
		o.id = numbered(base, i)
	}
	p.byOwner[handle] = o
	p.owners = append(p.owners, o)
	return o
}

func (p *planner) exception(secret string, o *owner) *exception {
	if e := p.bySec[secret]; e != nil {
		return e
	}
	base := cmp.Or(slug(secret), "secret")
	e := &exception{id: base, secret: secret, owner: o}
	for i := 2; slices.ContainsFunc(p.exceptions, func(x *exception) bool { return x.id == e.id }); i++ {
		e.id = numbered(base, i)
	}
	p.bySec[secret] = e
	p.exceptions = append(p.exceptions, e)
	return e
}

// unique returns name, or name-2, name-3 … where it is taken.
func (p *planner) unique(name string) string {
	base := cmp.Or(slug(name), "job")
	id := base
	for i := 2; p.ids[id]; i++ {
		id = numbered(base, i)
	}
	p.ids[id] = true
	return id
}

// identityName is the workflow's name alone where it has one job, else workflow and job.
func identityName(j *usage.Job) string {
	base := path.Base(j.File.Path)
	base = strings.TrimSuffix(base, path.Ext(base))
	if len(j.File.Workflow.Jobs) == 1 {
		return base
	}
	return base + "-" + j.Job.ID.Value
}

func purposeOf(j *usage.Job) string {
	wf, job := j.File.Workflow.Name, j.Job.Name
	purpose := path.Base(j.File.Path)
	if wf.Present() && !strings.Contains(wf.Value, "${{") {
		purpose = wf.Value
	}
	name := j.Job.ID.Value
	if job.Present() && !strings.Contains(job.Value, "${{") {
		name = job.Value
	}
	return purpose + ": " + name
}

// environmentOf is the job's deployment environment where it is a literal.
func environmentOf(j *usage.Job) string {
	if j.Job.Environment == nil || !j.Job.Environment.Name.Present() || len(j.Job.Environment.Name.Refs) > 0 {
		return ""
	}
	return j.Job.Environment.Name.Value
}

func (it *identity) addGrants(grants []*grant) {
	for _, g := range grants {
		if !slices.ContainsFunc(it.grants, g.same) {
			base := cmp.Or(slug(it.environment), g.provider)
			g.id = base
			for i := 2; slices.ContainsFunc(it.grants, func(x *grant) bool { return x.id == g.id }); i++ {
				g.id = numbered(base, i)
			}
			it.grants = append(it.grants, g)
		}
	}
}

func (it *identity) addToken(t usage.Token) {
	if !t.Declared {
		it.tokenGuess = "the workflow declares no permissions; what its token may do is the platform's default"
		return
	}
	for _, s := range t.Levels() {
		if it.token[s.Name] != "write" {
			it.token[s.Name] = s.Level
		}
	}
}
