package manifest

// Grant is one credential that an identity may lease. Exactly one provider is set.
type Grant struct {
	AWS        *AWS        `yaml:"aws"`
	GCP        *GCP        `yaml:"gcp"`
	Azure      *Azure      `yaml:"azure"`
	Vault      *Vault      `yaml:"vault"`
	GitHub     *GitHub     `yaml:"github"`
	OAuth      *OAuth      `yaml:"oauth"`
	NPM        *Registry   `yaml:"npm"`
	PyPI       *Registry   `yaml:"pypi"`
	Crates     *Registry   `yaml:"crates"`
	Kubernetes *Kubernetes `yaml:"kubernetes"`

	// TTL is how long a lease lives.
	TTL *Duration `yaml:"ttl"`
	// Narrow is an inline session policy's path, or none; only ever less than the role.
	Narrow *Narrow `yaml:"narrow"`
	// Limits bound concurrent and daily leases, or none.
	Limits *Limits `yaml:"limits"`
	// When is the task that triggers a lease; without one there is no standing privilege.
	When *When `yaml:"when"`
}

// Provider is the key of the provider that is set: aws, gcp, azure, vault, github, oauth, npm, pypi,
// crates or kubernetes; "" where none is.
func (g *Grant) Provider() string {
	switch {
	case g.AWS != nil:
		return "aws"
	case g.GCP != nil:
		return "gcp"
	case g.Azure != nil:
		return "azure"
	case g.Vault != nil:
		return "vault"
	case g.GitHub != nil:
		return "github"
	case g.OAuth != nil:
		return "oauth"
	case g.NPM != nil:
		return "npm"
	case g.PyPI != nil:
		return "pypi"
	case g.Crates != nil:
		return "crates"
	case g.Kubernetes != nil:
		return "kubernetes"
	}
	return ""
}

// Handing is how a credential reaches the job.
type Handing string

// The ways.
const (
	AsEnv  Handing = "env"
	AsFile Handing = "file"
)

// HandOver is how a credential reaches the job: as environment variables or a file.
type HandOver struct {
	// As is env or file; what the provider's tools expect unless said.
	As Handing `yaml:"as"`
	// Names override the ecosystem's default variable names.
	Names map[string]string `yaml:"names"`
	// Endpoint is the only way to redirect an exchange.
	Endpoint string `yaml:"endpoint"`
}

// AWS is an IAM role by STS AssumeRoleWithWebIdentity.
type AWS struct {
	// Role ARN.
	Role string `yaml:"role"`
	// Audience of the ID token, usually sts.amazonaws.com.
	Audience string `yaml:"audience"`
	// Region whose STS endpoint is asked.
	Region   string `yaml:"region"`
	HandOver `yaml:",inline"`
}

// GCP is a service account through workload identity federation.
type GCP struct {
	// Provider is the workload identity pool provider's full resource name.
	Provider string `yaml:"provider"`
	// ServiceAccount that is impersonated, by email.
	ServiceAccount string `yaml:"service-account"`
	// Audience of the ID token; the provider's own unless said.
	Audience string `yaml:"audience"`
	// Scopes of the access token, or none.
	Scopes *List `yaml:"scopes"`
	// Boundary is a Credential Access Boundary's path, or none.
	Boundary *Narrow `yaml:"boundary"`
	HandOver `yaml:",inline"`
}

// Azure is an application or managed identity by federated credential.
type Azure struct {
	// Tenant id.
	Tenant string `yaml:"tenant"`
	// Client id.
	Client string `yaml:"client"`
	// Subscription id.
	Subscription string `yaml:"subscription"`
	// Audience of the ID token; api://AzureADTokenExchange unless said.
	Audience string `yaml:"audience"`
	HandOver `yaml:",inline"`
}

// Vault is a role of a JWT auth mount, of Vault or OpenBao.
type Vault struct {
	// Address is the server's URL.
	Address string `yaml:"address"`
	// Mount of the JWT auth method.
	Mount string `yaml:"mount"`
	// Role to log in as.
	Role string `yaml:"role"`
	// Namespace, where the server has them.
	Namespace string `yaml:"namespace"`
	// Audience of the ID token; the address unless said.
	Audience string `yaml:"audience"`
	// Read maps secret paths to variable names.
	Read     map[string]string `yaml:"read"`
	HandOver `yaml:",inline"`
}

