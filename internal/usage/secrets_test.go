package usage

import (
	"strings"
	"testing"
)

func TestSecretsByPlace(t *testing.T) {
	check(t, `
on: push
permissions: {}
env: { ALL: "${{ secrets.all }}" }
jobs:
  one:
    runs-on: x
    environment: prod
    env: { JOB: "${{ secrets.JOB }}" }
    container:
      image: y
      credentials: { username: u, password: "${{ secrets.REG }}" }
    services:
      db: { image: z, env: { PW: "${{ secrets.DB }}" } }
    steps:
      - if: secrets.COND
        run: use ${{ secrets.RUN }} ${{ secrets['QUOTED'] }}
        env: { STEP: "${{ secrets.STEP || secrets.GITHUB_TOKEN }}" }
      - uses: a/b@v1
        with: { token: "${{ github.token }}", key: "${{ secrets.WITH }}" }
      - if: secrets.SET != '' && '' == secrets.SET && !secrets.SET
        env: { HAS: "${{ secrets.SET != '' }}" }
        run: make
      - run: echo ${{ toJSON(secrets) }} ${{ secrets[matrix.x] }}
  two:
    runs-on: x
    steps: [{ run: make }]
  three:
    uses: ./.github/workflows/missing.yml
`, `
one: token {}
  secret ALL: workflow env "ALL" at 4:18 in prod
  secret JOB: job env "JOB" at 9:22 in prod
  secret REG: container "password" at 12:50 in prod
  secret DB: container "PW" at 14:39 in prod
  secret COND: expression "if" at 16:13 step 0 in prod
  secret RUN: script "run" at 17:22 step 0 in prod
  secret QUOTED: script "run" at 17:41 step 0 in prod
  secret STEP: step env "STEP" at 18:27 step 0 in prod
  secret WITH: step input "key" at 20:57 step 1 in prod
  secret : script "run" at 24:30 step 3 in prod
  secret : script "run" at 24:46 step 3 in prod
two: token {}
  secret ALL: workflow env "ALL" at 4:18
three: token {}
`)
}

func TestSecretsOfCalledWorkflows(t *testing.T) {
	const called = `
-- .github/workflows/called.yml --
on:
  workflow_call:
    secrets: { token: { required: true } }
permissions: {}
jobs:
  inner:
    runs-on: x
    steps:
      - run: ${{ secrets.token }} ${{ secrets.OTHER }} ${{ secrets.OTHER }}
  deploy:
    runs-on: x
    environment: prod
    steps:
      - run: ${{ secrets.DEPLOY_KEY }}
`
	const inner = `
inner: token {}
  secret TOKEN: script "run" at 9:18 step 0
  secret OTHER: script "run" at 9:39 step 0
  secret OTHER: script "run" at 9:60 step 0
deploy: token {}
  secret DEPLOY_KEY: script "run" at 14:18 step 0 in prod
`
	t.Run("named", func(t *testing.T) {
		check(t, `
on: push
permissions: {}
jobs:
  call:
    uses: ./.github/workflows/called.yml
    secrets: { token: "${{ secrets.MINE }}" }
`+called, `
call: token {}
  secret MINE: reusable workflow "token" at 7:28
  secret DEPLOY_KEY: reusable workflow "run" at 6:11 step 0 via deploy in prod
`+inner)
	})
	t.Run("inherited", func(t *testing.T) {
		check(t, `
on: push
permissions: {}
jobs:
  call:
    uses: ./.github/workflows/called.yml
    secrets: inherit
`+called, `
call: token {}
  secret TOKEN: secrets: inherit "run" at 7:14 step 0 via inner
  secret OTHER: secrets: inherit "run" at 7:14 step 0 via inner
  secret DEPLOY_KEY: secrets: inherit "run" at 7:14 step 0 via deploy in prod
`+inner)
	})
	t.Run("inherited through another", func(t *testing.T) {
		check(t, `
on: push
permissions: {}
jobs:
  call:
    uses: ./.github/workflows/between.yml
    secrets: inherit
-- .github/workflows/between.yml --
on: workflow_call
permissions: {}
jobs:
  between:
    uses: $/.github/workflows/called.yml
    secrets: inherit
`+called, `
call: token {}
  secret TOKEN: secrets: inherit "run" at 7:14 step 0 via inner
  secret OTHER: secrets: inherit "run" at 7:14 step 0 via inner
  secret DEPLOY_KEY: secrets: inherit "run" at 7:14 step 0 via deploy in prod
between: token {}
  secret TOKEN: secrets: inherit "run" at 6:14 step 0 via inner
  secret OTHER: secrets: inherit "run" at 6:14 step 0 via inner
  secret DEPLOY_KEY: secrets: inherit "run" at 6:14 step 0 via deploy in prod
`+inner)
	})
	t.Run("of another repository", func(t *testing.T) {
		check(t, `
on: push
permissions: {}
jobs:
  call:
    uses: acme/shared/.github/workflows/x.yml@v1
    secrets: inherit
`, `
call: token {}
  secret : secrets: inherit "" at 7:14
`)
	})
	t.Run("not callable", func(t *testing.T) {
		check(t, `
on: push
permissions: {}
jobs:
  call:
    uses: ./.github/workflows/other.yml
    secrets: inherit
-- .github/workflows/other.yml --
on: push
permissions: {}
jobs:
  own: { runs-on: x, steps: [{ run: "${{ secrets.OWN }}" }] }
`, `
call: token {}
  secret : secrets: inherit "" at 7:14
own: token {}
  secret OWN: script "run" at 4:42 step 0
`)
	})
}

