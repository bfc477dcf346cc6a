// Package redact holds the one type that a secret's value lives in, and the masker that keeps values
// out of whatever text leaves the process. It imports nothing of ours.
package redact
