// Package report writes a scan's Result as text, JSON, SARIF, GitHub annotations, Markdown or GitLab's Code Quality report, and
// reads the JSON back. It is the sole importer of go-sarif. Nothing in it decides anything, and no
// format prints a time: the same Result gives the same bytes.
//
// Names, messages and source lines come from the scanned repository and may be hostile. Each format
// escapes them in its own way; what all share is markup.Visible, which leaves nothing that moves a
// cursor, reorders text, hides, or starts a command of the Actions runner.
package report
