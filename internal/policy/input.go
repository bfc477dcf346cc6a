package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/curfew-ci/curfew/internal/identity"
)

// maxInput bounds the facts as JSON. A token's claims are 64 KiB at most, and may be escaped.
const maxInput = 1 << 20

// Input is what a policy judges: facts, none of them a secret. The token itself isn't among them. Judge
// adds time; docs/policy.md is its description for those who write policies.
type Input struct {
	// Claims of the job's verified ID token.
	Claims identity.Claims `json:"claims"`
	// Grant that is asked for, as the manifest has it.
	Grant Grant `json:"grant"`
	// Task that it is asked for.
	Task Task `json:"task"`
	// Decision of the manifest; nil before there is one, which is when a trigger's rule is asked.
	Decision *Decision `json:"decision,omitempty"`
}

// Grant is a grant of the manifest's, with what counts of its identity.
type Grant struct {
	ID        string `json:"id"`        // IDENTITY/GRANT
	Identity  string `json:"identity"`  // the part before the slash
	Name      string `json:"name"`      // and after it
	Owner     string `json:"owner"`     // the owner's id
	Kind      string `json:"kind"`      // workload, service-account, contractor or ai-agent
	Privilege string `json:"privilege"` // critical, high, medium or low, the organisation's floor included
	Provider  string `json:"provider"`  // aws, gcp, azure, vault, github, oauth, npm, pypi, crates or kubernetes
	// Target is what the provider's part of the grant says, by the manifest's keys: role, audience, region,
	// service-account … Values are strings, lists or objects, as in the manifest.
	Target map[string]any `json:"target"`
	// TTLSeconds is how long a lease of it may live by the manifest.
	TTLSeconds int64 `json:"ttl_seconds"`
}

// Task is what a run asks for.
type Task struct {
	RunID           string `json:"run_id"`
	Attempt         string `json:"attempt"`
	TriggeringActor string `json:"triggering_actor"` // who started this attempt, "@name"; "" where it isn't known
	ChangeAuthor    string `json:"change_author"`    // who wrote the commit, "@name"; "" where it isn't known
	// TTLSeconds is how long it asks to live; 0 for as long as it may.
	TTLSeconds int64 `json:"ttl_seconds"`
	// BreakGlass is set in an emergency.
	BreakGlass *BreakGlass `json:"break_glass,omitempty"`
}

// BreakGlass is a use of emergency access.
type BreakGlass struct {
	Entry    string `json:"entry"` // its id in the manifest
	Incident string `json:"incident"`
	Reason   string `json:"reason"`
}

// Decision is what the manifest's decision came to.
type Decision struct {
	Allow      bool      `json:"allow"`
	Guard      string    `json:"guard"`       // verified, unverified or none
	TTLSeconds int64     `json:"ttl_seconds"` // how long the lease is to live; 0 where it is denied
	Triggers   []Trigger `json:"triggers"`    // those that were proven and taken as the task
}

// Trigger is one proof of the task.
type Trigger struct {
	Kind   string `json:"kind"`   // ticket, environment-approval, signed-tag, schedule, policy, always or break-glass
	Ref    string `json:"ref"`    // ticket, environment, tag, cron, rule or break-glass entry
	Status string `json:"status"` // of a ticket
	Once   bool   `json:"once"`   // the ticket is used up by this lease
}

// clock is the time of the judgement, UTC, in parts that need no table of time zones.
type clock struct {
	RFC3339 string `json:"rfc3339"`
	Unix    int64  `json:"unix"`
	Date    string `json:"date"`    // 2026-11-23
	Weekday string `json:"weekday"` // Monday
	Hour    int    `json:"hour"`    // 0 to 23
	Minute  int    `json:"minute"`
}

// document is the input as a policy sees it. It goes through JSON, so that nothing of it is more than data.
func document(in Input, now time.Time) (*ast.Term, error) {
	now = now.UTC()
	if in.Grant.Target == nil {
		in.Grant.Target = map[string]any{}
	}
	if in.Decision != nil && in.Decision.Triggers == nil {
		decision := *in.Decision
		decision.Triggers = []Trigger{}
		in.Decision = &decision
	}
	src, err := json.Marshal(struct {
		Input
		Time clock `json:"time"`
	}{in, clock{
		RFC3339: now.Format(time.RFC3339), Unix: now.Unix(), Date: now.Format(time.DateOnly),
		Weekday: now.Weekday().String(), Hour: now.Hour(), Minute: now.Minute(),
	}})
	if err != nil {
		return nil, fmt.Errorf("write the input as JSON: %w", err)
	}
	if len(src) > maxInput {
		return nil, fmt.Errorf("the input is %d bytes, %d KiB at most are judged", len(src), maxInput>>10)
	}
	v, err := ast.ValueFromReader(bytes.NewReader(src))
	if err != nil {
		return nil, fmt.Errorf("read the input as JSON: %w", err)
	}
	return ast.NewTerm(v), nil
}
