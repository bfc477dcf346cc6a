// Package attest is what a recorder says of a repository to those who lease there: that the manifest's branch is
// guarded, and by what, when owners certified identities last, and who used and reviewed break-glass. It makes records of an inventory and of older
// records, and facts of such records. It is pure: what proves the records is in ledger, and who asks for the facts in
// issuance.
package attest
