// Package governance reads what decides over leases, for internal/issuance: the manifest, the policy of the
// organisation that it extends, and policies in Rego. Read says which files those are, wherever they come from;
// Local takes them from repositories on this machine, and Kept reads no commit of these twice; Proven takes them there from
// the commit that the job's ID token proves; internal/github takes them from
// GitHub's API.
//
// What is there and can't be read is an error, and so is what must be there and isn't. Nothing is decided here.
package governance
