// A Kubernetes API server for tests: Kubernetes' own kube-apiserver, with etcd for its storage, in one process and on loopback
// alone; and kubectl, when it is called by that name. It is a module of its own, so that none of it reaches the binary or go.mod,
// and it is never shipped.
//
// It writes one line of JSON, {"address": "https://127.0.0.1:PORT", "ca": "PEM…", "admin": "TOKEN", "audit": "FILE"}, and
// serves until it is killed. admin is the token of a member of system:masters.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if filepath.Base(os.Args[0]) == "kubectl" {
		kubectl()
		return
	}
	dir := flag.String("dir", "", "an empty folder for what the servers keep")
	trust := flag.String("authentication-config", "", "the file of an AuthenticationConfiguration")
	flag.Parse()
	if err := serve(*dir, *trust); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func kubectl() {
	if err := cmd.NewDefaultKubectlCommand().Execute(); err != nil {
		os.Exit(1)
	}
}

// server is what is told of it.
type server struct {
	Address string `json:"address"`
	CA      string `json:"ca"`
	Admin   string `json:"admin"`
	Audit   string `json:"audit"`
}

func serve(dir, trust string) error {
	store, err := etcd(filepath.Join(dir, "etcd"))
	if err != nil {
		return err
	}
	port, err := free()
	if err != nil {
		return err
	}
	s := server{Address: "https://127.0.0.1:" + port, Admin: rand.Text(), Audit: filepath.Join(dir, "audit.log")}
	in := func(name string) string { return filepath.Join(dir, name) }
	key, err := serviceKey()
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"tokens.csv": s.Admin + `,admin,admin,"system:masters"` + "\n", "sa.key": key,
		"audit.yaml": "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n",
	} {
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	args := []string{
		"--etcd-servers=" + store, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port=" + port, "--cert-dir=" + in("certs"),
		"--token-auth-file=" + in("tokens.csv"), "--authorization-mode=RBAC", "--anonymous-auth=false",
		"--service-account-issuer=https://service-accounts.example", "--service-account-key-file=" + in("sa.key"), "--service-account-signing-key-file=" + in("sa.key"),
		"--service-cluster-ip-range=10.0.0.0/24", "--endpoint-reconciler-type=none",
		"--audit-policy-file=" + in("audit.yaml"), "--audit-log-path=" + s.Audit,
	}
	if trust != "" {
		args = append(args, "--authentication-config="+trust)
	}
	apiserver := app.NewAPIServerCommand()
	apiserver.SetArgs(args)
	ended := make(chan error, 1)
	go func() { ended <- apiserver.Execute() }()
	if s.CA, err = ready(in("certs/apiserver.crt"), s, ended); err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(s); err != nil {
		return err
	}
	return <-ended
}

// etcd starts one and returns its address.
func etcd(dir string) (string, error) {
	c := embed.NewConfig()
	c.Dir, c.LogLevel, c.UnsafeNoFsync = dir, "error", true
	var urls [2]url.URL
	for i := range urls {
		port, err := free()
		if err != nil {
			return "", err
		}
		urls[i] = url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	}
	c.ListenClientUrls, c.AdvertiseClientUrls = urls[:1], urls[:1]
	c.ListenPeerUrls, c.AdvertisePeerUrls = urls[1:], urls[1:]
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	e, err := embed.StartEtcd(c)
	if err != nil {
		return "", err
	}
	select {
	case <-e.Server.ReadyNotify():
		return urls[0].String(), nil
	case <-time.After(30 * time.Second):
		return "", errors.New("etcd didn't start within 30 s")
	}
}

// free is a port that was free a moment ago: neither server takes the port 0.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// serviceKey is what service accounts' tokens would be signed with; there are none.
func serviceKey() (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})), nil
}

// ready waits for the server, and returns the certificates that it made for itself, its authority's among them.
func ready(certificates string, s server, ended <-chan error) (string, error) {
	var last error
	for range 600 {
		select {
		case err := <-ended:
			return "", fmt.Errorf("the API server has ended: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
		ca, err := os.ReadFile(certificates)
		if err == nil {
			err = ask(string(ca), s)
		}
		if err == nil {
			return string(ca), nil
		}
		last = err
	}
	return "", fmt.Errorf("the API server didn't start within a minute: %w", last)
}

func ask(ca string, s server) error {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ca))
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}}
	req, err := http.NewRequest(http.MethodGet, s.Address+"/readyz", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.Admin)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("/readyz answered %d", resp.StatusCode)
	}
	return errors.Join(err, resp.Body.Close())
}
