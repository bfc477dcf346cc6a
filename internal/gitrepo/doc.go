// Package gitrepo reads a repository: the files of its working tree and of its commits, what its history held
// at which paths and when, and what a pull request or the index adds.
//
// What it reads may be hostile. It runs git, but never anything that the repository configures: hooks,
// file system monitors, filters, remote helpers, ssh commands; git gets an environment of our own, and no
// protocol that it may fetch with. It follows no link, opens nothing but regular files, and reports
// whatever it leaves out as a Skip, or as Missing from a history.
package gitrepo
