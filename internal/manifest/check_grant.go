package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The terms that AWS STS takes for AssumeRoleWithWebIdentity
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html).
const (
	awsLeast = Duration(900 * time.Second)
	awsMost  = Duration(12 * time.Hour)
)

func (d *decoder) checkGrant(m *Manifest, ptr string, g *Grant) {
	d.applyDefaults(m, ptr, g)
	if g.TTL != nil {
		d.checkAWSTerm(g, *g.TTL, ptr+"/ttl")
		d.checkCloudTerm(g, *g.TTL, ptr+"/ttl")
	}
	d.checkAWSRole(g, ptr)
	d.checkIndex(g, ptr)
	d.checkVariables(ptr, g)
	if g.When != nil {
		d.checkTrigger(ptr+"/when", g.When)
	}
}

// applyDefaults fills what the grant leaves to the manifest's defaults, and lets its pointers lead
// there. What neither says is missing; what both say is one too many, since a reader could take either.
func (d *decoder) applyDefaults(m *Manifest, ptr string, g *Grant) {
	def := m.Defaults
	if def == nil {
		def = &Defaults{}
	}
	inherit(d, ptr, "ttl", &g.TTL, def.TTL, "15m")
	inherit(d, ptr, "narrow", &g.Narrow, def.Narrow, none)
	inherit(d, ptr, "limits", &g.Limits, def.Limits, none)
}

func inherit[T any](d *decoder, ptr, name string, own **T, def *T, example string) {
	here, there := ptr+Pointer(name), "/defaults"+Pointer(name)
	switch {
	case d.has(here) && d.has(there):
		d.failKey(here, d.subject(here)+" stands in the defaults too: expected it in one place",
			"remove it here or from the defaults")
	case d.has(here):
	case d.has(there):
		*own = new(T)
		**own = *def
		d.where.alias(here, there)
	default:
		d.failKey(ptr, d.subject(ptr)+" lacks "+quote(name)+": expected it here or in the defaults",
			"add "+name+": "+example)
	}
}

// checkAWSTerm refuses terms that STS would: rounding up in silence would outlive the grant.
func (d *decoder) checkAWSTerm(g *Grant, ttl Duration, ptr string) {
	if g.AWS == nil || ttl == 0 || awsLeast <= ttl && ttl <= awsMost {
		return
	}
	d.failAt(ptr, fmt.Sprintf("%s is %s: expected 15m to 12h, which is what AWS issues", d.subject(ptr), ttl),
		"write 15m and let the lease's end revoke it")
}

// amazonRole is the ARN of a role in an account of Amazon's.
var amazonRole = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/`)

// checkAWSRole refuses a role that Amazon can't have where no other server is named.
func (d *decoder) checkAWSRole(g *Grant, ptr string) {
	if g.AWS == nil || g.AWS.Role == "" || g.AWS.Endpoint != "" || amazonRole.MatchString(g.AWS.Role) {
		return
	}
	d.failAt(ptr+"/aws/role", d.subject(ptr+"/aws/role")+" is no role of an account of Amazon's, and no other server is named",
		"write it like arn:aws:iam::123456789012:role/deploy, or give the endpoint of the server that has it")
}

// checkIndex asks for the audience of an index that isn't PyPI's: by a token for PyPI's it could publish there.
func (d *decoder) checkIndex(g *Grant, ptr string) {
	if g.PyPI == nil || g.PyPI.Endpoint == "" || g.PyPI.Audience != "" || slices.Contains([]string{"https://pypi.org", "https://test.pypi.org"}, strings.TrimRight(g.PyPI.Endpoint, "/")) {
		return
	}
	d.failKey(ptr+"/pypi/endpoint", d.subject(ptr+"/pypi/endpoint")+" is of an index whose audience isn't known: expected audience: beside it",
		"give the audience that the index tells at /_/oidc/audience, if it is its own")
}

// checkVariables refuses two credentials in one variable.
func (d *decoder) checkVariables(ptr string, g *Grant) {
	tables := map[string]map[string]string{g.Provider() + "/names": g.HandOver().Names}
	if g.Vault != nil {
		tables["vault/read"] = g.Vault.Read
	}
	first := map[string]string{}
	for _, table := range []string{g.Provider() + "/names", "vault/read"} {
		at := ptr + "/" + table
		for _, key := range inOrder(d.where, tables[table], at) {
			variable := tables[table][key]
			if other, ok := first[variable]; ok {
				d.failAt(at+Pointer(key), quote(variable)+" receives "+quote(other)+" already: expected a variable for each",
					"give one of them another name")
				continue
			}
			first[variable] = key
		}
	}
}

// HandOver is the part that all providers have.
func (g *Grant) HandOver() HandOver {
	switch {
	case g.AWS != nil:
		return g.AWS.HandOver
	case g.GCP != nil:
		return g.GCP.HandOver
	case g.Azure != nil:
		return g.Azure.HandOver
	case g.Vault != nil:
		return g.Vault.HandOver
	case g.GitHub != nil:
		return g.GitHub.HandOver
	case g.OAuth != nil:
		return g.OAuth.HandOver
	case g.Kubernetes != nil:
		return g.Kubernetes.HandOver
	}
	for _, r := range []*Registry{g.NPM, g.PyPI, g.Crates} {
		if r != nil {
			return r.HandOver
		}
	}
	return HandOver{}
}

// checkTrigger checks a ticket's project against what its system calls a project.
func (d *decoder) checkTrigger(ptr string, w *When) {
	if t := w.Ticket; t != nil {
		d.formAt(ptr+"/ticket/project", t.Project, projectForm(t.System))
	}
	for i := range w.Any {
		d.checkTrigger(ptr+Pointer("any", strconv.Itoa(i)), &w.Any[i])
	}
	for i := range w.All {
		d.checkTrigger(ptr+Pointer("all", strconv.Itoa(i)), &w.All[i])
	}
}

// projectForm names the form of a project in a ticket system.
func projectForm(s TicketSystem) string {
	switch s {
	case SystemGitHub:
		return "repository"
	case SystemJira:
		return "jira-project"
	}
	return "text"
}

// keys are the names in a map, sorted.
func keys[V any](m map[string]V) []string { return inOrder(positions{}, m, "") }

// grantNames are identity/grant for all grants, sorted.
func grantNames(m *Manifest) []string {
	var out []string
	for _, id := range keys(m.Identities) {
		for _, grant := range keys(m.Identities[id].Grants) {
			out = append(out, id+"/"+grant)
		}
	}
	return out
}

// parent is the pointer of the list or mapping that holds ptr.
func parent(ptr string) string {
	if i := strings.LastIndexByte(ptr, '/'); i >= 0 {
		return ptr[:i]
	}
	return ""
}
