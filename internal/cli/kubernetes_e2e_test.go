//go:build e2e

package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/testservers"
)

const clusterManifest = siteIdentity + `      cluster:
        kubernetes: { server: "SERVER", ca: ops/ca.pem, audience: "https://kubernetes.acme.example", namespace: default }
        ttl: 10m
        when: always
      variables:
        kubernetes: { server: "SERVER", ca: ops/ca.pem, audience: "https://kubernetes.acme.example/variables", as: env }
        ttl: 10m
        when: always
      short:
        kubernetes: { server: "SERVER", ca: ops/ca.pem, audience: "https://kubernetes.acme.example/short" }
        ttl: 1m
        when: always
      elsewhere:
        kubernetes: { server: "SERVER", ca: ops/ca.pem, audience: "https://another.acme.example" }
        ttl: 10m
        when: always
`

// clusterSite is a job's machine, and a real API server that was told whom to trust as trust render says. No Vault is there.
type clusterSite struct {
	site
	cluster testservers.Kubernetes
	kubectl string
}

func newClusterSite(t *testing.T) *clusterSite {
	t.Helper()
	curfew, err := program()
	if err != nil {
		t.Fatal(err)
	}
	issuer, ca := testservers.StartIssuerTLS(t, nil)
	s := &clusterSite{site: site{t: t, issuer: issuer, curfew: curfew, dir: t.TempDir(), temp: t.TempDir()}}
	s.file("org/curfew/org.yml", strings.ReplaceAll(siteOrg, "ISSUER", issuer.URL))
	configuration, binding := s.renderedCluster(string(ca))
	k := testservers.StartKubernetes(t, configuration)
	kubectl := testservers.Kubectl(t)
	k.Must(t, kubectl, "create", "role", "curfew:"+strings.TrimPrefix(issuer.URL, "https://")+":987654:deploy:cluster", "--verb=create,get,list", "--resource=configmaps")
	k.Must(t, kubectl, "apply", "--filename="+binding)
	s.file(".github/curfew.yml", strings.ReplaceAll(clusterManifest, "SERVER", k.URL))
	s.file("ops/ca.pem", k.CA)
	s.file("issuer.pem", string(ca))
	s.rules = []string{"--trust-workspace", "--org-rules-from", "org", "--issuer", issuer.URL}
	s.env = []string{
		"PATH=" + kubectl + ":" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "RUNNER_TEMP=" + s.temp, "GITHUB_ACTIONS=true",
		"GITHUB_ENV=" + filepath.Join(s.temp, "env"), "GITHUB_OUTPUT=" + filepath.Join(s.temp, "output"),
		"GITHUB_RUN_ID=12055500123", "GITHUB_RUN_ATTEMPT=1", "GITHUB_JOB=deploy", "GITHUB_REPOSITORY_ID=987654",
		"ACTIONS_ID_TOKEN_REQUEST_URL=" + issuer.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + issuer.RequestToken,
		"SSL_CERT_FILE=" + filepath.Join(s.dir, "issuer.pem"),
	}
	s.cluster, s.kubectl = k, kubectl
	return s
}

// renderedCluster is what trust render writes for the grant deploy/cluster: the server's configuration, with the authority of the tests'
// issuer added, as its certificate is of no public one, and the file of the binding.
func (s *clusterSite) renderedCluster(ca string) (configuration, binding string) {
	s.t.Helper()
	known, _, _ := strings.Cut(clusterManifest, "      elsewhere:\n")
	s.file(".github/curfew.yml", strings.ReplaceAll(known, "SERVER", "https://kubernetes.acme.example"))
	code, out, errs := s.run("trust", "render", "--grant", "deploy/cluster", "--org-policy", "org")
	configuration, bound, ok := strings.Cut(out, "\n---\n")
	url := "    url: " + strconv.Quote(s.issuer.URL) + "\n"
	if code != 0 || !ok || !strings.Contains(configuration, url) {
		s.t.Fatalf("exit status %d\n%s%s", code, out, errs)
	}
	s.file("binding.yml", bound)
	return strings.Replace(configuration, url, url+"    certificateAuthority: "+strconv.Quote(ca)+"\n", 1), filepath.Join(s.dir, "binding.yml")
}

// credentialID is what the API server's audit log has of a token.
var credentialID = regexp.MustCompile(`JTI=[A-Z2-7]+`)

