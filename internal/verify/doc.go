// Package verify asks a credential's own service whether the credential still works and what it may do. It
// is the one place that sends a found credential anywhere: to the service that issued it, and only where
// the caller named it.
package verify
