package rules

import (
	"strings"
	"time"
)

// Actions is what is known of services, of the actions and variables that carry their credentials, and
// of the commands that use them. It is read from actions/*.yml, one file a service, and never changes
// afterwards.
type Actions struct {
	Services []*Service // by id

	actions   map[string]*Action
	variables map[string]*Variable
	prefixes  []*Variable // names that end in "*"
	names     []nameGlob  // those that begin with letters first, then the longest
}

type nameGlob struct {
	glob    string
	service *Service
}

// Service is something that credentials open: a cloud, a registry, GitHub itself. Its file's name is
// its ID; for a cloud it is also the provider's name in a manifest's grant.
type Service struct {
	ID        string
	Title     string   // as messages name it: "AWS"
	Kind      Kind     // how much its credential opens
	Owners    []string // GitHub accounts whose actions are the service's own, lower case
	Names     []string // globs of the names under which its credentials are stored, upper case
	Hosts     []string // globs of its container registries' host names
	Elsewhere []string // variables and flags that say a look-alike is meant: AWS_ENDPOINT_URL, --endpoint-url
	Instead   string   // how a job does without a stored credential; "" where it can't
	Source    string   // the documentation that was read
	Reviewed  string   // the day on which it was read, YYYY-MM-DD

	Variables []*Variable
	Commands  []*Command
	Actions   []*Action
}

// Kind orders services by what their credentials open.
type Kind string

// The kinds.
const (
	Cloud    Kind = "cloud"    // infrastructure and the keys to more secrets
	Forge    Kind = "forge"    // source code and pipelines
	Registry Kind = "registry" // what others install
	Signing  Kind = "signing"  // what others trust
	Access   Kind = "access"   // hosts, networks, clusters
	Plain    Kind = "service"  // anything else: reports, messages
)

// Strong reports whether a credential of this kind lets its holder change what others run or trust.
func (k Kind) Strong() bool { return k != Plain }

// Holds is what a variable or input is for.
type Holds string

// What a variable can hold.
const (
	HoldsCredential Holds = "credential"
	HoldsIdentifier Holds = "identifier" // a name or number that opens nothing by itself
	HoldsOIDC       Holds = "oidc"       // selects the exchange of the job's OIDC token
)

// Variable is an environment variable that a service's tools read.
type Variable struct {
	Service *Service
	Name    string // upper case; a last "*" stands for any ending
	Holds   Holds
}

// Command is a command line that logs in or publishes.
type Command struct {
	Service *Service
	Run     string   // the words it begins with: "az login"
	With    []string // words that must follow on the line
	Without []string // words that must not be on the line
	Login   bool     // its secret is a static login of Service
	ByHost  bool     // the login is of the service whose registry the line names
	Publish string   // the registry that it publishes to; "" for none
	Token   []string // variables that carry the registry's static token
}

// Action is one action, or several that take the same inputs.
type Action struct {
	Service     *Service
	Uses        []string // slugs, lower case: owner/repo or owner/repo/path
	Source      string
	Reviewed    string
	Credentials []string // inputs, and variables of the step, that may carry a stored credential
	Identifiers []string // inputs that hold no credential, though often stored as one
	GitHubToken []string // inputs that take a GITHUB_TOKEN
	// RunsCommands is true of an action that runs the workflow's own commands or configuration, which
	// decide what becomes of its variables.
	RunsCommands bool
	Logins       []*Login
	Publishes    []*Publish
	AppToken     *AppToken // nil where it makes none
}

// AppToken says by which inputs an action is told what the token of a GitHub App may that it makes.
type AppToken struct {
	App          []string // the App's number or client id
	Permissions  string   // the beginning of the inputs that each name one: "permission-"; without any it may all that the App may
	Repositories string   // names, by lines or commas
	Owner        string   // whose; without repositories all of them, and without either the workflow's own alone
}

// Login is how an action obtains a service's credential.
type Login struct {
	Service  *Service
	When     Conditions        // it is this login only where they hold
	Static   []string          // inputs that carry a static credential
	OIDC     Conditions        // the job's OIDC token is exchanged where they hold and no static input is given
	ByOIDC   bool              // OIDC is known; with no Conditions it is always used
	Target   map[string]string // the manifest's names (role, audience …) to inputs
	Duration *Duration
	Instead  string // the service's, unless the action has a better one
}

// Publish is how an action publishes to a package registry.
type Publish struct {
	Registry string
	When     Conditions
	Token    []string // inputs or variables that carry a static token
}

// Duration is an input that says how long a credential is to live.
type Duration struct {
	Input   string
	Unit    time.Duration // of a bare number
	Suffix  string        // what must follow the number
	Default time.Duration // where the input is absent; 0 where that isn't known
}

// Conditions hold when each of them does.
type Conditions []Condition

// Condition is what an input must be: "given" (not empty), "absent", or text that one of the globs
// matches, without regard to case.
type Condition struct {
	Input string
	Want  []string
}

// Holds judges a step's inputs; value returns "" for one that isn't given.
func (cs Conditions) Holds(value func(input string) string) bool {
	for i := range cs {
		if !cs[i].holds(value(cs[i].Input)) {
			return false
		}
	}
	return true
}

func (c *Condition) holds(v string) bool {
	for _, w := range c.Want {
		switch w {
		case "given":
			if v != "" {
				return true
			}
		case "absent":
			if v == "" {
				return true
			}
		default:
			if v != "" && wildcard(strings.ToLower(w), strings.ToLower(v)) {
				return true
			}
		}
	}
	return false
}

// wildcard matches the whole of s; "*" stands for any run of bytes.
func wildcard(glob, s string) bool {
	head, tail, star := strings.Cut(glob, "*")
	if !star {
		return glob == s
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	for s = s[len(head):]; ; s = s[1:] {
		if wildcard(tail, s) {
			return true
		}
		if s == "" {
			return false
		}
	}
}