// TestE2EKubernetesExec: kubectl works below exec for longer than a token lives, with no token in its environment or its output.
func TestE2EKubernetesExec(t *testing.T) {
	s := newClusterSite(t)
	s.issuer.Lives = 12 * time.Second
	code, out, errs := s.run("exec", "--grant", "deploy/cluster", "--", "sh", "-ec",
		`kubectl create configmap made; kubectl auth whoami -o json; env; cat "$(dirname "$KUBECONFIG")"/*; ls -l "$(dirname "$KUBECONFIG")"; sleep 25; kubectl get configmaps made; kubectl auth whoami -o json`)
	if code != 0 {
		t.Fatalf("exit status %d\n%s%s", code, out, errs)
	}
	for _, has := range []string{"configmap/made created", `"username": "repository_id:987654:run_id:12055500123:run_attempt:1"`, `"curfew:` + strings.TrimPrefix(s.issuer.URL, "https://") + `:987654:deploy/cluster"`, "-rw------- ", "KUBE_CONFIG_PATH=" + s.temp, `"namespace": "default"`} {
		if !strings.Contains(out, has) {
			t.Errorf("%s isn't in\n%s", has, out)
		}
	}
	if strings.Contains(out+errs, "eyJ") {
		t.Errorf("a token stands in\n%s%s", out, errs)
	}
	ids := credentialID.FindAllString(out, -1)
	if len(ids) != 2 || ids[0] == ids[1] {
		t.Errorf("credentials %q, expected the last to be another than the first", ids)
	}
	all := s.records()
	if len(all) < 9 || all[1].Credential.Handle != ids[0] || all[1].Credential.Revocable != "none" || all[1].Credential.Provider != "kubernetes" {
		t.Errorf("records %s: %+v", types(all), all)
	}
	if !strings.Contains(errs, "an ID token can't be revoked") {
		t.Errorf("%s", errs)
	}
}

// TestE2EKubernetesLastToken: where the platform has no fresher ID token to give, a lease is renewed once, not again and again as its end
// comes near, and the command goes on when it is over.
func TestE2EKubernetesLastToken(t *testing.T) {
	s := newClusterSite(t)
	s.issuer.Ends = time.Now().Add(20 * time.Second)
	code, out, errs := s.run("exec", "--grant", "deploy/cluster", "--", "sh", "-ec", `kubectl auth whoami; sleep 22; echo on`)
	if code != 0 || !strings.HasSuffix(out, "on\n") || !strings.Contains(errs, "is over, and the command goes on without it") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	if got := types(s.records()); got != "intent issued intent renewed expire-only ended" {
		t.Errorf("records %s", got)
	}
}

// TestE2EKubernetesVariables: a tool that takes variables has the token there, and the lease ends in its time.
func TestE2EKubernetesVariables(t *testing.T) {
	s := newClusterSite(t)
	code, out, errs := s.run("exec", "--grant", "deploy/variables", "--", "sh", "-ec",
		`kubectl --server="$KUBE_HOST" --token="$KUBE_TOKEN" --certificate-authority=ops/ca.pem auth whoami; echo "$KUBE_TOKEN"; env | grep -c KUBE`)
	if code != 0 || !strings.Contains(out, ":987654:deploy/variables") || strings.Contains(out, "deploy/cluster") || !strings.Contains(out, "[redacted]\n2\n") || strings.Contains(out+errs, "eyJ") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
}

// TestE2EKubernetesDenied: neither a token that lives for longer than the grant allows is handed over nor one that the server refuses,
// and doctor sees that the server is the one that the authority proves.
func TestE2EKubernetesDenied(t *testing.T) {
	s := newClusterSite(t)
	for grant, says := range map[string]string{
		"deploy/short":     "give the grant a ttl of at least 5m0s",
		"deploy/elsewhere": "the provider refused: ",
	} {
		code, out, errs := s.run("exec", "--grant", grant, "--", "sh", "-c", "echo ran")
		if code == 0 || strings.Contains(out, "ran") || !strings.Contains(errs, says) || strings.Contains(out+errs, "eyJ") {
			t.Errorf("%s: exit status %d\n%s%s", grant, code, out, errs)
		}
	}
	_, out, errs := s.run("doctor", "--grant", "deploy/cluster")
	if !regexp.MustCompile(`(?m)^.*provider.*\n?.*answered 401`).MatchString(out) {
		t.Errorf("%s%s", out, errs)
	}
	s.file("ops/ca.pem", "no certificate\n")
	if code, out, errs := s.run("exec", "--grant", "deploy/cluster", "--", "true"); code == 0 || !strings.Contains(errs, "the authority in ops/ca.pem has no certificate") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
}

// TestE2EKubernetesTrust: the rendered configuration lets in the manifest's job, and nobody who lacks or changes one of its claims.
func TestE2EKubernetesTrust(t *testing.T) {
	s := newClusterSite(t)
	const audience = "https://kubernetes.acme.example"
	if out, err := s.cluster.Kubectl(t, s.kubectl, s.issuer.Token(audience, nil), "get", "configmaps", "--namespace=default"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	refused := map[string]string{
		"audience": s.issuer.Token("https://another.acme.example", nil), "two audiences": s.issuer.Token("", map[string]any{"aud": []string{audience, "vault"}}),
		"forged": s.issuer.Forged(audience, nil), "issued after the entitlement's end": s.issuer.Token(audience, map[string]any{"iat": 4102444800, "exp": 4102448400}),
	}
	for claim, other := range map[string]any{
		"repository_id": "666", "repository_owner_id": "666", "environment": "preview", "event_name": "pull_request_target",
		"job_workflow_ref": "acme/web/.github/workflows/deploy.yml@refs/heads/feature",
	} {
		refused["another "+claim] = s.issuer.Token(audience, map[string]any{claim: other})
		refused["no "+claim] = s.issuer.Token(audience, map[string]any{claim: nil})
	}
	for name, token := range refused {
		if out, err := s.cluster.Kubectl(t, s.kubectl, token, "auth", "whoami"); err == nil || !strings.Contains(out, "Unauthorized") && !strings.Contains(out, "must be logged in") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
