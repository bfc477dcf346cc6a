// Package identity says who a job is by the claims of its OIDC ID token. The words are those of no one
// platform: what GitHub calls a repository and GitLab a project is a project here. It is pure, and
// takes claims as they are: whether a token's signature, issuer, audience and times hold is for whoever
// obtained it to verify first.
package identity
