package manifest

// HandOver is how a credential reaches the job: as environment variables or a file.
type HandOver struct {
	// As is env or file; what the provider's tools expect unless said.
	As Handing `yaml:"as"`
	// Names replace the ecosystem's variable names, for example AWS_ACCESS_KEY_ID: DEPLOY_KEY_ID.
	Names map[string]string `yaml:"names" check:"key=variable,variable"`
	// Endpoint is the only way to redirect an exchange, by URL.
	Endpoint string `yaml:"endpoint" check:"url"`
}

// Handing is how a credential reaches the job.
type Handing string

// The ways.
const (
	AsEnv  Handing = "env"
	AsFile Handing = "file"
)

// Values are the ways.
func (Handing) Values() []string { return values(AsEnv, AsFile) }

// AWS is an IAM role by STS AssumeRoleWithWebIdentity.
type AWS struct {
	// Role ARN: of an account of Amazon's, or of the server at the endpoint.
	Role string `yaml:"role" check:"required,sts-role"`
	// Audience of the ID token, usually sts.amazonaws.com.
	Audience string `yaml:"audience" check:"required,audience"`
	// Region whose STS endpoint is asked.
	Region   string `yaml:"region" check:"required,region"`
	HandOver `yaml:",inline"`
}

// GCP is a service account through workload identity federation.
type GCP struct {
	// Provider is the workload identity pool provider's resource name, projects/….
	Provider string `yaml:"provider" check:"required,gcp-provider"`
	// ServiceAccount that is impersonated, by email.
	ServiceAccount string `yaml:"service-account" check:"required,email"`
	// Audience of the ID token; the provider's own unless said.
	Audience string `yaml:"audience" check:"audience"`
	// Scopes of the access token, or none.
	Scopes *List `yaml:"scopes" check:"required"`
	// Boundary is a Credential Access Boundary's path, or none.
	Boundary *Narrow `yaml:"boundary" check:"required"`
	HandOver `yaml:",inline"`
}

// Azure is an application or managed identity by federated credential.
type Azure struct {
	// Tenant id.
	Tenant string `yaml:"tenant" check:"required,uuid"`
	// Client id.
	Client string `yaml:"client" check:"required,uuid"`
	// Subscription id.
	Subscription string `yaml:"subscription" check:"uuid"`
	// Audience of the ID token; api://AzureADTokenExchange unless said.
	Audience string `yaml:"audience" check:"audience"`
	HandOver `yaml:",inline"`
}

// Vault is a role of a JWT auth mount, of Vault or OpenBao.
type Vault struct {
	// Address is the server's URL.
	Address string `yaml:"address" check:"required,url"`
	// Mount of the JWT auth method.
	Mount string `yaml:"mount" check:"required,mount"`
	// Role to log in as.
	Role string `yaml:"role" check:"required,role"`
	// Namespace, where the server has them.
	Namespace string `yaml:"namespace" check:"mount"`
	// Audience of the ID token; the address unless said.
	Audience string `yaml:"audience" check:"audience"`
	// Read maps secret paths to variable names.
	Read     map[string]string `yaml:"read" check:"key=mount,variable"`
	HandOver `yaml:",inline"`
}

// GitHub is an installation token from an octo-sts-compatible exchange.
type GitHub struct {
	// Exchange is the service's URL.
	Exchange string `yaml:"exchange" check:"required,url"`
	// Identity is the trust policy's name there.
	Identity string `yaml:"identity" check:"required,trust-policy"`
	// Repositories that the token reaches, owner/name.
	Repositories []string `yaml:"repositories" check:"required,some,repository"`
	// Permissions of the token: scope to read or write.
	Permissions map[string]Access `yaml:"permissions" check:"required,some,key=permission"`
	HandOver    `yaml:",inline"`
}

// OAuth is a token exchange by RFC 8693.
type OAuth struct {
	// TokenURL of the authorization server.
	TokenURL string `yaml:"token-url" check:"required,url"`
	// Audience of the ID token.
	Audience string `yaml:"audience" check:"required,audience"`
	// Scope asked for, or none.
	Scope *List `yaml:"scope" check:"required"`
	// Resource (RFC 8707) asked for, or none.
	Resource *List `yaml:"resource" check:"required"`
	// RevokeURL for RFC 7009, where the server offers it.
	RevokeURL string `yaml:"revoke-url" check:"url"`
	// Client id of a public client, where the server asks for one.
	Client string `yaml:"client" check:"client"`
	// SubjectTokenType that the server takes an ID token for; jwt unless said.
	SubjectTokenType SubjectTokenType `yaml:"subject-token-type"`
	HandOver         `yaml:",inline"`
}

// SubjectTokenType is what an ID token is called in a token exchange (RFC 8693, section 3).
type SubjectTokenType string

// The names, each of which is right for an ID token: any JWT, and one by OpenID Connect.
const (
	SubjectJWT     SubjectTokenType = "jwt"
	SubjectIDToken SubjectTokenType = "id_token"
)

// Values are the names.
func (SubjectTokenType) Values() []string { return values(SubjectJWT, SubjectIDToken) }

// Registry is a package on a registry with trusted publishing.
type Registry struct {
	// Package to publish.
	Package string `yaml:"package" check:"required,package"`
	// Audience of the ID token; the registry's own unless said.
	Audience string `yaml:"audience" check:"audience"`
	HandOver `yaml:",inline"`
}

// Kubernetes is an API server that trusts the ID token itself.
type Kubernetes struct {
	// Server is the API server's URL.
	Server string `yaml:"server" check:"required,url"`
	// CA is the path of its certificate authority's PEM file.
	CA string `yaml:"ca" check:"required,path"`
	// Audience of the ID token.
	Audience string `yaml:"audience" check:"required,audience"`
	// Namespace of the context.
	Namespace string `yaml:"namespace" check:"namespace"`
	HandOver  `yaml:",inline"`
}
