package manifest

import "github.com/curfew-ci/curfew/internal/source"

// PolicyPath is where an organisation's .github repository keeps its policy.
const PolicyPath = "curfew/org.yml"

// Policy is an organisation's curfew/org.yml: what no repository may widen.
type Policy struct {
	// Version of the format; 1.
	Version int `yaml:"version" check:"required,min=1,max=1"`
	// Organization that the policy binds.
	Organization Organization `yaml:"organization" check:"required"`
	// Issuers are the OIDC issuers, by URL, whose tokens may lease; the built-in ones unless said.
	Issuers []string `yaml:"issuers" check:"some,url"`
	// Systems say where tickets live; never a credential.
	Systems Systems `yaml:"systems"`
	// Owners may be named by every repository's manifest, by id; a manifest can't redefine them.
	Owners map[string]Owner `yaml:"owners" check:"key=id"`
	// Guard is what must protect the manifest.
	Guard *Guard `yaml:"guard"`
	// Ceilings bound terms and lifetimes.
	Ceilings *Ceilings `yaml:"ceilings"`
	// PrivilegeFloor says how privileged a grant is at least, by what it reaches.
	PrivilegeFloor []Floor `yaml:"privilege-floor"`
	// Certification is how often an owner must confirm an identity.
	Certification *Certification `yaml:"certification"`
	// Separation of duties.
	Separation []Separation `yaml:"separation"`
	// Tickets bounds how many tickets owners get.
	Tickets *TicketCaps `yaml:"tickets"`
	// Ledger is where evidence is kept. Without one, break-glass, limits, use: once and a required
	// guard deny.
	Ledger *Ledger `yaml:"ledger"`

	where positions
}

// At is where the value at a JSON Pointer (RFC 6901) stands, for example "/ceilings/ttl/high"; for a
// pointer that isn't there, the nearest parent that is.
func (p *Policy) At(pointer string) source.Region { return p.where.at(pointer, false) }

// KeyAt is At for the key that introduces the value.
func (p *Policy) KeyAt(pointer string) source.Region { return p.where.at(pointer, true) }

// Organization is the account that a policy binds.
type Organization struct {
	// Name is the login; names can be recycled, so the id decides.
	Name string `yaml:"name" check:"required,login"`
	// ID is the account's numeric id, quoted: the claim repository_owner_id.
	ID string `yaml:"id" check:"required,number"`
}

// Systems are the ticket systems, each at most once.
type Systems struct {
	// Jira Cloud or Data Center.
	Jira *System `yaml:"jira"`
	// ServiceNow instance.
	ServiceNow *System `yaml:"servicenow"`
	// GitHub issues.
	GitHub *System `yaml:"github"`
	// Webhook is a receiver that is told of changes to tickets; it has none that could be proven.
	Webhook *Webhook `yaml:"webhook"`
	// SSF is a receiver of the Shared Signals Framework, which is told what credentials have ended.
	SSF *SSF `yaml:"ssf"`
}

// SSF is where a receiver of security event tokens is, and what they say of it and of us.
type SSF struct {
	// URL that takes them by RFC 8935.
	URL string `yaml:"url" check:"required,url"`
	// Audience by which the receiver knows that they are for it.
	Audience string `yaml:"audience" check:"required,audience"`
	// Issuer by which the receiver knows whose they are: a URL of the organisation's.
	Issuer string `yaml:"issuer" check:"required,url"`
}

// Webhook is where a receiver of events is.
type Webhook struct {
	// URL of the receiver.
	URL string `yaml:"url" check:"required,url"`
}

// Get returns the system of that name, nil where the policy has none.
func (s *Systems) Get(name TicketSystem) *System {
	switch name {
	case SystemJira:
		return s.Jira
	case SystemServiceNow:
		return s.ServiceNow
	case SystemGitHub:
		return s.GitHub
	}
	return nil
}

// System is where one ticket system is.
type System struct {
	// URL of the system.
	URL string `yaml:"url" check:"required,url"`
	// Projects whose tickets count: project keys, or owner/name for github.
	Projects []string `yaml:"projects" check:"required,some,project"`
	// People are who may approve in Jira or ServiceNow: the platform's users, "@name", by their accounts' ids
	// there. Whom it doesn't name isn't known to be another than who started the run.
	People map[string]string `yaml:"people" check:"some,key=account,person"`
}

// Guard is what must protect the branch that the manifest is read from, proven by an inventory.
type Guard struct {
	// Ref is default-branch or a full ref, refs/heads/NAME.
	Ref string `yaml:"ref" check:"required,guard-ref"`
	// Approvals that a change needs.
	Approvals int `yaml:"approvals" check:"required,min=1"`
	// CodeOwners must approve what they own.
	CodeOwners bool `yaml:"code-owners" check:"required"`
	// LastPushApproval: the last push must be approved by someone else.
	LastPushApproval bool `yaml:"last-push-approval" check:"required"`
	// Bypass lists who may bypass the guard, or none.
	Bypass *List `yaml:"bypass" check:"required,bypass"`
	// MaxAge of the inventory that proves the guard.
	MaxAge Duration `yaml:"max-age" check:"required"`
	// Required denies a lease without a proven guard.
	Required bool `yaml:"required" check:"required"`
}

