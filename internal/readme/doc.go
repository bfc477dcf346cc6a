// Package readme runs the shell blocks of README.md as tests, so that what it says is so. It has no
// code of its own.
package readme