// TestCycle: GitHub refuses workflows that call each other; reading them must still end.
func TestCycle(t *testing.T) {
	check(t, `
on: [push, workflow_call]
permissions: { contents: read }
jobs:
  a: { uses: ./.github/workflows/b.yml, secrets: inherit }
-- .github/workflows/b.yml --
on: workflow_call
jobs:
  b: { uses: ./.github/workflows/ci.yml, secrets: inherit }
  c: { runs-on: x, steps: [{ uses: ./act, with: { k: "${{ secrets.K }}" } }] }
-- act/action.yml --
runs:
  using: composite
  steps: [{ uses: ./act }]
`, `
a: token {contents=read}
  secret K: secrets: inherit "k" at 5:50 step 0 via c
b: token {contents=read}
c: token {contents=read}
  secret K: step input "k" at 4:59 step 0
skipped act/action.yml:3:19: local actions are used too deeply or too often to follow them all
`)
}

func TestStored(t *testing.T) {
	repo := Collect(parse(`
on: push
jobs:
  named: { uses: ./.github/workflows/called.yml, secrets: { token: "${{ secrets.MINE }}" } }
  own: { uses: ./.github/workflows/called.yml, secrets: { token: "${{ secrets.GITHUB_TOKEN }}" } }
  all: { uses: ./.github/workflows/between.yml, secrets: { token: "${{ secrets.FIRST || secrets.SECOND }}" } }
-- .github/workflows/between.yml --
on: workflow_call
jobs:
  between: { uses: ./.github/workflows/called.yml, secrets: inherit }
-- .github/workflows/called.yml --
on: workflow_call
jobs:
  inner: { runs-on: x, steps: [] }
  placed: { runs-on: x, environment: prod, steps: [] }
-- .github/workflows/elsewhere.yml --
on: workflow_call
jobs:
  elsewhere: { runs-on: x, steps: [] }
`), knowledge(t))
	want := map[string]string{
		"named": "TOKEN", "own": "TOKEN", "all": "TOKEN", "elsewhere": "TOKEN",
		"between": "FIRST SECOND", "inner": "MINE FIRST SECOND", "placed": "TOKEN MINE FIRST SECOND",
	}
	for _, j := range repo.Jobs {
		if got := strings.Join(j.Stored("TOKEN"), " "); got != want[j.Job.ID.Value] {
			t.Errorf("%s: TOKEN stands for %q, want %q", j.Job.ID.Value, got, want[j.Job.ID.Value])
		}
	}
}
