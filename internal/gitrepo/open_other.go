//go:build !unix

package gitrepo

// openFlags are none where there are no named pipes among files.
const openFlags = 0
