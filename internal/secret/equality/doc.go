// Package equality holds the secret engine to gitleaks' library: on the same bytes it finds the same, in
// made-up versions of texts with every test run, and in the history of any repository with make equality.
// It is for tests alone.
package equality
