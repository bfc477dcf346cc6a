package manifest

import "time"

// Task is what a job asks for.
type Task struct {
	// TTL asked for; as long as is granted unless said.
	TTL *Duration `yaml:"ttl"`
	// Org is the repository, owner/name, of the organisation's policy that the calling workflow is bound
	// to: what --org says in the reusable workflow that cloud trust pins.
	Org string `yaml:"org" check:"repository"`
	// Tickets that the job names for its task, such as CHG-4411 or acme/web#12: those that are looked up.
	Tickets []string `yaml:"tickets" check:"text"`
	// BreakGlass asks for emergency access.
	BreakGlass *Emergency `yaml:"break-glass"`
}

// Emergency is a use of break-glass.
type Emergency struct {
	// Entry is the id under break-glass.
	Entry string `yaml:"entry" check:"required,id"`
	// Incident that it is for.
	Incident string `yaml:"incident" check:"text"`
	// Reason in words.
	Reason string `yaml:"reason" check:"text"`
}

// Facts is what is known about a run and around it, each part proven by whoever gathered it. What is
// absent (nil) is unknown, which is something else than empty: unknown denies wherever it is needed.
type Facts struct {
	// Run that asks, and which all proofs of triggers are about.
	Run *Run `yaml:"run"`
	// Triggers are the proofs of its task.
	Triggers []Proof `yaml:"triggers"`
	// Certified says when each identity, by id, was certified last: the newest signed event in the
	// ledger or owner-approved merge that touched it.
	Certified map[string]Certified `yaml:"certified" check:"key=id"`
	// Guard is what protects the manifest by the newest inventory.
	Guard *GuardFacts `yaml:"guard"`
	// Ledger is the shared store, where it could be read, and what it records.
	Ledger *LedgerFacts `yaml:"ledger"`
	// Members lists the users of teams, by "@organization/team".
	Members map[string][]string `yaml:"members" check:"key=team,text"`
}

// Run is one attempt of a run.
type Run struct {
	// ID of the run, as the claim has it.
	ID string `yaml:"id" check:"required,text"`
	// Attempt, as the claim has it.
	Attempt string `yaml:"attempt" check:"required,text"`
	// TriggeringActor started this attempt, "@name": a re-run keeps the claim's actor.
	TriggeringActor string `yaml:"triggering-actor" check:"text"`
	// ChangeAuthor is the author of the commit that is deployed, "@name".
	ChangeAuthor string `yaml:"change-author" check:"text"`
}

// Proof is what was found about one trigger. Exactly one is set.
type Proof struct {
	// Ticket that was looked up.
	Ticket *TicketProof `yaml:"ticket" check:"one=proof"`
	// EnvironmentApproval of the run.
	EnvironmentApproval *ApprovalProof `yaml:"environment-approval" check:"one=proof"`
	// SignedTag whose signature was verified.
	SignedTag *TagProof `yaml:"signed-tag" check:"one=proof"`
	// Schedule by which the run was started.
	Schedule *ScheduleProof `yaml:"schedule" check:"one=proof"`
	// Policy rule that was evaluated.
	Policy *PolicyProof `yaml:"policy" check:"one=proof"`
}

// TicketProof is a ticket as its system has it.
type TicketProof struct {
	// System that was asked.
	System TicketSystem `yaml:"system" check:"required"`
	// Project that the ticket is in.
	Project string `yaml:"project" check:"required,text"`
	// ID of the ticket.
	ID string `yaml:"id" check:"required,text"`
	// UID by which its system keeps it: unlike ID it stays when the ticket, or what it is in, gets another name.
	UID string `yaml:"uid" check:"text"`
	// Status that it has, set by somebody who may.
	Status string `yaml:"status" check:"required,text"`
	// SHA of the commit that the ticket names.
	SHA string `yaml:"sha" check:"text"`
	// Run whose id the ticket names.
	Run string `yaml:"run" check:"text"`
	// Approvers who brought it to this status, "@name".
	Approvers []string `yaml:"approvers" check:"text"`
	// Used is how many leases have used it, by the ledger.
	Used *int `yaml:"used"`
}

// ApprovalProof is the approvals that the run's environment got for this attempt.
type ApprovalProof struct {
	// Environment that was approved.
	Environment string `yaml:"environment" check:"required,text"`
	// Approvers of it, "@name".
	Approvers []string `yaml:"approvers" check:"required,text"`
}

