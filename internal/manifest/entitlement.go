package manifest

import "strconv"

// Identity is one workload and what it is entitled to.
type Identity struct {
	// Owner is the id of an owner.
	Owner string `yaml:"owner" check:"required,owner"`
	// Purpose says in words what the identity is for.
	Purpose string `yaml:"purpose" check:"required,purpose"`
	// Kind is workload unless said.
	Kind Kind `yaml:"kind"`
	// Privilege sets review cadence and ceilings; required where there are grants.
	Privilege Privilege `yaml:"privilege" check:"with=grants"`
	// Expires is the last day on which the identity holds, "YYYY-MM-DD".
	Expires Date `yaml:"expires" check:"required"`
	// Sponsor answers for a contractor; required for kind contractor, refused otherwise.
	Sponsor *Sponsor `yaml:"sponsor"`
	// RunsAs is where the identity lives in this repository: what a scan matches. Proves nothing at issue.
	RunsAs RunsAs `yaml:"runs-as" check:"required"`
	// Claims is what the job's OIDC token must prove: every claim listed must match. Where there are
	// grants, at least repository_id and job_workflow_ref; for GitLab, project_id and
	// ci_config_ref_uri.
	Claims map[string]Match `yaml:"claims" check:"with=grants,key=claim,value"`
	// Token is the ceiling for the job's GITHUB_TOKEN: scope to read or write. Absent is {}.
	Token map[string]Access `yaml:"token" check:"key=scope"`
	// Secrets are the ids of exceptions that this identity's job may read.
	Secrets []string `yaml:"secrets" check:"id"`
	// Grants are what a lease may be issued for, by id.
	Grants map[string]Grant `yaml:"grants" check:"key=id"`
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

// Values are the kinds.
func (Kind) Values() []string { return values(Workload, ServiceAccount, Contractor, AIAgent) }

// Privilege orders identities for ceilings and review.
type Privilege string

// The privileges, the highest first.
const (
	PrivilegeCritical Privilege = "critical"
	PrivilegeHigh     Privilege = "high"
	PrivilegeMedium   Privilege = "medium"
	PrivilegeLow      Privilege = "low"
)

// Values are the privileges, the highest first.
func (Privilege) Values() []string {
	return values(PrivilegeCritical, PrivilegeHigh, PrivilegeMedium, PrivilegeLow)
}

// rank orders privileges: 4 for critical down to 1 for low, 0 for none.
func (p Privilege) rank() int {
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

// RunsAs names jobs of this repository's workflows.
type RunsAs struct {
	// Workflow is a path from the repository's root.
	Workflow Match `yaml:"workflow" check:"required,workflow"`
	// Job is a job's id in that workflow.
	Job Match `yaml:"job" check:"required,job"`
}

// Access is a level of a GITHUB_TOKEN permission.
type Access string

// The levels.
const (
	Read  Access = "read"
	Write Access = "write"
)

// Values are the levels.
func (Access) Values() []string { return values(Read, Write) }

// Covers reports whether a includes level: write includes read.
func (a Access) Covers(level Access) bool { return a == level || a == Write && level == Read }

// Sponsor is the employee who answers for a contractor.
type Sponsor struct {
	// Person is a GitHub user, "@name".
	Person string `yaml:"person" check:"required,person"`
	// Company that the contractor works for.
	Company string `yaml:"company" check:"required,company"`
	// Ends is the last day of the engagement, "YYYY-MM-DD".
	Ends Date `yaml:"ends" check:"required"`
}

// Exception registers one long-lived secret.
type Exception struct {
	// Secret is its name in the store.
	Secret string `yaml:"secret" check:"required,secret-name"`
	// Store is where it is kept.
	Store Store `yaml:"store" check:"required"`
	// Owner is the id of an owner.
	Owner string `yaml:"owner" check:"required,owner"`
	// Reason why no short-lived credential will do.
	Reason string `yaml:"reason" check:"required,reason"`
	// AcceptedBy is the person who accepts the risk, "@name".
	AcceptedBy string `yaml:"accepted-by" check:"required,person"`
	// RotateEvery bounds the secret's age.
	RotateEvery Duration `yaml:"rotate-every" check:"required"`
	// Expires is the last day on which the exception holds, "YYYY-MM-DD".
	Expires Date `yaml:"expires" check:"required"`
}

// BreakGlass is emergency access to grants.
type BreakGlass struct {
	// Grants are identity/grant.
	Grants []string `yaml:"grants" check:"required,some,grant"`
	// Activators are users and teams who may break the glass.
	Activators []string `yaml:"activators" check:"required,some,handle"`
	// Requires names what must be given: incident, reason.
	Requires []Requirement `yaml:"requires" check:"required,some"`
	// TTL of the emergency lease.
	TTL Duration `yaml:"ttl" check:"required"`
	// MaxUses bounds uses in a period.
	MaxUses MaxUses `yaml:"max-uses" check:"required"`
	// Review that must follow.
	Review Review `yaml:"review" check:"required"`
}

// Requirement is what an activator must give.
type Requirement string

// The requirements.
const (
	RequireIncident Requirement = "incident"
	RequireReason   Requirement = "reason"
)

// Values are the requirements.
func (Requirement) Values() []string { return values(RequireIncident, RequireReason) }

// MaxUses is a count in a period.
type MaxUses struct {
	// Count of uses.
	Count int `yaml:"count" check:"required,min=1"`
	// Per is the period.
	Per Duration `yaml:"per" check:"required"`
}

// String renders "2 per 30d".
func (u MaxUses) String() string { return strconv.Itoa(u.Count) + " per " + u.Per.String() }

// Review is the review that must follow a use of break-glass.
type Review struct {
	// Within is the deadline.
	Within Duration `yaml:"within" check:"required"`
	// By is who reviews; never the activator.
	By string `yaml:"by" check:"required,handle"`
	// OnMissed is what a missed deadline does: suspend.
	OnMissed Missed `yaml:"on-missed" check:"required"`
}

// Missed is what a missed review does.
type Missed string

// MissedSuspend suspends the identities whose grants were used.
const MissedSuspend Missed = "suspend"

// Values are the ways to treat a missed review.
func (Missed) Values() []string { return values(MissedSuspend) }
