// Package draft writes a first manifest from what a repository uses today; every guess is marked
// "# review:".
package draft
