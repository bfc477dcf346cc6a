// Package action is a step of GitHub Actions seen from inside: its inputs, its log, its summary and
// its outputs. Sole importer of go-githubactions, whose file commands can be injected into and which
// panics where they can't be written: of it only inputs and the escaping of commands are used.
package action
