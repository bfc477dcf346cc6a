// Package markup shows text from outside as nothing but text: names, messages and source lines come from
// repositories that may be hostile, and go to terminals, logs and GitHub's Markdown. It is pure.
package markup
