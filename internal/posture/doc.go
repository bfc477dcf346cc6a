// Package posture is the checks: what persists, compared with what the manifest entitles. Each check
// is one file and one line in the table; its title, severity, words and examples are data in rules/.
package posture
