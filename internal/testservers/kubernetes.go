package testservers

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Kubernetes is a real API server, with its storage in a folder of the test's.
type Kubernetes struct {
	URL   string
	CA    string // its certificate's authority, in PEM
	Admin string // the token of a member of system:masters
	Audit string // the file of its audit log, which has metadata alone
}

// StartKubernetes starts the one of internal/testservers/kubernetes, which CURFEW_KUBERNETES names, with an
// AuthenticationConfiguration. It listens on three ports that were free a moment before, and ends where one isn't any longer: then
// another one is started.
func StartKubernetes(tb testing.TB, authentication string) Kubernetes {
	tb.Helper()
	var line []byte
	var err error
	for range 3 {
		var said struct{ Address, CA, Admin, Audit string }
		line, err = tellingKubernetes(tb, authentication)
		if err == nil && json.Unmarshal(line, &said) == nil {
			return Kubernetes{said.Address, said.CA, said.Admin, said.Audit}
		}
	}
	tb.Fatalf("Kubernetes didn't start: %v, %q", err, line)
	return Kubernetes{}
}

// tellingKubernetes starts one, and returns the line in which it tells of itself.
func tellingKubernetes(tb testing.TB, authentication string) ([]byte, error) {
	tb.Helper()
	dir := tb.TempDir()
	config := filepath.Join(dir, "authentication.yaml")
	if err := os.WriteFile(config, []byte(authentication), 0o600); err != nil {
		tb.Fatal(err)
	}
	cmd := command(tb, "CURFEW_KUBERNETES", "-dir", dir, "-authentication-config", config)
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	return bufio.NewReader(out).ReadBytes('\n')
}

// Kubectl is a folder for PATH that has a real kubectl.
func Kubectl(tb testing.TB) string {
	tb.Helper()
	binary, err := filepath.Abs(os.Getenv("CURFEW_KUBERNETES"))
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	if err := os.Symlink(binary, filepath.Join(dir, "kubectl")); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// Kubectl runs a real kubectl, of the folder that Kubectl gave, with a token, and returns what it says.
func (k Kubernetes) Kubectl(tb testing.TB, folder, token string, args ...string) (string, error) {
	tb.Helper()
	dir := tb.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, []byte(k.CA), 0o600); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), filepath.Join(folder, "kubectl"), append(args, "--server="+k.URL, "--certificate-authority="+ca, "--token="+token)...)
	cmd.Env = []string{"HOME=" + dir}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Must runs kubectl as the admin, which must succeed. (A cluster's own roles such as edit are put together by a controller, which there
// is none of.)
func (k Kubernetes) Must(tb testing.TB, folder string, args ...string) {
	tb.Helper()
	if out, err := k.Kubectl(tb, folder, k.Admin, args...); err != nil {
		tb.Fatalf("%v\n%s", err, out)
	}
}

// Trusting is an AuthenticationConfiguration that lets in whom an issuer calls the production environment of JobClaims' repository,
// as the user curfew:987654:production
// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration).
func Trusting(tb testing.TB, i *Issuer, ca []byte, audience string) string {
	tb.Helper()
	type object = map[string]any
	text, err := json.Marshal(object{
		"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration",
		"jwt": []object{{
			"issuer": object{"url": i.URL, "certificateAuthority": string(ca), "audiences": []string{audience}},
			"claimValidationRules": []object{
				{"claim": "repository_id", "requiredValue": "987654"},
				{"claim": "environment", "requiredValue": "production"},
			},
			"claimMappings": object{"username": object{"expression": `"curfew:" + claims.repository_id + ":" + claims.environment`}},
		}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}