// TagProof is a tag whose signature was verified.
type TagProof struct {
	// Ref of the tag, refs/tags/NAME.
	Ref string `yaml:"ref" check:"required,text"`
	// SHA of the commit that it points to.
	SHA string `yaml:"sha" check:"required,text"`
	// Key that the signature verifies with, by its path in the manifest.
	Key string `yaml:"key" check:"required,path"`
}

// ScheduleProof is the tick of a schedule that started the run.
type ScheduleProof struct {
	// Cron of the workflow.
	Cron string `yaml:"cron" check:"required,cron"`
	// Due is the tick.
	Due Instant `yaml:"due" check:"required"`
}

// PolicyProof is what a Rego rule said.
type PolicyProof struct {
	// Rule that was evaluated.
	Rule string `yaml:"rule" check:"required,rule"`
	// Allow is whether it was exactly true; undefined, errors and time-outs are false.
	Allow bool `yaml:"allow" check:"required"`
}

// Certified is an owner's word that an identity is still needed.
type Certified struct {
	// Time of the event or merge.
	Time Instant `yaml:"time" check:"required"`
}

// GuardFacts is what protects the manifest's branch, by a signed record inventory.taken.
type GuardFacts struct {
	// Taken is when.
	Taken Instant `yaml:"taken" check:"required"`
	// Collector is the job_workflow_ref that signed the record.
	Collector string `yaml:"collector" check:"text"`
	// Project is the numeric id of the repository that it is about.
	Project string `yaml:"project" check:"number"`
	// Ref that is protected.
	Ref string `yaml:"ref" check:"text"`
	// DefaultBranch: Ref is the repository's default branch.
	DefaultBranch bool `yaml:"default-branch"`
	// Approvals that a change needs.
	Approvals int `yaml:"approvals"`
	// CodeOwners must approve.
	CodeOwners bool `yaml:"code-owners"`
	// LastPushApproval: the last push must be approved by someone else.
	LastPushApproval bool `yaml:"last-push-approval"`
	// Bypass lists who may bypass it; empty is nobody, absent is unknown.
	Bypass []string `yaml:"bypass" check:"text"`
}

// LedgerFacts is what the shared store says. Only what was read from it is there.
type LedgerFacts struct {
	// Store that was read.
	Store string `yaml:"store" check:"required,s3"`
	// Leases counts by identity/grant.
	Leases map[string]LeaseCount `yaml:"leases" check:"key=grant"`
	// BreakGlass is each use within the longest period that an entry names, and each not reviewed.
	BreakGlass []GlassUse `yaml:"break-glass"`
}

// LeaseCount is how many leases of a grant there are.
type LeaseCount struct {
	// Alive now.
	Alive int `yaml:"alive" check:"required"`
	// LastDay were issued in the last 24 hours.
	LastDay int `yaml:"last-day" check:"required"`
}

// GlassUse is one use of break-glass.
type GlassUse struct {
	// Entry that was used.
	Entry string `yaml:"entry" check:"required,id"`
	// Grant that was leased, identity/grant.
	Grant string `yaml:"grant" check:"required,grant"`
	// Time of the lease.
	Time Instant `yaml:"time" check:"required"`
	// Activator who broke the glass, "@name".
	Activator string `yaml:"activator" check:"required,text"`
	// ActivatorID of the account, which stays when its name changes. No review counts where it isn't known.
	ActivatorID string `yaml:"activator-id" check:"number"`
	// Review of it, if there was one.
	Review *GlassReview `yaml:"review"`
	// Reviews are further ones. Whose word counts is the entry's to say, and any that does will do.
	Reviews []GlassReview `yaml:"reviews"`
	// ID of the use: that of its lease.
	ID string `yaml:"id" check:"text"`
	// Run that used it.
	Run string `yaml:"run" check:"text"`
	// Unproven: no sealed record proves who broke the glass. Then whoever may break it can't review it.
	Unproven bool `yaml:"unproven"`
	// Slotless: a sealed record tells of it, and no slot in the store. It counts where its entry is there, as any job of the
	// repository can write such a record, and not as one of those that the entry allows.
	Slotless bool `yaml:"slotless"`
	// Fault is why what is known of the use can't be true. Then no review counts.
	Fault string `yaml:"fault" check:"text"`
}

// GlassReview is the review of one use.
type GlassReview struct {
	// By whom, "@name".
	By string `yaml:"by" check:"required,text"`
	// ByID is the id of the account.
	ByID string `yaml:"by-id" check:"number"`
	// Time of the review.
	Time Instant `yaml:"time" check:"required"`
}

// Instant is a point in time, RFC 3339: "2026-11-23T20:41:07Z".
type Instant struct{ time.Time }
