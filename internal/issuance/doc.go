// Package issuance is the whole way from a job that asks for IDENTITY/GRANT to a credential that may be
// handed over, and to the recorded end of it. It brings together what others do: identity proves who asks,
// manifest and policy decide, lease exchanges and revokes, ledger keeps what happened.
//
// Two things hold at every point of the way, whatever fails and whenever the job is cancelled. Where a
// credential exists, a record says that it was to be asked for and until when it can live at most. And who
// gets none is told by a record which condition wasn't proven.
//
// What it checks, it checks inside of the job: another step of the same job can fetch an ID token of its own
// and go to the provider. What keeps that step out is the provider's own trust policy.
package issuance
