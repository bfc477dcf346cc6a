//go:build e2e

package trust

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// sharedCluster is a manifest with two identities whose grants lead to one API server.
const sharedCluster = `version: 1
defaults: { narrow: none, limits: none, ttl: 15m }
owners: { web: { team: "@acme/web" } }
identities:
  deploy:
    owner: web
    purpose: Deploy
    privilege: high
    expires: "2999-06-01"
    runs-as: { workflow: .github/workflows/deploy.yml, job: deploy }
    claims:
      repository: acme/web
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/deploy.yml@refs/heads/main
      environment: [production, "it's \\ \"odd\""]
      runner_environment: github-hosted
      event_name: [push, workflow_dispatch]
    grants:
      cluster:
        kubernetes: { server: "https://k8s.acme.example", ca: ca.pem, audience: deploy }
        when: always
  look:
    owner: web
    purpose: Look at what is deployed
    privilege: low
    expires: "2999-06-01"
    runs-as: { workflow: .github/workflows/look.yml, job: look }
    claims:
      repository_id: ["987654", "987655"]
      job_workflow_ref: acme/web/.github/workflows/look.yml@refs/heads/main
      event_name: [push, issue_comment]
    grants:
      cluster:
        kubernetes: { server: "https://k8s.acme.example", ca: ca.pem, audience: look }
        when: always
  gone:
    owner: web
    purpose: What has ended
    privilege: low
    expires: "2020-01-01"
    runs-as: { workflow: .github/workflows/gone.yml, job: gone }
    claims:
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/gone.yml@refs/heads/main
    grants:
      cluster:
        kubernetes: { server: "https://k8s.acme.example", ca: ca.pem, audience: look }
        when: always
  nightly:
    owner: web
    purpose: Tidy up by deploy's workflow, in no environment
    privilege: low
    expires: "2999-06-01"
    runs-as: { workflow: .github/workflows/nightly.yml, job: tidy }
    claims:
      repository_id: "987654"
      job_workflow_ref: acme/web/.github/workflows/deploy.yml@refs/heads/main
      event_name: schedule
    grants:
      cluster:
        kubernetes: { server: "https://k8s.acme.example", ca: ca.pem, audience: deploy }
        when: always
`

// apiServer is a real API server with a rendered configuration, and kubectl.
type apiServer struct {
	testservers.Kubernetes
	kubectl, ca, home string
}

