// Package cli is the command line: verbs, flags, exit codes. With package action it is the only
// reader of the environment, and it is the sole importer of cobra.
package cli
