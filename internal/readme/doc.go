// Package readme runs the shell blocks of README.md and docs/ as tests, follows the links of all pages, holds the flags
// that they name to the program's help, and looks for the tests that the threat model names. It has no code of its own.
package readme
