// Package report writes a scan's Result as text, JSON, SARIF, GitHub annotations or Markdown. It is
// the sole importer of go-sarif. Nothing in it decides anything.
package report
