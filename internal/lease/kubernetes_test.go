package lease_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
)

const selfReview = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews"

func kubernetesGrant(server string) *manifest.Grant {
	return &manifest.Grant{Kubernetes: &manifest.Kubernetes{Server: server, CA: "ops/ca.pem", Audience: "https://kubernetes.acme.example", Namespace: "shop"}}
}

// reviewed is a SelfSubjectReview as an API server answers, of a user whose token has that jti
// (https://kubernetes.io/docs/reference/kubernetes-api/definitions/self-subject-review-v1-authentication/).
func reviewed(jti string) http.HandlerFunc {
	extra := ""
	if jti != "" {
		extra = `,"extra":{"authentication.kubernetes.io/credential-id":["JTI=` + jti + `"]}`
	}
	return says(201, `{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1","metadata":{"creationTimestamp":"2026-11-28T12:00:00Z"},`+
		`"status":{"userInfo":{"username":"curfew:deploy","groups":["curfew","system:authenticated"]`+extra+`}}}`)
}

// unauthorized is what an API server says to whomever it doesn't know.
func unauthorized() http.HandlerFunc {
	return says(401, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}`)
}

// serveTLS is serve, by TLS with the certificate of this fake's own authority.
func serveTLS(t *testing.T, answers ...http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewUnstartedServer(f.answering(answers...))
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

// testAuthority is the one of all of httptest's servers.
func testAuthority() []byte {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// selfSigned is another authority's certificate, in DER.
func selfSigned(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// kubernetesRequest is one whose token has what such tokens have.
func kubernetesRequest(t *testing.T, g *manifest.Grant) lease.Request {
	t.Helper()
	r := request(t, g)
	r.File = testAuthority()
	var err error
	r.Claims, err = identity.ParseClaims("claims", fmt.Appendf(nil, `{"iss":"https://ci.acme.example","aud":"x","sub":"y","jti":"made-up-1","iat":%d,"exp":%d}`, start.Unix(), start.Add(5*time.Minute).Unix()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestKubernetes(t *testing.T) {
	f := serveTLS(t, says(503, ""), reviewed("made-up-1"))
	p, _ := provider(t, "kubernetes")
	g := kubernetesGrant("https://kubernetes.acme.example:6443")
	g.Kubernetes.Endpoint = f.URL
	g.Kubernetes.Names = map[string]string{"KUBECONFIG": "KUBECONFIG_PROD"}
	r := kubernetesRequest(t, g)
	c, err := p.Exchange(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	token := string(r.IDToken.Reveal())
	if diff := cmp.Diff([]string{"KUBE_HOST=https://kubernetes.acme.example:6443", "*KUBE_TOKEN=" + token, "KUBE_NAMESPACE=shop"}, values(c)); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if c.Handle != "JTI=made-up-1" || !c.NotAfter.Equal(start.Add(5*time.Minute)) || c.Revocable != lease.Never || lease.As(g) != manifest.AsFile {
		t.Errorf("%+v", c)
	}
	unseen(t, fmt.Sprintf("%v %+v %#v", c, c, *c), parts(r.IDToken)...)
	for _, s := range f.seen {
		if s.method+" "+s.path != selfReview || s.header.Get("Authorization") != "Bearer "+token ||
			s.body != `{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}` || s.header.Get("Content-Type") != "application/json" {
			t.Errorf("sent %s %s %s with %v", s.method, s.path, s.body, s.header)
		}
	}
	dir := t.TempDir()
	files, vars, err := c.Files(dir)
	if err != nil || len(files) != 2 || files[0].Name != "kubernetes-token" || string(files[0].Content.Reveal()) != token || files[1].Name != "kubeconfig" {
		t.Fatalf("%v, %v", files, err)
	}
	var got any
	if err := json.Unmarshal(files[1].Content.Reveal(), &got); err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	type list = []any
	want := object{
		"apiVersion": "v1", "kind": "Config", "current-context": "curfew",
		"clusters": list{object{"name": "curfew", "cluster": object{
			"server": "https://kubernetes.acme.example:6443", "certificate-authority-data": base64.StdEncoding.EncodeToString(r.File),
		}}},
		"users":    list{object{"name": "curfew", "user": object{"tokenFile": filepath.Join(dir, "kubernetes-token")}}},
		"contexts": list{object{"name": "curfew", "context": object{"cluster": "curfew", "user": "curfew", "namespace": "shop"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kubeconfig (-want +got):\n%s", diff)
	}
	unseen(t, string(files[1].Content.Reveal()), parts(r.IDToken)...)
	for i, name := range []string{"KUBECONFIG_PROD", "KUBE_CONFIG_PATH"} {
		if vars[i].Name != name || string(vars[i].Value.Reveal()) != filepath.Join(dir, "kubeconfig") || !vars[i].Public {
			t.Errorf("%s is %s", vars[i].Name, vars[i].Value.Reveal())
		}
	}
}

// TestKubernetesDenied: what the server doesn't say is said by whoever asks.
func TestKubernetesDenied(t *testing.T) {
	status := func(code int, message string) http.HandlerFunc {
		return says(code, fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":%q,"code":%d}`, message, code))
	}
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		said   string
		try    string
	}{
		{"not trusted", unauthorized(), "401: Unauthorized", "compare the claims with the jwt authenticators of the API server's AuthenticationConfiguration"},
		{"may not ask", status(403, `selfsubjectreviews.authentication.k8s.io is forbidden: User "deploy" cannot create`), "403: selfsubjectreviews", "bind the cluster role system:basic-user"},
		{"too old", status(404, "the server could not find the requested resource"), "404: the server could", "Kubernetes 1.28 or later"},
		{"odd", status(422, "no"), "422: no", "is an API server"},
		{"something else", says(400, "<html>"), "400", "is an API server"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := serveTLS(t, tt.answer)
			p, _ := provider(t, "kubernetes")
			d := isDenied(t, failed(t, p, kubernetesRequest(t, kubernetesGrant(f.URL))))
			if !strings.HasPrefix(d.Answer, f.host()+" answered "+tt.said) || !strings.Contains(d.Try, tt.try) ||
				d.Claims[0] != `aud: received "x", expected "https://kubernetes.acme.example"` {
				t.Errorf("%+v", d)
			}
		})
	}
}

