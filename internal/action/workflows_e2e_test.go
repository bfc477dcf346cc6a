//go:build e2e

package action_test

import "testing"

// TestE2EWorkflows runs workflows as users write them, with the action by its commit, in a runner that isn't ours: act.
func TestE2EWorkflows(t *testing.T) {
	w := newWorld(t)
	t.Run("jobs", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *world){
			"scan": scans, "upload": uploads, "fork": fork, "read-only token": readOnly,
			"lease": leases, "cancelled": cancelled, "killed while it leases": killedLeasing, "hindered": hindered,
			"matrix": matrix, "records as an artifact": artifact, "missing permissions": missingPermissions,
			"hostile repository": hostileRepository, "hostile inputs": hostileInputs,
			"tampered": tampered, "proxy": proxied, "called": called, "break-glass": breakGlass,
		} {
			t.Run(name, func(t *testing.T) { test(t, w) })
		}
	})
	t.Run("collected", func(t *testing.T) { collected(t, w) })
}

// deployJob begins a workflow with the job that the manifest entitles; deploySteps goes on to the steps that use the action.
const (
	deployJob = `on: push
permissions: { contents: read, actions: read, id-token: write }
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: production
`
	deploySteps = deployJob + `    steps:
      - uses: actions/checkout@v5
`
)