// ByPrivilege is one duration for each privilege.
type ByPrivilege struct {
	// Critical identities.
	Critical Duration `yaml:"critical" check:"required"`
	// High identities.
	High Duration `yaml:"high" check:"required"`
	// Medium identities.
	Medium Duration `yaml:"medium" check:"required"`
	// Low identities.
	Low Duration `yaml:"low" check:"required"`
}

// For is the duration for one privilege; the critical one, which is the strictest, for a privilege
// that isn't known.
func (b *ByPrivilege) For(p Privilege) Duration {
	switch p {
	case PrivilegeHigh:
		return b.High
	case PrivilegeMedium:
		return b.Medium
	case PrivilegeLow:
		return b.Low
	}
	return b.Critical
}

// Ceilings bound what a manifest may say. A zero duration means no ceiling.
type Ceilings struct {
	// TTL of a lease, by privilege.
	TTL *ByPrivilege `yaml:"ttl"`
	// IdentityTerm is how far ahead an identity may expire.
	IdentityTerm Duration `yaml:"identity-term"`
	// ExceptionTerm is how far ahead an exception may expire; 90d unless said.
	ExceptionTerm Duration `yaml:"exception-term"`
	// BreakGlass bounds emergency access.
	BreakGlass *BreakGlassCeiling `yaml:"break-glass"`
}

// DefaultExceptionTerm is how far ahead an exception may expire where no policy says otherwise.
const DefaultExceptionTerm = Duration(90 * day)

// ExceptionTerm is how far ahead an exception may expire. p may be nil.
func (p *Policy) ExceptionTerm() Duration {
	if p == nil || p.Ceilings == nil || p.Ceilings.ExceptionTerm == 0 {
		return DefaultExceptionTerm
	}
	return p.Ceilings.ExceptionTerm
}

// BreakGlassCeiling bounds emergency access.
type BreakGlassCeiling struct {
	// TTL of an emergency lease.
	TTL Duration `yaml:"ttl" check:"required"`
	// MaxUses in a period.
	MaxUses MaxUses `yaml:"max-uses" check:"required"`
	// ReviewWithin is how long the review of a use may take; as long as the manifest says unless said.
	ReviewWithin Duration `yaml:"review-within"`
}

// Certification is how often an owner must confirm an identity, and what happens when he doesn't.
type Certification struct {
	// Every is how long a certification lasts, by privilege.
	Every ByPrivilege `yaml:"every" check:"required"`
	// Grace after that; past it the identity is suspended. None unless said.
	Grace Duration `yaml:"grace"`
	// RemoveAfter is how long after the grace a removal is proposed; never unless said.
	RemoveAfter Duration `yaml:"remove-after"`
}

// Separation is one rule of separation of duties: either never and is, or conflict.
type Separation struct {
	// Never is the duty that is kept apart: approver.
	Never Duty `yaml:"never" check:"one=rule"`
	// Is lists what that person may not be: actor, owner-of-change (the author of the commit being
	// deployed).
	Is []Role `yaml:"is" check:"with=never,some"`
	// Conflict lists the names of grants of which no identity may hold two.
	Conflict []string `yaml:"conflict" check:"one=rule,min=2,conflict"`
}

// Duty is what a person does for a lease.
type Duty string

// DutyApprover approves the task: a ticket or an environment.
const DutyApprover Duty = "approver"

// Values are the duties.
func (Duty) Values() []string { return values(DutyApprover) }

// Role is what a person is to the change.
type Role string

// The roles.
const (
	RoleActor         Role = "actor"
	RoleOwnerOfChange Role = "owner-of-change"
)

// Values are the roles.
func (Role) Values() []string { return values(RoleActor, RoleOwnerOfChange) }

// TicketCaps keeps a scan from flooding owners.
type TicketCaps struct {
	// MaxOpenPerOwner is how many tickets of curfew's an owner has open at most.
	MaxOpenPerOwner int `yaml:"max-open-per-owner" check:"required,min=1"`
	// MaxNewPerDay is how many tickets are opened in a day at most.
	MaxNewPerDay int `yaml:"max-new-per-day" check:"required,min=1"`
}

// Ledger is the shared store of evidence, reached with a leased role.
type Ledger struct {
	// Store is s3://BUCKET/PREFIX.
	Store string `yaml:"store" check:"required,s3"`
	// Role ARN that can create objects there, not overwrite or delete.
	Role string `yaml:"role" check:"required,sts-role"`
	// Audience of the ID token for that role.
	Audience string `yaml:"audience" check:"required,audience"`
	// Region of the bucket and of the STS endpoint.
	Region string `yaml:"region" check:"required,region"`
	// Endpoint of another S3-compatible store than Amazon's, by URL. It answers for S3 and for STS, which
	// such stores serve at one address.
	Endpoint string `yaml:"endpoint" check:"url"`
	// Collector is the job_workflow_ref of the one workflow that may sign checkpoints and inventories.
	Collector string `yaml:"collector" check:"required,workflow-ref"`
}
