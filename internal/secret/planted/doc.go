// Package planted makes up credentials for tests: one of each kind, put together at run time from a seed,
// so that no scanner finds any in this repository. No shipped code imports it.
//
// A test plants them in a tree and afterwards looks for them in all that came out: that is what holds the
// law that a secret's value never leaves the process.
package planted
