// Package readme runs the shell blocks of README.md as tests, follows the links of all pages, and looks for the
// tests that the threat model names. It has no code of its own.
package readme
