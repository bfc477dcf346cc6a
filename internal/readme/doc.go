// Package readme runs the shell blocks of README.md as tests, and follows the links of all pages. It has no
// code of its own.
package readme