// TestKubernetesUnproven: a server that isn't proven to have accepted this very token gets no lease, and one that its authority doesn't prove
// gets no token.
func TestKubernetesUnproven(t *testing.T) {
	user := func(info string) http.HandlerFunc {
		return says(201, `{"kind":"SelfSubjectReview","status":{"userInfo":`+info+`}}`)
	}
	const id = `"authentication.kubernetes.io/credential-id"`
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"HTML", says(201, "<html>"), "and no JSON that is right"},
		{"another kind", says(201, `{"kind":"Status","status":"Success"}`), "something else than a SelfSubjectReview that names a user"},
		{"what was sent", says(201, `{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`), "something else than a SelfSubjectReview"},
		{"no user", user(`{"username":""}`), "something else than a SelfSubjectReview"},
		{"twice", user(`{"username":"a","username":"b"}`), "and no JSON that is right"},
		{"nobody", user(`{"username":"system:anonymous","groups":["system:unauthenticated"]}`), "takes the job for nobody"},
		{"by another token", user(`{"username":"a","extra":{` + id + `:["JTI=another"]}}`), `by another credential than its ID token (authentication.kubernetes.io/credential-id is "JTI=another", expected "JTI=made-up-1")`},
		{"with what it was sent", func(w http.ResponseWriter, r *http.Request) {
			user(`{"username":"a","extra":{`+id+`:["`+r.Header.Get("Authorization")+`"]}}`)(w, r)
		}, `is "Bearer [redacted]", expected`},
		{"by a certificate", user(`{"username":"a","extra":{` + id + `:["X509SHA256=00"]}}`), "by another credential than its ID token"},
		{"by two", user(`{"username":"a","extra":{` + id + `:["JTI=made-up-1","JTI=b"]}}`), "answered with an odd " + kubeID},
		{"another success", says(202, `{}`), "answered 202, expected 201: is it the server that the manifest means?"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := serveTLS(t, tt.answer)
			p, _ := provider(t, "kubernetes")
			if err := failed(t, p, kubernetesRequest(t, kubernetesGrant(f.URL))); !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s in it", err, tt.want)
			}
		})
	}
}

const kubeID = "authentication.kubernetes.io/credential-id"

