package posture

import "testing"

func TestSecretsInherit(t *testing.T) {
	const caller = `-- .github/workflows/a.yml --
on: push
jobs:
  call:
    uses: ./.github/workflows/b.yml
    secrets: inherit
-- .github/workflows/b.yml --
on:
  workflow_call:
`
	cases{
		{"declared names need no declaring", caller + `    secrets:
      one: {}
jobs:
  x:
    runs-on: x
    steps: [{run: "${{ secrets.ONE }} ${{ secrets.one }}"}]
`, []string{"a.yml:5:14 low every secret of the repository is handed to ./.github/workflows/b.yml, which reads only ONE" +
			" | write `secrets: { ONE: ${{ secrets.ONE }} }`"}},
		{"none", caller + `jobs:
  x:
    runs-on: x
    steps: [{run: "${{ secrets.GITHUB_TOKEN }} ${{ github.token }}"}]
`, []string{"a.yml:5:14 low every secret of the repository is handed to ./.github/workflows/b.yml, which reads none" +
			" | remove `secrets: inherit`"}},
		{"through a further call, even in a circle", caller + `jobs:
  x:
    uses: ./.github/workflows/c.yml
    secrets: inherit
-- .github/workflows/c.yml --
on: workflow_call
jobs:
  y:
    runs-on: x
    env: {T: "${{ secrets.TWO }}"}
    steps: [{run: make}]
  z:
    uses: ./.github/workflows/b.yml
    secrets: inherit
`, []string{
			"a.yml:5:14 low every secret of the repository is handed to ./.github/workflows/b.yml, which reads only TWO" +
				" | write `secrets: { TWO: ${{ secrets.TWO }} }` and declare TWO under `on.workflow_call.secrets` of .github/workflows/b.yml",
			"b.yml:6:14 low every secret of the repository is handed to ./.github/workflows/c.yml, which reads only TWO" +
				" | write `secrets: { TWO: ${{ secrets.TWO }} }` and declare TWO under `on.workflow_call.secrets` of .github/workflows/c.yml",
			"c.yml:9:14 low every secret of the repository is handed to ./.github/workflows/b.yml, which reads only TWO" +
				" | write `secrets: { TWO: ${{ secrets.TWO }} }` and declare TWO under `on.workflow_call.secrets` of .github/workflows/b.yml",
		}},
		{"unknown", caller + `jobs:
  x:
    runs-on: x
    steps: [{run: "${{ secrets[inputs.name] }}"}]
`, []string{"a.yml:5:14 medium every secret of the repository is handed to ./.github/workflows/b.yml, which hands them on or reads them by computed names" +
			" | let .github/workflows/b.yml name the secrets that it reads, then hand on those by name"}},
		{"not in the tree", `on: push
jobs:
  call:
    uses: ./.github/workflows/gone.yml
    secrets: inherit
`, []string{"example.yml:5:14 medium every secret of the repository is handed to ./.github/workflows/gone.yml, and what that reads can't be seen from here" +
			" | hand on each secret that it documents by name, `secrets: { NAME: ${{ secrets.NAME }} }`"}},
	}.run(t, "secrets-inherit")
}
