// Package gitrepo reads a repository's files and commits without ever running what it configures and
// without leaving its tree.
package gitrepo
