package manifest

import (
	"time"

	"github.com/curfew-ci/curfew/internal/source"
)

// Path is where a repository keeps its manifest.
const Path = ".github/curfew.yml"

// Manifest is a repository's .github/curfew.yml.
type Manifest struct {
	// Version of the format; 1.
	Version int `yaml:"version"`
	// Extends names the repository (owner/name) whose curfew/org.yml this manifest may only narrow.
	Extends string `yaml:"extends"`
	// Mode is enforce (default) or observe, in which a scan reports but exits 0.
	Mode Mode `yaml:"mode"`
	// Defaults say once what every grant would otherwise say.
	Defaults *Defaults `yaml:"defaults"`
	// Owners certify identities and get their tickets, by id.
	Owners map[string]Owner `yaml:"owners"`
	// Identities are the workloads that may hold privilege, by id.
	Identities map[string]Identity `yaml:"identities"`
	// Exceptions are the only lawful home of a long-lived secret, by id.
	Exceptions map[string]Exception `yaml:"exceptions"`
	// BreakGlass is emergency access, by id.
	BreakGlass map[string]BreakGlass `yaml:"break-glass"`

	where positions
}

// Mode says whether findings fail a scan.
type Mode string

// The modes.
const (
	Enforce Mode = "enforce"
	Observe Mode = "observe"
)

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
	Team string `yaml:"team"`
	// Person is a GitHub user, "@name"; either team or person.
	Person string `yaml:"person"`
	// Escalate is who hears of a missed deadline.
	Escalate string `yaml:"escalate"`
	// Tickets says where the owner's tickets go; issues of this repository unless said.
	Tickets *OwnerTickets `yaml:"tickets"`
}

// OwnerTickets is one ticket system and its project.
type OwnerTickets struct {
	// Jira project key.
	Jira string `yaml:"jira"`
	// ServiceNow assignment group.
	ServiceNow string `yaml:"servicenow"`
	// GitHub repository, owner/name.
	GitHub string `yaml:"github"`
}

// Kind is what sort of identity it is.
type Kind string

// The kinds.
const (
	Workload       Kind = "workload"
	ServiceAccount Kind = "service-account"
	Contractor     Kind = "contractor"
	AIAgent        Kind = "ai-agent"
)

// Privilege orders identities for ceilings and review.
type Privilege string

// The privileges, the highest first.
const (
	PrivilegeCritical Privilege = "critical"
	PrivilegeHigh     Privilege = "high"
	PrivilegeMedium   Privilege = "medium"
	PrivilegeLow      Privilege = "low"
)

// Rank orders privileges: 4 for critical down to 1 for low, 0 for none.
func (p Privilege) Rank() int {
	switch p {
	case PrivilegeCritical:
		return 4
	case PrivilegeHigh:
		return 3
	case PrivilegeMedium:
		return 2
	case PrivilegeLow:
		return 1
	}
	return 0
}

// Identity is one workload and what it is entitled to.
type Identity struct {
	// Owner is the id of an owner.
	Owner string `yaml:"owner"`
	// Purpose says in words what the identity is for.
	Purpose string `yaml:"purpose"`
	// Kind is workload unless said.
	Kind Kind `yaml:"kind"`
	// Privilege sets review cadence and ceilings; required where there are grants.
	Privilege Privilege `yaml:"privilege"`
	// Expires is the last day on which the identity holds, "YYYY-MM-DD".
	Expires Date `yaml:"expires"`
	// Sponsor answers for a contractor; required for kind contractor, refused otherwise.
	Sponsor *Sponsor `yaml:"sponsor"`
	// RunsAs is where the identity lives in this repository: what a scan matches. Proves nothing at issue.
	RunsAs RunsAs `yaml:"runs-as"`
	// Claims is what the job's OIDC token must prove: every claim listed must match.
	Claims map[string]Match `yaml:"claims"`
	// Token is the ceiling for the job's GITHUB_TOKEN: scope to read or write. Absent is {}.
	Token map[string]Access `yaml:"token"`
	// Secrets are the ids of exceptions that this identity's job may read.
	Secrets []string `yaml:"secrets"`
	// Grants are what a lease may be issued for, by id.
	Grants map[string]Grant `yaml:"grants"`
}

// RunsAs names jobs of this repository's workflows.
type RunsAs struct {
	// Workflow is a path from the repository's root.
	Workflow Match `yaml:"workflow"`
	// Job is a job's id in that workflow.
	Job Match `yaml:"job"`
}