// TestKubernetesHandle: what the audit log has is the token's jti, whether the server says so or not, and where a token has none it is
// known by its digest.
func TestKubernetesHandle(t *testing.T) {
	for name, tt := range map[string]struct{ jti, said, want string }{
		"as it says":     {"made-up-1", "made-up-1", "JTI=made-up-1"},
		"older server":   {"made-up-1", "", "JTI=made-up-1"},
		"the server's":   {"", "b", "JTI=b"},
		"neither":        {"", "", "sha256:"},
		"with a newline": {`a\nb`, "", ""},
		"long":           {strings.Repeat("a", 200), "", ""},
	} {
		f := serveTLS(t, reviewed(tt.said))
		p, _ := provider(t, "kubernetes")
		r := kubernetesRequest(t, kubernetesGrant(f.URL))
		r.Claims, _ = identity.ParseClaims("claims", fmt.Appendf(nil, `{"jti":"%s","exp":%d}`, tt.jti, start.Add(time.Minute).Unix()))
		c, err := p.Exchange(t.Context(), r)
		switch {
		case tt.want == "" && (err == nil || !strings.Contains(err.Error(), "none that logs could be searched for")):
			t.Errorf("%s: %v", name, err)
		case tt.want != "" && (err != nil || !strings.HasPrefix(c.Handle, tt.want) || len(c.Handle) > 71):
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

// TestKubernetesUnasked: what can't be had, or can't be proven, isn't sent a token.
func TestKubernetesUnasked(t *testing.T) {
	f := serveTLS(t, reviewed("made-up-1"))
	plain := serve(t, reviewed("made-up-1"))
	another := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: selfSigned(t)})
	for want, change := range map[string]func(*lease.Request){
		"say narrow: none in the grant":                         func(r *lease.Request) { r.Narrow = []byte("{}") },
		"the grant is another provider's":                       func(r *lease.Request) { r.Grant = &manifest.Grant{} },
		"names: HOME isn't handed over":                         func(r *lease.Request) { r.Grant.Kubernetes.Names = map[string]string{"HOME": "X"} },
		"can't be had: give the grant a ttl":                    func(r *lease.Request) { r.TTL = 0 },
		"give the grant a ttl of at least 5m0s":                 func(r *lease.Request) { r.TTL = 4 * time.Minute },
		"when the ID token ends isn't known":                    func(r *lease.Request) { r.Claims = identity.Claims{} },
		"the authority in ops/ca.pem has no certificate":        func(r *lease.Request) { r.File = nil },
		`: expected https, as the authority in ops/ca.pem is t`: func(r *lease.Request) { r.Grant.Kubernetes.Server = plain.URL },
		`the endpoint "http://127.0.0.1`:                        func(r *lease.Request) { r.Grant.Kubernetes.Endpoint = plain.URL },
		"the server \"https://a.example\": expected no query":   func(r *lease.Request) { r.Grant.Kubernetes.Server = "https://a.example?x=y" },
		"certificate signed by unknown authority":               func(r *lease.Request) { r.File = another },
	} {
		p, _ := provider(t, "kubernetes")
		r := kubernetesRequest(t, kubernetesGrant(f.URL))
		change(&r)
		if err := failed(t, p, r); !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s in it", err, want)
		}
	}
	p, clock := provider(t, "kubernetes")
	clock.at = start.Add(5 * time.Minute)
	if err := failed(t, p, kubernetesRequest(t, kubernetesGrant(f.URL))); !strings.Contains(err.Error(), "it ended at 2026-11-28T12:05:00Z, before it came") {
		t.Error(err)
	}
	if asked := append(f.asked(), plain.asked()...); len(asked) > 0 {
		t.Errorf("asked %v", asked)
	}
	odd, err := lease.For("kubernetes", lease.Options{Now: clock.now, Client: &http.Client{Transport: http.NewFileTransport(nil)}})
	if err != nil {
		t.Fatal(err)
	}
	clock.at = start
	if err := failed(t, odd, kubernetesRequest(t, kubernetesGrant(f.URL))); !strings.Contains(err.Error(), "can't be told whom to trust") {
		t.Error(err)
	}
}

// TestKubernetesTrustsNoOther: a machine's own authorities don't count, and what a caller left open is shut.
func TestKubernetesTrustsNoOther(t *testing.T) {
	f := serveTLS(t, reviewed("made-up-1"))
	client := f.Client() // trusts it
	client.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify = true
	clock := &clock{at: start}
	p, err := lease.For("kubernetes", lease.Options{Now: clock.now, Sleep: clock.sleep, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	r := kubernetesRequest(t, kubernetesGrant(f.URL))
	r.File = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: selfSigned(t)})
	if err := failed(t, p, r); !strings.Contains(err.Error(), "certificate signed by unknown authority") || len(f.asked()) > 0 {
		t.Errorf("%v, asked %v", err, f.asked())
	}
}

func TestKubernetesUnfit(t *testing.T) {
	for _, tt := range unfit(t) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // most of them wait
			f := serveTLS(t, tt.answer)
			p, _ := provider(t, "kubernetes")
			if strings.Contains(tt.want, "within 300ms") {
				p, _ = within(t, "kubernetes", 300*time.Millisecond)
			}
			err := failed(t, p, kubernetesRequest(t, kubernetesGrant(f.URL)))
			want := "kubernetes: " + strings.NewReplacer("HOST", f.host(), "expected 200", "expected 201").Replace(tt.want)
			if err.Error() != want || len(f.asked()) != tt.tries {
				t.Errorf("%v, want %s; %d tries, want %d", err, want, len(f.asked()), tt.tries)
			}
		})
	}
}

// TestKubernetesReach: the server must be the one that the authority proves; what it answers to nobody is enough.
func TestKubernetesReach(t *testing.T) {
	f := serveTLS(t, unauthorized())
	o := lease.Options{Now: func() time.Time { return start }}
	said, err := lease.Reach(t.Context(), kubernetesGrant(f.URL), testAuthority(), o)
	if err != nil || said != f.host()+" answered 401" || f.seen[0].header.Get("Authorization") != "" {
		t.Errorf("%q, %v", said, err)
	}
	other := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: selfSigned(t)})
	for want, file := range map[string][]byte{"has no certificate": nil, "certificate signed by unknown authority": other} {
		if _, err := lease.Reach(t.Context(), kubernetesGrant(f.URL), file, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s in it", err, want)
		}
	}
}

func kubernetesBehaviour() behaviour {
	return behaviour{
		provider: "kubernetes", grant: func(f *fake) *manifest.Grant { return kubernetesGrant(f.URL) }, file: testAuthority(), tls: true,
		steps: func(string, time.Time) []http.HandlerFunc {
			return []http.HandlerFunc{reviewed("")}
		},
		issues: -1, refusal: unauthorized(), reason: "Unauthorized", endless: true,
	}
}
