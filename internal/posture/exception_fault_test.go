package posture

import (
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
)

func TestExceptionFault(t *testing.T) {
	const job = "-- .github/workflows/w.yml --\non: push\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps: [{run: make, env: {A: \"READ\"}}]\n"
	read := func(expr string) string { return strings.Replace(job, "READ", "${{ "+expr+" }}", 1) }
	actions := strings.Replace(exception("S", "x", "2026-12-31"), "{ file: x }", "actions", 1)
	const unused = `.github/curfew.yml:5:3 medium exception "e" has no use: no job reads S | revoke the secret and remove the exception`
	cases{
		{"used", actions + read("secrets.s"), nil},
		{"unused", actions + read("secrets.T"), []string{unused}},
		{"perhaps used by a computed name", actions + read("secrets[matrix.x]"), nil},
		{"perhaps used by another repository's workflow", actions + "-- .github/workflows/w.yml --\non: push\npermissions: {}\njobs:\n  a:\n    uses: a/b/.github/workflows/c.yml@v1\n    secrets: inherit\n", nil},
		{"used through a workflow of the repository", actions + "-- .github/workflows/w.yml --\non: push\npermissions: {}\njobs:\n  a:\n    uses: ./.github/workflows/c.yml\n    secrets: inherit\n" +
			"-- .github/workflows/c.yml --\non: workflow_call\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps: [{run: \"${{ secrets.S }}\"}]\n", nil},
		{"another service's store", strings.Replace(actions, "store: actions", "store: dependabot", 1) + read("secrets.T"), nil},
		{"file with its token", exception("GITHUB_TOKEN", "x.env", "2026-12-31") + "-- x.env --\nGITHUB_TOKEN={fake:ghp_:36}\n", nil},
		{"file without", exception("GITHUB_TOKEN", "x.env", "2026-12-31") + "-- x.env --\nGITHUB_TOKEN=\n", []string{
			`.github/curfew.yml:5:3 medium exception "e" has no use: no such token stands in x.env | revoke the secret and remove the exception`,
		}},
		{"last day", exception("S", "x", "2026-11-23"), []string{
			`.github/curfew.yml:5:3 medium exception "e" has no use: no such token stands in x | revoke the secret and remove the exception`,
		}},
		{"ended", strings.Replace(actions, "2026-12-31", "2026-11-22", 1) + read("secrets.S"), []string{
			`.github/curfew.yml:12:14 medium exception "e" of secret S ended on 2026-11-22 | replace the secret and remove the exception, or have its owner accept the risk again until a later day`,
		}},
	}.run(t, "exception-fault")
}

// TestUnreadFilesProveNothing holds that an exception of a file has a use until somebody has looked.
func TestUnreadFilesProveNothing(t *testing.T) {
	for unread, want := range map[string]bool{"x.env": false, "y.env": true} {
		e := manifest.Exception{Secret: "S", Store: manifest.Store{Kind: manifest.StoreFile, Name: "x.env"}}
		p := &Pass{Facts: &Facts{Unread: []string{unread}, Now: now}}
		if got := p.provenUnused(&e); got != want {
			t.Errorf("%s unread: proven unused %v", unread, got)
		}
	}
}

func TestManifestFault(t *testing.T) {
	faults := []manifest.Fault{
		{Pointer: "/identities/a~1b/runs-as", Kind: manifest.FaultOverlap, Message: "m", Fix: "f"},
		{Pointer: "/exceptions/e/owner", Kind: manifest.FaultOwner, Message: "m", Fix: "f"},
		{Pointer: "/extends", Kind: manifest.FaultGlob, Message: "m", Fix: "f"},
	}
	m := &manifest.Manifest{
		Identities: map[string]manifest.Identity{"a/b": {Owner: "web"}},
		Exceptions: map[string]manifest.Exception{"e": {Owner: "ops"}},
	}
	run := func(check func(*Pass)) []finding.Finding {
		p := &Pass{Facts: &Facts{Manifest: m, Faults: faults, Now: now}, Rule: page(t, "manifest-fault")}
		check(p)
		return p.findings
	}
	got := run(manifestFault)
	if len(got) != 2 || got[0].Severity != finding.High || got[0].Identity != "a/b" || got[0].Owner != "web" ||
		got[0].Key != "overlap /identities/a~1b/runs-as" || got[1].Severity != finding.Note {
		t.Errorf("manifest-fault: %+v", got)
	}
	p := &Pass{Facts: &Facts{Faults: faults[1:2], Now: now}, Rule: page(t, "exception-fault")}
	exceptionFault(p)
	if len(p.findings) != 1 || p.findings[0].Key != "owner /exceptions/e/owner" {
		t.Errorf("exception-fault: %+v", p.findings)
	}
}
