package manifest

// Grant is one credential that an identity may lease. Exactly one provider is set.
type Grant struct {
	// AWS role.
	AWS *AWS `yaml:"aws" check:"one=provider"`
	// GCP service account.
	GCP *GCP `yaml:"gcp" check:"one=provider"`
	// Azure application.
	Azure *Azure `yaml:"azure" check:"one=provider"`
	// Vault or OpenBao role.
	Vault *Vault `yaml:"vault" check:"one=provider"`
	// GitHub installation token.
	GitHub *GitHub `yaml:"github" check:"one=provider"`
	// OAuth token exchange.
	OAuth *OAuth `yaml:"oauth" check:"one=provider"`
	// NPM package.
	NPM *Registry `yaml:"npm" check:"one=provider"`
	// PyPI project.
	PyPI *Registry `yaml:"pypi" check:"one=provider"`
	// Crates is a crate on crates.io.
	Crates *Registry `yaml:"crates" check:"one=provider"`
	// Kubernetes API server.
	Kubernetes *Kubernetes `yaml:"kubernetes" check:"one=provider"`

	// TTL is how long a lease lives; here or in the manifest's defaults.
	TTL *Duration `yaml:"ttl"`
	// Narrow is an inline session policy's path, or none; only ever less than the role. Here or in the
	// manifest's defaults.
	Narrow *Narrow `yaml:"narrow"`
	// Limits bound concurrent and daily leases, or none; here or in the manifest's defaults.
	Limits *Limits `yaml:"limits"`
	// When is the task that triggers a lease; without one there is no standing privilege.
	When *When `yaml:"when" check:"required"`
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

// File is the key and the path, from the repository's root, of the file that the provider's part of the grant names; "" where
// it names none.
func (g *Grant) File() (key, path string) {
	switch {
	case g.GCP != nil && g.GCP.Boundary != nil && !g.GCP.Boundary.None:
		return "boundary", g.GCP.Boundary.File
	case g.Kubernetes != nil:
		return "ca", g.Kubernetes.CA
	}
	return "", ""
}

// Narrow is a session policy's path from the repository's root, or none.
type Narrow struct {
	None bool
	File string
}

// String renders what stands in the manifest.
func (n Narrow) String() string {
	if n.None {
		return none
	}
	return n.File
}

// Limits bound how many leases may exist, or none.
type Limits struct {
	None bool `yaml:"-"`
	// Concurrent leases alive at one time.
	Concurrent int `yaml:"concurrent" check:"required,min=1"`
	// PerDay leases in any 24 hours.
	PerDay int `yaml:"per-day" check:"required,min=1"`
}

// List is a list of strings, or none.
type List struct {
	None  bool
	Items []string
}

// none is how a manifest says that it wants no restriction of a kind.
const none = "none"
