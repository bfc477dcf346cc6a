package posture

import "testing"

func TestTokenDefault(t *testing.T) {
	const steps = "    runs-on: x\n    steps: [{run: make}]\n"
	const atTop = " | write `permissions: {}` at the top of the workflow and give each job the scopes that it needs"
	const list = " | list the scopes that are needed, such as `permissions: { contents: read }`, or `permissions: {}` for none"
	cases{
		{"only the jobs without a key", "on: push\njobs:\n  a:\n    permissions: {}\n" + steps + "  b:\n" + steps + "  c:\n" + steps, []string{
			`example.yml:7:3 medium jobs "b" and "c" have no permissions key, nor has the workflow: a setting of the repository sizes their GITHUB_TOKEN` + atTop,
		}},
		{"empty at the top", "on: push\npermissions: {}\njobs:\n  a:\n" + steps, nil},
		{"all at the top, though every job has its own", "on: push\npermissions: write-all\njobs:\n  a:\n    permissions: {}\n" + steps, nil},
		{"all of one job", "on: push\npermissions: {}\njobs:\n  a:\n    permissions: write-all\n" + steps, []string{
			`example.yml:5:18 high write-all lets job "a" do everything that a GITHUB_TOKEN can` + list,
		}},
		{"all at the top", "on: push\npermissions: read-all\njobs:\n  a:\n" + steps, []string{
			`example.yml:2:14 low read-all lets each job without permissions of its own read everything that a GITHUB_TOKEN can` + list,
		}},
		{"called and started by itself", "on: [push, workflow_call]\njobs:\n  a:\n" + steps, []string{
			`example.yml:3:3 medium job "a" has no permissions key, nor has the workflow: a setting of the repository sizes its GITHUB_TOKEN` + atTop,
		}},
		{"the callee sizes each job", "on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n-- .github/workflows/b.yml --\non: workflow_call\npermissions: {}\njobs:\n  b:\n" + steps, nil},
		{"the callee doesn't", "on: push\njobs:\n  a:\n    uses: ./.github/workflows/b.yml\n-- .github/workflows/b.yml --\non: workflow_call\njobs:\n  b:\n" + steps, []string{
			`example.yml:3:3 medium job "a" has no permissions key, nor has the workflow: a setting of the repository sizes its GITHUB_TOKEN` + atTop,
		}},
		{"an action has none", "-- action.yml --\nname: x\nruns:\n  using: composite\n  steps: [{run: make, shell: bash}]\n", nil},
		{"merged from an anchor", "on: push\njobs:\n  a: &a\n    permissions: {}\n" + steps + "  b:\n    <<: *a\n", nil},
	}.run(t, "token-default")
}
