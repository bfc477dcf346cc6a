package usage

import "testing"

func TestToken(t *testing.T) {
	check(t, `
on: push
permissions: { contents: write, issues: read, checks: none }
jobs:
  inherits: { runs-on: x, steps: [] }
  replaces: { runs-on: x, permissions: { Packages: WRITE }, steps: [] }
  none: { runs-on: x, permissions: {}, steps: [] }
  all: { runs-on: x, permissions: write-all, steps: [] }
-- .github/workflows/default.yml --
on: push
jobs:
  unknown: { runs-on: x, steps: [] }
`, `
inherits: token {contents=write issues=read}
replaces: token {packages=write}
none: token {}
all: token write-all
unknown: token unknown
`)
}

func TestTokenOfCalledJobs(t *testing.T) {
	check(t, `
on: push
jobs:
  reads: { uses: ./.github/workflows/called.yml, permissions: { contents: read, issues: write } }
  writes: { uses: ./.github/workflows/called.yml, permissions: { contents: write } }
-- .github/workflows/called.yml --
on: workflow_call
jobs:
  takes: { runs-on: x, steps: [] }
  asks: { runs-on: x, permissions: { contents: write, packages: write, issues: read }, steps: [] }
  all: { runs-on: x, permissions: read-all, steps: [] }
`, `
reads: token {contents=read issues=write}
writes: token {contents=write}
takes: token {contents=write issues=write}
asks: token {contents=write issues=read}
all: token {contents=read issues=read}
`)
}

// TestTokenOfCallers: a job that declares nothing but calls a workflow whose jobs all do holds what
// those hold; one that may fall back to the default stays unknown.
func TestTokenOfCallers(t *testing.T) {
	check(t, `
on: push
jobs:
  sized: { uses: ./.github/workflows/sized.yml }
  unsized: { uses: ./.github/workflows/unsized.yml }
-- .github/workflows/sized.yml --
on: workflow_call
permissions: { contents: read }
jobs:
  a: { runs-on: x, steps: [] }
  b: { runs-on: x, permissions: { contents: write }, steps: [] }
-- .github/workflows/unsized.yml --
on: workflow_call
jobs:
  c: { runs-on: x, steps: [] }
  d: { runs-on: x, permissions: {}, steps: [] }
`, `
sized: token {contents=write}
unsized: token unknown
a: token {contents=read}
b: token {contents=write}
c: token unknown
d: token {}
`)
}

func TestLevels(t *testing.T) {
	read, write := Token{Declared: true, All: "read-all"}, Token{Declared: true, All: "write-all"}
	for scope, want := range map[string][2]string{
		"contents": {"read", "write"},
		"id-token": {"", "write"},
		"models":   {"read", "read"},
		"nonsense": {"", ""},
	} {
		if got := [2]string{read.Level(scope), write.Level(scope)}; got != want {
			t.Errorf("%s under read-all and write-all: %v, want %v", scope, got, want)
		}
	}
}

func TestNeedsIdentity(t *testing.T) {
	files := parse(`
on: push
permissions: {}
jobs:
  nothing: { runs-on: x, steps: [{ run: make }] }
  reads: { runs-on: x, permissions: read-all, steps: [{ run: make }] }
  default: { uses: ./.github/workflows/called.yml }
  secret: { runs-on: x, steps: [{ run: "${{ secrets.X }}" }] }
  writes: { runs-on: x, permissions: { issues: write }, steps: [] }
  oidc: { runs-on: x, permissions: { id-token: write }, steps: [] }
  all: { runs-on: x, permissions: write-all, steps: [] }
-- .github/workflows/called.yml --
on: workflow_call
permissions: write-all
jobs:
  called: { runs-on: x, steps: [{ run: "${{ secrets.X }}" }] }
`)
	want := map[string]bool{"secret": true, "writes": true, "oidc": true, "all": true}
	for _, j := range Collect(files, knowledge(t)).Jobs {
		if id := j.Job.ID.Value; j.NeedsIdentity() != want[id] {
			t.Errorf("%s needs an identity: %t", id, j.NeedsIdentity())
		}
	}
}

func TestActing(t *testing.T) {
	repo := Collect(parse(`
on: push
jobs:
  root: { uses: ./.github/workflows/one.yml }
  other: { uses: ./.github/workflows/two.yml }
-- .github/workflows/lone.yml --
on: workflow_call
jobs:
  lone: { runs-on: x, steps: [] }
-- .github/workflows/one.yml --
on: workflow_call
jobs:
  one: { uses: ./.github/workflows/two.yml }
-- .github/workflows/two.yml --
on: workflow_call
jobs:
  two: { runs-on: x, steps: [] }
`), knowledge(t))
	want := map[string]string{"root": "root", "other": "other", "lone": "", "one": "root", "two": "other root"}
	for _, j := range repo.Jobs {
		id := j.Job.ID.Value
		if got := ids(j.Acting()); got != want[id] {
			t.Errorf("%s acts as %q, want %q", id, got, want[id])
		}
	}
}

func ids(jobs []*Job) string {
	out := ""
	for i, j := range jobs {
		if i > 0 {
			out += " "
		}
		out += j.Job.ID.Value
	}
	return out
}
