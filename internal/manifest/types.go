package manifest

import "github.com/curfew-ci/curfew/internal/source"

// Path is where a repository keeps its manifest.
const Path = ".github/curfew.yml"

// Manifest is a repository's .github/curfew.yml.
type Manifest struct {
	// Version of the format; 1.
	Version int `yaml:"version" check:"required,min=1,max=1"`
	// Extends names the repository (owner/name) whose curfew/org.yml this manifest may only narrow.
	Extends string `yaml:"extends" check:"repository"`
	// Mode is enforce (default) or observe, in which a scan reports but exits 0.
	Mode Mode `yaml:"mode"`
	// Defaults say once what every grant would otherwise say.
	Defaults *Defaults `yaml:"defaults"`
	// Owners certify identities and get their tickets, by id.
	Owners map[string]Owner `yaml:"owners" check:"key=id"`
	// Identities are the workloads that may hold privilege, by id.
	Identities map[string]Identity `yaml:"identities" check:"key=id"`
	// Exceptions are the only lawful home of a long-lived secret, by id.
	Exceptions map[string]Exception `yaml:"exceptions" check:"key=id"`
	// BreakGlass is emergency access, by id.
	BreakGlass map[string]BreakGlass `yaml:"break-glass" check:"key=id"`

	where positions
}

// At is where the value at a JSON Pointer (RFC 6901) stands, for example
// "/identities/deploy/claims/repository_id"; for a pointer that isn't there, the nearest parent that
// is. What a grant has from defaults stands where the defaults say it.
func (m *Manifest) At(pointer string) source.Region { return m.where.at(pointer, false) }

// KeyAt is At for the key that introduces the value.
func (m *Manifest) KeyAt(pointer string) source.Region { return m.where.at(pointer, true) }

// Mode says whether findings fail a scan.
type Mode string

// The modes.
const (
	Enforce Mode = "enforce"
	Observe Mode = "observe"
)

// Values are the modes.
func (Mode) Values() []string { return values(Enforce, Observe) }

// Defaults hold for every grant that doesn't say the same itself; in both places is an error.
type Defaults struct {
	// Narrow is an inline session policy's path, or none.
	Narrow *Narrow `yaml:"narrow"`
	// Limits bound concurrent and daily leases, or none.
	Limits *Limits `yaml:"limits"`
	// TTL is how long a lease lives.
	TTL *Duration `yaml:"ttl"`
}

// Owner answers for identities and exceptions.
type Owner struct {
	// Team is a GitHub team, "@org/team".
	Team string `yaml:"team" check:"team,one=owner"`
	// Person is a GitHub user, "@name"; either team or person.
	Person string `yaml:"person" check:"person,one=owner"`
	// Escalate is who hears of a missed deadline.
	Escalate string `yaml:"escalate" check:"handle"`
	// Tickets says where the owner's tickets go; issues of this repository unless said.
	Tickets *OwnerTickets `yaml:"tickets"`
}

// OwnerTickets is one ticket system and its project.
type OwnerTickets struct {
	// Jira project key.
	Jira string `yaml:"jira" check:"jira-project,one=system"`
	// ServiceNow assignment group.
	ServiceNow string `yaml:"servicenow" check:"group,one=system"`
	// GitHub repository, owner/name.
	GitHub string `yaml:"github" check:"repository,one=system"`
}

// values lists the members of an enumeration as text.
func values[T ~string](members ...T) []string {
	out := make([]string, len(members))
	for i, m := range members {
		out[i] = string(m)
	}
	return out
}
