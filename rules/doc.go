// Package rules is what curfew knows, as data: one Markdown file a rule, what each known action needs and
// accepts, and the built-in policy of leases. It is a Go package at the top level because go:embed can't reach "..".
package rules

//go:generate go run ../internal/rulesdoc