// startRendered starts one that is told what is rendered. The test's issuer has a certificate of its own, which is added.
func startRendered(t *testing.T, issuer *testservers.Issuer, ca []byte) (apiServer, []Document) {
	t.Helper()
	p, errs := manifest.ParsePolicy("org.yml", []byte("version: 1\norganization: { name: acme, id: \"4242\" }\nissuers: ["+strconv.Quote(issuer.URL)+"]\n"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	docs, gaps := Render(parse(t, "extends: acme/.github\n"+sharedCluster), p, Options{})
	if len(docs) != 4 {
		t.Fatal(describe(gaps))
	}
	text, _ := docs[0].Write(YAML)
	configuration, _, _ := strings.Cut(string(text), "\n---\n")
	configuration = strings.Replace(configuration, "    audiences:", "    certificateAuthority: "+yamltree.Quote(string(ca))+"\n    audiences:", 1)
	s := apiServer{Kubernetes: testservers.StartKubernetes(t, configuration+"\n"), kubectl: testservers.Kubectl(t), home: t.TempDir()}
	s.ca = filepath.Join(s.home, "ca.pem")
	if err := os.WriteFile(s.ca, []byte(s.CA), 0o600); err != nil {
		t.Fatal(err)
	}
	return s, docs
}

// as asks the server by kubectl, with a token.
func (s apiServer) as(t *testing.T, token, stdin string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.kubectl, "kubectl"), append(args, "--server="+s.URL, "--certificate-authority="+s.ca, "--token="+token)...)
	cmd.Env, cmd.Stdin = []string{"HOME=" + s.home}, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestE2EKubernetes: a real API server takes what is rendered, and lets in whom the manifest does, each to the grants that he proves.
func TestE2EKubernetes(t *testing.T) {
	issuer, ca := testservers.StartIssuerTLS(t, nil)
	s, docs := startRendered(t, issuer, ca)
	for i, verb := range []string{"create", "get", "list", "watch"} {
		_, binding, _ := strings.Cut(docs[i].body.(*kubernetes).text(), "\n---\n")
		if out, err := s.as(t, s.Admin, binding, "apply", "--filename=-"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if out, err := s.as(t, s.Admin, "", "create", "role", docs[i].body.(*kubernetes).role, "--verb="+verb, "--resource=configmaps"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	const look = "acme/web/.github/workflows/look.yml@refs/heads/main"
	for name, tt := range map[string]struct {
		audience string
		claims   map[string]any
		may      string // the one verb; "" for those who aren't let in
		user     string
	}{
		"deploy":                     {audience: "deploy", may: "create", user: "repository_id:987654:run_id:12055500123:run_attempt:1"},
		"odd environment":            {audience: "deploy", claims: map[string]any{"environment": `it's \ "odd"`}, may: "create"},
		"look":                       {audience: "look", claims: map[string]any{"job_workflow_ref": look, "environment": nil}, may: "get"},
		"look of another repository": {audience: "look", claims: map[string]any{"job_workflow_ref": look, "repository_id": "987655", "run_id": "7"}, may: "get", user: "repository_id:987655:run_id:7:run_attempt:1"},
		"look by a comment":          {audience: "look", claims: map[string]any{"job_workflow_ref": look, "event_name": "issue_comment"}, may: "get"},
		// deploy's condition misses the environment, which may not take nightly's group along
		"nightly":                     {audience: "deploy", claims: map[string]any{"event_name": "schedule", "environment": nil}, may: "watch"},
		"list of audiences":           {audience: "deploy", claims: map[string]any{"aud": []string{"deploy"}}, may: "create"},
		"several audiences":           {audience: "deploy", claims: map[string]any{"aud": []string{"deploy", "look"}}},
		"deploy by look's audience":   {audience: "look"},
		"deploy by a comment":         {audience: "deploy", claims: map[string]any{"event_name": "issue_comment"}},
		"another repository":          {audience: "deploy", claims: map[string]any{"repository_id": "987655"}},
		"another owner":               {audience: "deploy", claims: map[string]any{"repository_owner_id": "6666"}},
		"another environment":         {audience: "deploy", claims: map[string]any{"environment": "Production"}},
		"no environment":              {audience: "deploy", claims: map[string]any{"environment": nil}},
		"environments":                {audience: "deploy", claims: map[string]any{"environment": []string{"production"}}},
		"an environment with a quote": {audience: "deploy", claims: map[string]any{"environment": "it's \\\\ \"odd\""}},
		"own runner":                  {audience: "deploy", claims: map[string]any{"runner_environment": "self-hosted"}},
		"no runner":                   {audience: "deploy", claims: map[string]any{"runner_environment": nil}},
		"another audience":            {audience: "curfew"},
		"what has ended":              {audience: "look", claims: map[string]any{"job_workflow_ref": "acme/web/.github/workflows/gone.yml@refs/heads/main"}},
		"no time":                     {audience: "deploy", claims: map[string]any{"iat": nil}},
		"groups of its own":           {audience: "deploy", claims: map[string]any{"environment": "x", "groups": []string{"curfew:987654:deploy/cluster", "system:masters"}}},
	} {
		t.Run(name, func(t *testing.T) {
			token := issuer.Token(tt.audience, tt.claims)
			who, err := s.as(t, token, "", "auth", "whoami", "-o", "yaml")
			if tt.may == "" {
				if err == nil || !strings.Contains(who, "Unauthorized") && !strings.Contains(who, "must be logged in") {
					t.Fatalf("let in: %s", who)
				}
				return
			}
			if err != nil || !strings.Contains(who, tt.user) || strings.Count(who, "curfew:") != 1 {
				t.Fatalf("%v: %s", err, who)
			}
			for _, verb := range []string{"create", "get", "list", "watch", "delete"} {
				out, _ := s.as(t, token, "", "auth", "can-i", verb, "configmaps")
				if may := strings.TrimSpace(out) == "yes"; may != (verb == tt.may) {
					t.Errorf("may %s: %v: %s", verb, may, out)
				}
			}
		})
	}
	if out, err := s.as(t, issuer.Forged("deploy", nil), "", "auth", "whoami"); err == nil {
		t.Errorf("forged: %s", out)
	}
}
