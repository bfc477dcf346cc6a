// Package history searches everything that a repository's commits ever held: the versions that its object
// database hands out along their deltas, through the secret engine, and says for what is found which
// commit brought it, which held it last and whether the tip still has it.
package history
