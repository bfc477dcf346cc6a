//go:build e2e

package cli_test

import (
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/cli"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/internal/testservers"
	"github.com/curfew-ci/curfew/internal/verify"
)

// TestE2ERevokeFinding ends leaked tokens of a real Vault: a dry run leaves them alive, --confirm ends them with the tokens
// that they made, and of one that may not end itself nobody says that it is dead.
func TestE2ERevokeFinding(t *testing.T) {
	server := testservers.StartVault(t)
	server.Call(t, "PUT", "sys/policies/acl/deploy", `{"policy":"path \"secret/deploy\" { capabilities = [\"read\"] }"}`)
	create := func(body string) string { return server.Call(t, "POST", "auth/token/create", body) }
	status := func(token string) verify.Status {
		v, err := verify.New(verify.Options{Endpoints: map[string][]string{"vault": {server.URL}}})
		if err != nil {
			t.Fatal(err)
		}
		return v.Verify(t.Context(), []verify.Candidate{{Detector: "vault-service-token", Value: redact.New([]byte(token))}})[0].Status
	}
	leaked := create(`{"ttl":"1h"}`)
	mayNot := create(`{"policies":["deploy"],"no_default_policy":true,"ttl":"1h"}`)
	r := newRevoker(t)
	r.write("vault.env", "VAULT_TOKEN="+leaked+"\n")
	r.write("other.env", "VAULT_TOKEN="+mayNot+"\n")
	id := r.ids("vault.env")[0]
	args := []string{"revoke", "--finding", id, r.dir, "--state", r.state}

	if code, out, errs := r.run(args...); code != cli.ExitUsage || !strings.Contains(errs, "name the server") {
		t.Errorf("without an address: %d\n%s%s", code, out, errs)
	}
	args = append(args, "--at", "vault="+server.URL)
	if code, out, errs := r.run(args...); code != cli.ExitClean || status(leaked) != verify.Live {
		t.Errorf("dry run: %d, %s\n%s%s", code, status(leaked), out, errs)
	}
	code, out, errs := r.run(append(args, "--confirm", id)...)
	if code != cli.ExitClean || status(leaked) != verify.Dead || !strings.Contains(out, ": done: ") {
		t.Errorf("%d, %s\n%s%s", code, status(leaked), out, errs)
	}

	id = r.ids("other.env")[0]
	code, out, errs = r.run("revoke", "--finding", id, r.dir, "--state", r.state, "--at", "vault="+server.URL, "--confirm", id)
	if code != cli.ExitUnfinished || !strings.Contains(errs, ": unsure: ") || status(mayNot) == verify.Dead {
		t.Errorf("one that may not: %d\n%s%s", code, out, errs)
	}
	server.Call(t, "PUT", "sys/seal", "")
	r.write("vault.env", "VAULT_TOKEN="+server.Root+"\n")
	id = r.ids("vault.env")[0]
	code, out, errs = r.run("revoke", "--finding", id, r.dir, "--state", r.state, "--at", "vault="+server.URL, "--confirm", id)
	if code != cli.ExitUnfinished || !strings.Contains(errs, ": unsure: ") {
		t.Errorf("sealed: %d\n%s%s", code, out, errs)
	}
	for _, token := range []string{leaked, mayNot, server.Root} {
		r.hides(planted.Secret{Detector: "vault", Value: token})
	}
}