// GitHub is an installation token from an octo-sts-compatible exchange.
type GitHub struct {
	// Exchange is the service's URL.
	Exchange string `yaml:"exchange"`
	// Identity is the trust policy's name there.
	Identity string `yaml:"identity"`
	// Repositories that the token reaches, owner/name.
	Repositories []string `yaml:"repositories"`
	// Permissions of the token: scope to read or write.
	Permissions map[string]Access `yaml:"permissions"`
	HandOver    `yaml:",inline"`
}

// OAuth is a token exchange by RFC 8693.
type OAuth struct {
	// TokenURL of the authorization server.
	TokenURL string `yaml:"token-url"`
	// Audience of the ID token.
	Audience string `yaml:"audience"`
	// Scope asked for, or none.
	Scope *List `yaml:"scope"`
	// Resource (RFC 8707) asked for, or none.
	Resource *List `yaml:"resource"`
	// RevokeURL for RFC 7009, where the server offers it.
	RevokeURL string `yaml:"revoke-url"`
	HandOver  `yaml:",inline"`
}

// Registry is a package on a registry with trusted publishing.
type Registry struct {
	// Package to publish.
	Package  string `yaml:"package"`
	HandOver `yaml:",inline"`
}

// Kubernetes is an API server that trusts the ID token itself.
type Kubernetes struct {
	// Server is the API server's URL.
	Server string `yaml:"server"`
	// CA is the path of its certificate authority's PEM file.
	CA string `yaml:"ca"`
	// Audience of the ID token.
	Audience string `yaml:"audience"`
	// Namespace of the context.
	Namespace string `yaml:"namespace"`
	HandOver  `yaml:",inline"`
}

// List is a list of strings, or none.
type List struct {
	None  bool
	Items []string
}

// When is a trigger, or any: or all: of several; any and all nest once.
type When struct {
	Any     []When `yaml:"any"`
	All     []When `yaml:"all"`
	Trigger `yaml:",inline"`
}

// Trigger is one proof of a task. Exactly one is set.
type Trigger struct {
	Ticket              *TicketTrigger      `yaml:"ticket"`
	EnvironmentApproval *EnvironmentTrigger `yaml:"environment-approval"`
	SignedTag           *SignedTagTrigger   `yaml:"signed-tag"`
	Schedule            *ScheduleTrigger    `yaml:"schedule"`
	Policy              *PolicyTrigger      `yaml:"policy"`
	// Always is standing privilege: legal, and reported. It is written as the word alone: when: always.
	Always bool `yaml:"-"`
}

// TicketTrigger proves an approved ticket that names this sha or run.
type TicketTrigger struct {
	// System is github, jira or servicenow.
	System TicketSystem `yaml:"system"`
	// Project, or owner/name for github.
	Project string `yaml:"project"`
	// Status that counts as approved, any of.
	Status []string `yaml:"status"`
	// References is what the ticket must name: sha or run.
	References Reference `yaml:"references"`
	// Use is once, so that no two leases use the same ticket, or reusable.
	Use TicketUse `yaml:"use"`
}

// TicketSystem is a kind of ticket system.
type TicketSystem string

// The ticket systems.
const (
	SystemGitHub     TicketSystem = "github"
	SystemJira       TicketSystem = "jira"
	SystemServiceNow TicketSystem = "servicenow"
)

// Reference is what ties a ticket to a run.
type Reference string

// The references.
const (
	ReferenceSHA Reference = "sha"
	ReferenceRun Reference = "run"
)

// TicketUse is how often a ticket may be used.
type TicketUse string

// The uses.
const (
	UseOnce     TicketUse = "once"
	UseReusable TicketUse = "reusable"
)

// EnvironmentTrigger proves approvals of the job's environment.
type EnvironmentTrigger struct {
	// Min is how many.
	Min int `yaml:"min"`
}

// SignedTagTrigger proves that the ref is a tag signed by a known key.
type SignedTagTrigger struct {
	// Keys are paths of public keys in the repository.
	Keys []string `yaml:"keys"`
}

// ScheduleTrigger proves that the run is a scheduled one, on time.
type ScheduleTrigger struct {
	// Cron is the workflow's schedule.
	Cron string `yaml:"cron"`
	// Window is how late it may start.
	Window Duration `yaml:"window"`
}

// PolicyTrigger asks a Rego rule.
type PolicyTrigger struct {
	// Rule is its path, data.curfew.…
	Rule string `yaml:"rule"`
}
