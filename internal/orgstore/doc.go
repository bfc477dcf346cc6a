// Package orgstore is the ledger store that an organisation's policy names, as a job reaches it: a bucket,
// with the credentials of a role that is leased for the job's ID token. It counts and takes slots of what is
// limited, and deposits the job's sealed records.
//
// It holds no credential that outlives the job by more than the shortest session that STS issues, and writes
// by creating alone: a role that may neither overwrite nor delete is enough.
package orgstore
