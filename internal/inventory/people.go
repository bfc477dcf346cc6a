package inventory

import "time"

// Token is a fine-grained personal access token that has access to the organisation, or asks for it.
type Token struct {
	ID           int64             `json:"id"`           // of the token
	Pending      bool              `json:"pending"`      // access is asked for
	Name         string            `json:"name"`         // its owner's
	Owner        string            `json:"owner"`        // "@alice"
	Repositories string            `json:"repositories"` // all, subset or none
	Permissions  map[string]string `json:"permissions"`  // "repository/contents": "write"
	Granted      *time.Time        `json:"granted"`      // or asked for
	Expires      *time.Time        `json:"expires"`      // nil is never
	LastUsed     *time.Time        `json:"last_used"`    // nil is never
	Expired      bool              `json:"expired"`      // as the platform says
}

// App is an installed one.
type App struct {
	ID           int64             `json:"id"` // of the installation
	App          int64             `json:"app_id"`
	Name         string            `json:"name"`
	Repositories string            `json:"repositories"` // all or selected
	Permissions  map[string]string `json:"permissions"`
	Created      time.Time         `json:"created"`
	Updated      time.Time         `json:"updated"`
	Suspended    bool              `json:"suspended"`
}

// Webhook is where the platform sends what happens. Of its address there is the host: people put tokens in the rest.
type Webhook struct {
	Scope    Scope     `json:"scope"`
	ID       int64     `json:"id"`
	Active   bool      `json:"active"`
	Host     string    `json:"host"`
	TLS      bool      `json:"tls"` // https, with the certificate checked
	Signed   bool      `json:"signed"`
	Events   []string  `json:"events"`
	Created  time.Time `json:"created"`
	Modified time.Time `json:"updated"`
}

// Branch is that of the manifest, with what guards it.
type Branch struct {
	Name       string      `json:"name"`
	Protection *Protection `json:"protection,omitempty"` // nil is none, where the source was read
	Rules      []Rule      `json:"rules"`                // of active rulesets
}

// Protection is a branch's, as it was before rulesets.
type Protection struct {
	Reviews          int      `json:"reviews"` // that a change needs
	CodeOwners       bool     `json:"code_owners"`
	LastPush         bool     `json:"last_push_by_another"` // who pushed last doesn't approve
	DismissStale     bool     `json:"dismiss_stale"`
	Bypass           []string `json:"bypass"` // who needs no review
	Admins           bool     `json:"admins"` // it holds for them, too
	ForcePush        bool     `json:"force_push"`
	Deletion         bool     `json:"deletion"`
	RestrictedPushes bool     `json:"restricted_pushes"`
	Signatures       bool     `json:"signatures"`
}

// Rule is one that is in force on the branch.
type Rule struct {
	Kind       string   `json:"kind"` // as the platform calls it: pull_request
	Ruleset    int64    `json:"ruleset"`
	Source     string   `json:"source"` // whose ruleset: acme/web, acme
	Reviews    *Reviews `json:"reviews,omitempty"`
	SourceKind string   `json:"source_kind"`
	// Bypass lists whom the rule doesn't hold: "@acme/appsec", "role:admin", "app:123", "user:7", "deploy keys",
	// "organization admins". nil is unknown, and an empty list is nobody.
	Bypass *[]string `json:"bypass,omitempty"`
}

// Reviews are those that a pull_request rule asks for.
type Reviews struct {
	Count        int  `json:"count"`
	CodeOwners   bool `json:"code_owners"`
	LastPush     bool `json:"last_push_by_another"`
	DismissStale bool `json:"dismiss_stale"`
}

// Ruleset is one of the organisation.
type Ruleset struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Target  string `json:"target"`
	Enforce string `json:"enforcement"` // active, evaluate, disabled
	// Bypass is as that of Rule. It is read of rulesets that are in force on the manifest's branch.
	Bypass *[]string `json:"bypass,omitempty"`
}

// OwnerFault is what the platform finds wrong with CODEOWNERS.
type OwnerFault struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Kind   string `json:"kind"`
}

// Team is one that has access to the repository, or is asked for by name.
type Team struct {
	Name       string   `json:"name"` // "@acme/web"
	Permission string   `json:"permission,omitempty"`
	Members    []string `json:"members,omitempty"` // where its members were read: see the source team-members
}

// Runner is a self-hosted one.
type Runner struct {
	Scope     Scope    `json:"scope"`
	ID        int64    `json:"id"`
	Name      string   `json:"name"`
	OS        string   `json:"os"`
	Group     int64    `json:"group,omitempty"`
	Ephemeral *bool    `json:"ephemeral,omitempty"`
	Labels    []string `json:"labels"`
}

// RunnerGroup says which repositories may use runners.
type RunnerGroup struct {
	ID         int64    `json:"id"`
	Name       string   `json:"name"`
	Visibility string   `json:"visibility"`
	Default    bool     `json:"default"`
	Public     bool     `json:"public_repositories"`
	Restricted bool     `json:"restricted_to_workflows"`
	Workflows  []string `json:"workflows"`
}

// Alert is one of secret scanning, without what was found.
type Alert struct {
	Number   int64     `json:"number"`
	State    string    `json:"state"`
	Kind     string    `json:"kind"`
	Validity string    `json:"validity,omitempty"`
	Created  time.Time `json:"created"`
	Resolved string    `json:"resolution,omitempty"`
	Bypassed bool      `json:"push_protection_bypassed"`
	Public   bool      `json:"publicly_leaked"`
}
