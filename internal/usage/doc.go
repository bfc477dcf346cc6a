// Package usage says what each job of a repository uses: the secrets it reads, the rights of its
// GITHUB_TOKEN, the clouds and registries it logs in to. It knows actions by rules/actions and follows
// local actions and reusable workflows. Checks compare it with the manifest; init writes one from it.
package usage
