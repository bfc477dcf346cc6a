// Package custody is what leases leave on a job's machine: what ends each of them, for the process that will, and the
// files in which some are handed over. All of it is as secret as the credentials, readable for its owner alone,
// and removed with the lease. What a command printed is kept as well, where it is recorded: masked, and until somebody takes it away.
//
// Another step of the same job runs as the same user and can read it, as it can read the job's environment: what keeps
// a credential from it is another job.
package custody
