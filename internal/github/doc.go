// Package github speaks to GitHub's REST API, on github.com, a data-residency host or an Enterprise
// Server, and is the sole importer of go-github. The token goes to the API's own host and nowhere
// else; what GitHub asks callers to wait for is waited for, within bounds.
package github
