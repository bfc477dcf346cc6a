// Package identity says who a job is by the claims of its OIDC ID token. The words are those of no one
// platform: what GitHub calls a repository and GitLab a project is a project here. It is pure: keys and
// the time are handed in.
//
// Verify proves that a token's issuer made the claims, and for whom; From reads claims as they are, so
// those of a token that decides anything come from Verify alone.
package identity
