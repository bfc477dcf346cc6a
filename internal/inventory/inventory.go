package inventory

import "time"

// Schema is the version of the file.
const Schema = 1

// Inventory is what was found. Lists are sorted, so that two inventories can be compared line by line.
type Inventory struct {
	Schema     int        `json:"schema"`
	Taken      time.Time  `json:"taken"`
	API        string     `json:"api"` // whose word it is: https://api.github.com
	Repository Repository `json:"repository"`
	Sources    []Source   `json:"sources"`

	Secrets      []Secret      `json:"secrets"`
	Variables    []Variable    `json:"variables"`
	Environments []Environment `json:"environments"`
	DeployKeys   []DeployKey   `json:"deploy_keys"`
	Workflows    []Default     `json:"workflow_permissions"`
	Subjects     []Subject     `json:"oidc_subjects"`
	Tokens       []Token       `json:"access_tokens"`
	Apps         []App         `json:"apps"`
	Webhooks     []Webhook     `json:"webhooks"`
	Branch       *Branch       `json:"branch,omitempty"`
	Protected    *bool         `json:"any_branch_protected,omitempty"` // nil is unknown; asked where an environment lets protected branches in
	Rulesets     []Ruleset     `json:"rulesets"`
	Codeowners   []OwnerFault  `json:"codeowners_errors"`
	Teams        []Team        `json:"teams"`
	Runners      []Runner      `json:"runners"`
	RunnerGroups []RunnerGroup `json:"runner_groups"`
	Alerts       []Alert       `json:"alerts"`
}

// Repository is the one that it is about.
type Repository struct {
	ID            int64  `json:"id"`
	Name          string `json:"name"` // OWNER/NAME
	OwnerID       int64  `json:"owner_id"`
	OwnerKind     string `json:"owner_kind"` // Organization or User
	Visibility    string `json:"visibility"`
	DefaultBranch string `json:"default_branch"`
}

// Scope is whose a thing is.
type Scope string

// The scopes.
const (
	OfRepository   Scope = "repository"
	OfEnvironment  Scope = "environment"
	OfOrganization Scope = "organization"
)

func (Scope) choices() []string { return []string{"repository", "environment", "organization"} }

// Store is for which of the platform's services a secret is kept.
type Store string

// The stores.
const (
	Actions    Store = "actions"
	Dependabot Store = "dependabot"
	Codespaces Store = "codespaces"
)

func (Store) choices() []string { return []string{"actions", "dependabot", "codespaces"} }

// Secret is a stored one, by name: platforms don't tell the value.
type Secret struct {
	Store       Store     `json:"store"`
	Scope       Scope     `json:"scope"`
	Environment string    `json:"environment,omitempty"`
	Name        string    `json:"name"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`              // when the value was last set
	Visibility  string    `json:"visibility,omitempty"` // of an organisation's: all, private, selected
	Here        *bool     `json:"here,omitempty"`       // whether an organisation's reaches this repository; nil is unknown
}

// Variable is a stored one, without its value, in which somebody may have put a secret.
type Variable struct {
	Scope       Scope     `json:"scope"`
	Environment string    `json:"environment,omitempty"`
	Name        string    `json:"name"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
	Visibility  string    `json:"visibility,omitempty"`
	Here        *bool     `json:"here,omitempty"`
}

// Environment is one that jobs deploy to, with what guards it.
type Environment struct {
	Name            string     `json:"name"`
	Reviewers       []string   `json:"reviewers"` // "@alice", "@acme/team"
	NoSelfReview    bool       `json:"no_self_review"`
	AdminsBypass    *bool      `json:"admins_bypass,omitempty"` // nil where the platform doesn't say
	WaitMinutes     int        `json:"wait_minutes"`
	OtherRules      []string   `json:"other_rules"`               // kinds of rules that an App brings
	Branches        BranchRule `json:"branches"`                  // from which it may be deployed to
	BranchPatterns  []string   `json:"branch_patterns,omitempty"` // where they are custom
	PatternsUnknown bool       `json:"branch_patterns_unknown,omitempty"`
}

// BranchRule says from where an environment may be deployed to.
type BranchRule string

// The rules.
const (
	AnyBranch       BranchRule = "any"
	ProtectedBranch BranchRule = "protected"
	CustomBranch    BranchRule = "custom"
)

func (BranchRule) choices() []string { return []string{"any", "protected", "custom"} }

// DeployKey is an SSH key for this repository alone.
type DeployKey struct {
	ID          int64      `json:"id"`
	Title       string     `json:"title"`
	Fingerprint string     `json:"fingerprint"` // of the public key, as ssh-keygen -l shows it
	ReadOnly    bool       `json:"read_only"`
	Verified    bool       `json:"verified"`
	AddedBy     string     `json:"added_by,omitempty"`
	Created     time.Time  `json:"created"`
	LastUsed    *time.Time `json:"last_used,omitempty"` // nil where it never was, or the platform doesn't say
}

// Default is what GITHUB_TOKEN has in a workflow that doesn't say.
type Default struct {
	Scope        Scope  `json:"scope"`
	Permissions  string `json:"permissions"` // read or write
	MayApprovePR bool   `json:"may_approve_pull_requests"`
}

// Subject is how the subject of ID tokens is made up.
type Subject struct {
	Scope      Scope    `json:"scope"`
	UseDefault bool     `json:"use_default"`
	Claims     []string `json:"claims"` // in their order
	Immutable  *bool    `json:"immutable,omitempty"`
}
