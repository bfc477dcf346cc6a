// Package ledger keeps the evidence of what was issued, in records whose bytes have one form only.
//
// No record holds a secret's value: a credential is known by its handle and, where its value can't be
// guessed, by a fingerprint.
package ledger