// Access is a level of a GITHUB_TOKEN permission.
type Access string

// The levels.
const (
	Read  Access = "read"
	Write Access = "write"
)

// Covers reports whether a includes level: write includes read.
func (a Access) Covers(level Access) bool { return a == level || a == Write && level == Read }

// Sponsor is the employee who answers for a contractor.
type Sponsor struct {
	// Person is a GitHub user, "@name".
	Person string `yaml:"person"`
	// Company that the contractor works for.
	Company string `yaml:"company"`
	// Ends is the last day of the engagement, "YYYY-MM-DD".
	Ends Date `yaml:"ends"`
}

// Match is a literal, a list (any of), or {glob: PATTERN}: the only pattern there is. "*" crosses
// neither "/" nor ":".
type Match struct {
	Any  []string // literals; one for a plain value
	Glob string   // "" unless a pattern
}

// Date is a calendar day in UTC, "YYYY-MM-DD", quoted.
type Date struct{ day time.Time }

// Duration is a number and a unit: 15m, 24h, 90d.
type Duration time.Duration

// Narrow is a session policy's path from the repository's root, or none.
type Narrow struct {
	None bool
	File string
}

// Limits bound how many leases may exist, or none.
type Limits struct {
	None bool `yaml:"-"`
	// Concurrent leases alive at one time.
	Concurrent int `yaml:"concurrent"`
	// PerDay leases in any 24 hours.
	PerDay int `yaml:"per-day"`
}

// Exception registers one long-lived secret.
type Exception struct {
	// Secret is its name in the store.
	Secret string `yaml:"secret"`
	// Store is where it is kept.
	Store Store `yaml:"store"`
	// Owner is the id of an owner.
	Owner string `yaml:"owner"`
	// Reason why no short-lived credential will do.
	Reason string `yaml:"reason"`
	// AcceptedBy is the person who accepts the risk, "@name".
	AcceptedBy string `yaml:"accepted-by"`
	// RotateEvery bounds the secret's age.
	RotateEvery Duration `yaml:"rotate-every"`
	// Expires is the last day on which the exception holds, "YYYY-MM-DD".
	Expires Date `yaml:"expires"`
}

// StoreKind is where a secret is kept.
type StoreKind string

// The stores.
const (
	StoreActions    StoreKind = "actions"
	StoreActionsEnv StoreKind = "actions-env"
	StoreActionsOrg StoreKind = "actions-org"
	StoreDependabot StoreKind = "dependabot"
	StoreCodespaces StoreKind = "codespaces"
	StoreFile       StoreKind = "file"
)

// Store is actions | {actions-env: NAME} | actions-org | dependabot | codespaces | {file: PATH}.
type Store struct {
	Kind StoreKind
	Name string // the environment's name or the file's path
}

// BreakGlass is emergency access to grants.
type BreakGlass struct {
	// Grants are identity/grant.
	Grants []string `yaml:"grants"`
	// Activators are users and teams who may break the glass.
	Activators []string `yaml:"activators"`
	// Requires names what must be given: incident, reason.
	Requires []string `yaml:"requires"`
	// TTL of the emergency lease.
	TTL Duration `yaml:"ttl"`
	// MaxUses bounds uses in a period.
	MaxUses MaxUses `yaml:"max-uses"`
	// Review that must follow.
	Review Review `yaml:"review"`
}

// MaxUses is a count in a period.
type MaxUses struct {
	// Count of uses.
	Count int `yaml:"count"`
	// Per is the period.
	Per Duration `yaml:"per"`
}

// Review is the review that must follow a use of break-glass.
type Review struct {
	// Within is the deadline.
	Within Duration `yaml:"within"`
	// By is who reviews; never the activator.
	By string `yaml:"by"`
	// OnMissed is what a missed deadline does: suspend.
	OnMissed Missed `yaml:"on-missed"`
}

// Missed is what a missed review does.
type Missed string

// MissedSuspend suspends the identities whose grants were used.
const MissedSuspend Missed = "suspend"

// At is where the value at a JSON Pointer (RFC 6901) stands, for example
// "/identities/deploy/claims/repository_id"; for a pointer that isn't there, the nearest parent that is.
func (m *Manifest) At(pointer string) source.Region { return m.where.at(pointer, false) }

// KeyAt is At for the key that introduces the value.
func (m *Manifest) KeyAt(pointer string) source.Region { return m.where.at(pointer, true) }
