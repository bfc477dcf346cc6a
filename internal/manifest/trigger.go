package manifest

// When is a trigger, or any: or all: of several; any and all nest once.
type When struct {
	// Any holds where one of these does.
	Any []When `yaml:"any" check:"one=trigger,some"`
	// All holds where each of these does.
	All     []When `yaml:"all" check:"one=trigger,some"`
	Trigger `yaml:",inline"`
}

// Trigger is one proof of a task. Exactly one is set.
type Trigger struct {
	// Ticket in one of the ticket systems.
	Ticket *TicketTrigger `yaml:"ticket" check:"one=trigger"`
	// EnvironmentApproval by the environment's reviewers.
	EnvironmentApproval *EnvironmentTrigger `yaml:"environment-approval" check:"one=trigger"`
	// SignedTag that the run is for.
	SignedTag *SignedTagTrigger `yaml:"signed-tag" check:"one=trigger"`
	// Schedule that started the run.
	Schedule *ScheduleTrigger `yaml:"schedule" check:"one=trigger"`
	// Policy in Rego.
	Policy *PolicyTrigger `yaml:"policy" check:"one=trigger"`
	// Always is standing privilege: legal, and reported. It is written as the word alone: when: always.
	Always bool `yaml:"-"`
}

// TicketTrigger proves an approved ticket that names this sha or run.
type TicketTrigger struct {
	// System is github, jira or servicenow.
	System TicketSystem `yaml:"system" check:"required"`
	// Project, or owner/name for github.
	Project string `yaml:"project" check:"required,project"`
	// Status that counts as approved, any of.
	Status []string `yaml:"status" check:"required,some,status"`
	// References is what the ticket must name: sha or run.
	References Reference `yaml:"references" check:"required"`
	// Use is once, so that no two leases use the same ticket, or reusable.
	Use TicketUse `yaml:"use" check:"required"`
}

// TicketSystem is a kind of ticket system.
type TicketSystem string

// The ticket systems.
const (
	SystemGitHub     TicketSystem = "github"
	SystemJira       TicketSystem = "jira"
	SystemServiceNow TicketSystem = "servicenow"
)

// Values are the ticket systems.
func (TicketSystem) Values() []string { return values(SystemGitHub, SystemJira, SystemServiceNow) }

// Reference is what ties a ticket to a run.
type Reference string

// The references.
const (
	ReferenceSHA Reference = "sha"
	ReferenceRun Reference = "run"
)

// Values are the references.
func (Reference) Values() []string { return values(ReferenceSHA, ReferenceRun) }

// TicketUse is how often a ticket may be used.
type TicketUse string

// The uses.
const (
	UseOnce     TicketUse = "once"
	UseReusable TicketUse = "reusable"
)

// Values are the uses.
func (TicketUse) Values() []string { return values(UseOnce, UseReusable) }

// EnvironmentTrigger proves approvals of the job's environment.
type EnvironmentTrigger struct {
	// Min is how many.
	Min int `yaml:"min" check:"required,min=1"`
}

// SignedTagTrigger proves that the ref is a tag signed by a known key.
type SignedTagTrigger struct {
	// Keys are paths of public keys in the repository.
	Keys []string `yaml:"keys" check:"required,some,path"`
}

// ScheduleTrigger proves that the run is a scheduled one, on time.
type ScheduleTrigger struct {
	// Cron is the workflow's schedule.
	Cron string `yaml:"cron" check:"required,cron"`
	// Window is how late it may start.
	Window Duration `yaml:"window" check:"required"`
}

// PolicyTrigger asks a Rego rule.
type PolicyTrigger struct {
	// Rule is its path, data.curfew.…
	Rule string `yaml:"rule" check:"required,rule"`
}
