package manifest

// Floor says how privileged a grant is at least if it matches. One provider is named; every field
// that it says must match, so that an empty one matches each grant of that provider. In these globs
// "*" crosses "/" and ":".
type Floor struct {
	// AWS roles.
	AWS *AWSFloor `yaml:"aws" check:"one=provider"`
	// GCP service accounts.
	GCP *GCPFloor `yaml:"gcp" check:"one=provider"`
	// Azure applications.
	Azure *AzureFloor `yaml:"azure" check:"one=provider"`
	// Vault or OpenBao roles.
	Vault *VaultFloor `yaml:"vault" check:"one=provider"`
	// GitHub installation tokens.
	GitHub *GitHubFloor `yaml:"github" check:"one=provider"`
	// OAuth token exchanges.
	OAuth *OAuthFloor `yaml:"oauth" check:"one=provider"`
	// NPM packages.
	NPM *RegistryFloor `yaml:"npm" check:"one=provider"`
	// PyPI projects.
	PyPI *RegistryFloor `yaml:"pypi" check:"one=provider"`
	// Crates on crates.io.
	Crates *RegistryFloor `yaml:"crates" check:"one=provider"`
	// Kubernetes API servers.
	Kubernetes *KubernetesFloor `yaml:"kubernetes" check:"one=provider"`

	// Privilege that a matching grant has at least.
	Privilege Privilege `yaml:"privilege" check:"required"`
}

// AWSFloor matches AWS grants.
type AWSFloor struct {
	// Role ARN.
	Role *Match `yaml:"role"`
	// Region of the STS endpoint.
	Region *Match `yaml:"region"`
}

// GCPFloor matches GCP grants.
type GCPFloor struct {
	// Provider is the pool provider's resource name.
	Provider *Match `yaml:"provider"`
	// ServiceAccount by email.
	ServiceAccount *Match `yaml:"service-account"`
}

// AzureFloor matches Azure grants.
type AzureFloor struct {
	// Tenant id.
	Tenant *Match `yaml:"tenant"`
	// Client id.
	Client *Match `yaml:"client"`
	// Subscription id.
	Subscription *Match `yaml:"subscription"`
}

// VaultFloor matches Vault and OpenBao grants.
type VaultFloor struct {
	// Address is the server's URL.
	Address *Match `yaml:"address"`
	// Mount of the JWT auth method.
	Mount *Match `yaml:"mount"`
	// Role to log in as.
	Role *Match `yaml:"role"`
	// Namespace, where the server has them.
	Namespace *Match `yaml:"namespace"`
}

// GitHubFloor matches grants of installation tokens.
type GitHubFloor struct {
	// Exchange is the service's URL.
	Exchange *Match `yaml:"exchange"`
	// Identity is the trust policy's name there.
	Identity *Match `yaml:"identity"`
	// Repositories: one of the grant's repositories matches.
	Repositories *Match `yaml:"repositories"`
	// Permissions: the grant has one of these, at that level or above.
	Permissions map[string]Access `yaml:"permissions" check:"some,key=permission"`
}

// OAuthFloor matches RFC 8693 grants.
type OAuthFloor struct {
	// TokenURL of the authorization server.
	TokenURL *Match `yaml:"token-url"`
	// Audience of the ID token.
	Audience *Match `yaml:"audience"`
}

// RegistryFloor matches grants of one package registry.
type RegistryFloor struct {
	// Package to publish.
	Package *Match `yaml:"package"`
}

// KubernetesFloor matches grants of API servers.
type KubernetesFloor struct {
	// Server is the API server's URL.
	Server *Match `yaml:"server"`
	// Namespace of the context.
	Namespace *Match `yaml:"namespace"`
}

// covers reports whether g is one of the grants that the floor speaks of.
func (f *Floor) covers(g *Grant) bool {
	switch {
	case f.AWS != nil && g.AWS != nil:
		return wide(f.AWS.Role, g.AWS.Role) && wide(f.AWS.Region, g.AWS.Region)
	case f.GCP != nil && g.GCP != nil:
		return wide(f.GCP.Provider, g.GCP.Provider) && wide(f.GCP.ServiceAccount, g.GCP.ServiceAccount)
	case f.Azure != nil && g.Azure != nil:
		return wide(f.Azure.Tenant, g.Azure.Tenant) && wide(f.Azure.Client, g.Azure.Client) &&
			wideOrUnsaid(f.Azure.Subscription, g.Azure.Subscription)
	case f.Vault != nil && g.Vault != nil:
		return wide(f.Vault.Address, g.Vault.Address) && wide(f.Vault.Mount, g.Vault.Mount) &&
			wide(f.Vault.Role, g.Vault.Role) && wideOrUnsaid(f.Vault.Namespace, g.Vault.Namespace)
	case f.GitHub != nil && g.GitHub != nil:
		return f.GitHub.covers(g.GitHub)
	case f.OAuth != nil && g.OAuth != nil:
		return wide(f.OAuth.TokenURL, g.OAuth.TokenURL) && wide(f.OAuth.Audience, g.OAuth.Audience)
	case f.NPM != nil && g.NPM != nil:
		return wide(f.NPM.Package, g.NPM.Package)
	case f.PyPI != nil && g.PyPI != nil:
		return wide(f.PyPI.Package, g.PyPI.Package)
	case f.Crates != nil && g.Crates != nil:
		return wide(f.Crates.Package, g.Crates.Package)
	case f.Kubernetes != nil && g.Kubernetes != nil:
		return wide(f.Kubernetes.Server, g.Kubernetes.Server) &&
			wideOrUnsaid(f.Kubernetes.Namespace, g.Kubernetes.Namespace)
	}
	return false
}

func (f *GitHubFloor) covers(g *GitHub) bool {
	if !wide(f.Exchange, g.Exchange) || !wide(f.Identity, g.Identity) {
		return false
	}
	if f.Repositories != nil && !f.Repositories.matchesAny(g.Repositories) {
		return false
	}
	if len(f.Permissions) == 0 {
		return true
	}
	for scope, level := range f.Permissions {
		if has, ok := g.Permissions[scope]; ok && has.Covers(level) {
			return true
		}
	}
	return false
}

func wide(m *Match, s string) bool { return m == nil || m.matches(s, "") }

// wideOrUnsaid is wide for what a grant may leave out: saying nothing gets nobody out from under a floor.
func wideOrUnsaid(m *Match, s string) bool { return s == "" || wide(m, s) }

func (m *Match) matchesAny(ss []string) bool {
	for _, s := range ss {
		if m.matches(s, "") {
			return true
		}
	}
	return false
}

// PrivilegeOf is how privileged the grant is: what its identity says, or the policy's floor where that
// is higher. p may be nil.
func (p *Policy) PrivilegeOf(id *Identity, g *Grant) Privilege {
	highest := id.Privilege
	if p == nil {
		return highest
	}
	for i := range p.PrivilegeFloor {
		f := &p.PrivilegeFloor[i]
		if f.Privilege.rank() > highest.rank() && f.covers(g) {
			highest = f.Privilege
		}
	}
	return highest
}
