// Package verify asks a credential's own service whether the credential still works and what it may do. Beside
// revoke it is the one place that sends a found credential anywhere: to the service that issued it, and only where
// the caller named it.
//
// A credential is live or dead by its service's unambiguous word alone; everything else is unknown, with a
// reason. docs/verify.md says for each service what is asked and what counts.
package verify
