// Package architecture holds the walls of the house: tests that read every Go file's syntax and say
// which room reaches where it may not. It has no code of its own.
package architecture
