//go:build e2e

package lease_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// clusterWorld is a real API server that trusts an issuer.
type clusterWorld struct {
	testservers.Kubernetes
	issuer *testservers.Issuer
	path   string // has kubectl
}

const clusterAudience = "https://kubernetes.acme.example"

func newCluster(t *testing.T) clusterWorld {
	t.Helper()
	issuer, ca := testservers.StartIssuerTLS(t, nil)
	k := testservers.StartKubernetes(t, testservers.Trusting(t, issuer, ca, clusterAudience))
	w := clusterWorld{k, issuer, testservers.Kubectl(t)}
	w.Must(t, w.path, "create", "role", "ci", "--verb=create,get,list", "--resource=configmaps")
	w.Must(t, w.path, "create", "rolebinding", "ci", "--role=ci", "--user=curfew:987654:production")
	return w
}

func (w clusterWorld) kubectl(t *testing.T, kubeconfig string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(w.path, "kubectl"), args...)
	cmd.Env = []string{"KUBECONFIG=" + kubeconfig, "HOME=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (w clusterWorld) grant() *manifest.Grant {
	return &manifest.Grant{Kubernetes: &manifest.Kubernetes{Server: w.URL, CA: "ops/ca.pem", Audience: clusterAudience, Namespace: "default"}}
}

func (w clusterWorld) request(t *testing.T, token string) lease.Request {
	t.Helper()
	r := realRequest(t, token, w.grant())
	r.File = []byte(w.CA)
	return r
}

// TestE2EKubernetes: a real kubectl works with what is handed over, within what RBAC allows, until the token ends; and the audit log knows
// it by the handle.
func TestE2EKubernetes(t *testing.T) {
	w := newCluster(t)
	w.issuer.Lives = 20 * time.Second // for four runs of kubectl
	p := realProvider(t, "kubernetes")
	r := w.request(t, w.issuer.Token(clusterAudience, nil))
	c := leased(t, p, r)
	dir := t.TempDir()
	files, _, err := c.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Content.Reveal(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	own := filepath.Join(dir, "kubeconfig")
	if out, err := w.kubectl(t, own, "auth", "whoami", "-o", "json"); err != nil || !strings.Contains(out, `"username": "curfew:987654:production"`) || !strings.Contains(out, c.Handle) {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := w.kubectl(t, own, "create", "configmap", "made", "--from-literal=a=b"); err != nil || out != "configmap/made created\n" {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := w.kubectl(t, own, "get", "secrets", "--namespace=kube-system"); err == nil || !strings.Contains(out, `User "curfew:987654:production" cannot list resource "secrets"`) {
		t.Errorf("%v\n%s", err, out)
	}
	if got, err := p.Revoke(t.Context(), c); err != nil || got.Outcome != lease.ExpireOnly {
		t.Errorf("%s, %v", got, err)
	}
	w.audited(t, c.Handle)
	time.Sleep(time.Until(c.NotAfter.Add(10*time.Second)) + time.Second) // the server remembers for 10 s whom it has let in
	if out, err := w.kubectl(t, own, "get", "configmaps"); err == nil || !strings.Contains(out, "Unauthorized") && !strings.Contains(out, "must be logged in") {
		t.Errorf("after its end: %v\n%s", err, out)
	}
	if got, err := p.Revoke(t.Context(), c); err != nil || got.Outcome != lease.AlreadyEnded {
		t.Errorf("%s, %v", got, err)
	}
	longer := w.issuer.Token(clusterAudience, map[string]any{"exp": time.Now().Add(time.Minute).Unix(), "jti": strings.TrimPrefix(c.Handle, "JTI=")})
	r.Claims = realRequest(t, longer, w.grant()).Claims // as if it lived
	if d := isDenied(t, failed(t, p, r)); !strings.HasSuffix(d.Answer, "answered 401: Unauthorized") {
		t.Errorf("%+v", d)
	}
}

// audited expects that the audit log has a request by a credential.
func (w clusterWorld) audited(t *testing.T, handle string) {
	t.Helper()
	src, err := os.ReadFile(w.Audit)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(src)) {
		var said struct {
			Verb string
			User struct {
				Username string
				Extra    map[string][]string
			}
		}
		if json.Unmarshal([]byte(line), &said) == nil && said.User.Username == "curfew:987654:production" && strings.Join(said.User.Extra[kubeID], " ") == handle {
			return
		}
	}
	t.Errorf("%s isn't in the audit log", handle)
}

// TestE2EKubernetesDenied: whom the server doesn't trust gets nothing, and is shown what he said.
func TestE2EKubernetesDenied(t *testing.T) {
	w := newCluster(t)
	p := realProvider(t, "kubernetes")
	other, _ := testservers.StartIssuerTLS(t, nil)
	for name, token := range map[string]string{
		"another repository":  w.issuer.Token(clusterAudience, map[string]any{"repository_id": "666"}),
		"another environment": w.issuer.Token(clusterAudience, map[string]any{"environment": "preview"}),
		"without a claim":     w.issuer.Token(clusterAudience, map[string]any{"environment": nil}),
		"another audience":    w.issuer.Token("vault", nil),
		"forged":              w.issuer.Forged(clusterAudience, nil),
		"another issuer":      other.Token(clusterAudience, nil),
	} {
		d := isDenied(t, failed(t, p, w.request(t, token)))
		if !strings.HasSuffix(d.Answer, "answered 401: Unauthorized") || len(d.Claims) < 4 {
			t.Errorf("%s: %+v", name, d)
		}
	}
	r := w.request(t, w.issuer.Token(clusterAudience, nil))
	r.File = testAuthority()
	if err := failed(t, p, r); !strings.Contains(err.Error(), "certificate signed by unknown authority") {
		t.Error(err)
	}
	if c := leased(t, p, w.request(t, w.issuer.Token(clusterAudience, nil))); !strings.HasPrefix(c.Handle, "JTI=") {
		t.Errorf("%+v", c)
	}
	if said, err := lease.Reach(t.Context(), w.grant(), []byte(w.CA), lease.Options{Now: time.Now}); err != nil || !strings.HasSuffix(said, "answered 401") {
		t.Errorf("%q, %v", said, err)
	}
}
