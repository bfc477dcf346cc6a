package posture

import "testing"

func TestSecretScopeWide(t *testing.T) {
	const job = "on: push\njobs:\n  a:\n    runs-on: x\n    env:\n      T: ${{ secrets.T }}\n    steps:\n"
	const message = `example.yml:6:14 low secret T is in the env of job "a", where each of its 2 steps can read it`
	cases{
		{"one step", job + "      - run: echo $T\n", nil},
		{"each step names it", job + "      - run: echo $T\n      - run: echo \"${T}\"\n", nil},
		{"by expression and input", job + "      - uses: a/b@v1\n        with: {x: \"${{ env.t }}\"}\n      - uses: actions/github-script@v8\n        with: {script: \"f(process.env.T)\"}\n", nil},
		{"part of a longer name", job + "      - run: echo $TT\n      - run: echo $T_2\n", []string{
			message + " | no step names `T`: remove it, or move it to the env of the steps whose programs read it",
		}},
		{"one of two", job + "      - run: make\n      - {name: Push, run: echo $T}\n", []string{
			message + " | move `T` to the env of step \"Push\"",
		}},
		{"a condition", job + "      - run: make\n      - {uses: a/b@v1, if: \"env.T != ''\"}\n", []string{
			message + " | move `T` to the env of step \"a/b\"; for the conditions keep `HAS_T: ${{ secrets.T != '' }}`",
		}},
		{"only whether it is set", `on: push
jobs:
  a:
    runs-on: x
    env:
      A: ${{ secrets.T != '' }}
      B: ${{ '' == secrets.T }}
      C: ${{ !secrets.T }}
      D: ${{ secrets.T == 'x' && 'y' || 'z' }}
    steps: [{run: make}, {run: make}]
`, nil},
		{"chosen by a condition", `on: push
jobs:
  a:
    runs-on: x
    env:
      A: ${{ github.ref == 'x' && secrets.P || secrets.Q }}
    steps: [{run: make}, {run: echo $A}]
`, []string{
			`example.yml:6:35 low secret P is in the env of job "a", where each of its 2 steps can read it | move ` + "`A` to the env of step 2",
			`example.yml:6:48 low secret Q is in the env of job "a", where each of its 2 steps can read it | move ` + "`A` to the env of step 2",
		}},
		{"the workflow's", `on: push
env: {T: "${{ secrets.T }}", G: "${{ secrets.GITHUB_TOKEN }}", P: plain}
jobs:
  a:
    runs-on: x
    steps: [{name: Push, run: echo $T}]
  b:
    runs-on: x
    steps: [{run: make}]
  c:
    uses: ./.github/workflows/x.yml
`, []string{
			"example.yml:2:15 medium secret T is in the env of the whole workflow, where 2 steps of 2 jobs can read it | move `T` to the env of step \"Push\" of job \"a\"",
		}},
	}.run(t, "secret-scope-wide")
}
