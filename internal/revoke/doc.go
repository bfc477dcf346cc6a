// Package revoke ends a found credential by its own service, where that has an API for it. What it would do can be told
// beforehand, and telling sends nothing; once it is done, internal/verify is asked whether the credential is dead.
//
// "Done" is a service's own word, never a guess: that of its answer to the request, that it has ended the credential
// before, or that it doesn't take it any more where it did. All else is failed, where the credential still works, or unsure. docs/revoke.md says for each
// service what is sent and what counts.
package revoke
