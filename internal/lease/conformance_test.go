package lease_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/supervise"
)

// behaviour is a provider as the conformance suite meets it: a grant that a fake serves, and what that fake answers,
// which is what the provider's documentation says.
type behaviour struct {
	provider string
	grant    func(f *fake) *manifest.Grant
	file     []byte // what the grant's file holds; nil where it names none
	tls      bool   // the fake speaks TLS, as the provider takes nothing else
	// steps are the answers to a whole exchange, in the order in which they are asked for. The credential is token, or
	// has it in it, and ends at that time.
	steps func(token string, ends time.Time) []http.HandlerFunc
	token func() string // a made-up token of the provider's form; nil where the answers carry none, as the ID token is the credential
	// issues is the step whose answer brings a credential that can be ended; -1 where none can.
	issues int
	// refusal is a refusal in the provider's words, and reason what must be seen of them.
	refusal http.HandlerFunc
	reason  string
	// endless is set where the answer doesn't say when the credential ends, or an odd end is taken for another one.
	endless bool
	narrows bool // it takes a session policy
	// revoked and gone are what the server answers when a credential is ended, and when it knows none such; nil where none
	// can be, or where it doesn't tell the two apart.
	revoked, gone http.HandlerFunc
}

// behaviours has every provider once.
func behaviours() []behaviour {
	return []behaviour{
		awsBehaviour(), azureBehaviour(), cratesBehaviour(), gcpBehaviour(), githubBehaviour(), kubernetesBehaviour(), npmBehaviour(), oauthBehaviour(), pypiBehaviour(), vaultBehaviour(),
	}
}

// TestConformance holds each provider to what all of them must do.
func TestConformance(t *testing.T) {
	var names []string
	for _, b := range behaviours() {
		names = append(names, b.provider)
		t.Run(b.provider, func(t *testing.T) {
			t.Run("issues", b.testIssues)
			t.Run("masks", b.testMasks)
			t.Run("hands over in files", b.testFiles)
			t.Run("narrows or refuses", b.testNarrow)
			t.Run("checks the end", b.testEnd)
			t.Run("shows the reason of a refusal", b.testRefused)
			t.Run("tries again after a fault", b.testFault)
			t.Run("gives back what is odd", b.testGivesBack)
			t.Run("is held", b.testHeld)
			t.Run("is cancelled", b.testCancelled)
			t.Run("revokes or says that it can't", b.testRevokes)
			t.Run("renews", b.testRenews)
			t.Run("keeps to its own", b.testOthers)
			t.Run("is attacked", b.testAttacked)
			if !b.tls {
				refuseUnfit(t, b.provider, b.file, b.grant)
			}
		})
	}
	if slices.Sort(names); !slices.Equal(names, lease.Providers()) {
		t.Errorf("the suite has %v, and leases are of %v", names, lease.Providers())
	}
}

const lives = 15 * time.Minute // a credential of the suite

// meeting is one exchange with a fake.
type meeting struct {
	f     *fake
	p     lease.Provider
	clock *clock
	r     lease.Request
	token string // the secret that may not be seen
}

// meet starts a fake that gives the answers, and a provider that will ask it.
func (b behaviour) meet(t *testing.T, token string, answers ...http.HandlerFunc) meeting {
	t.Helper()
	m := meeting{f: &fake{}, clock: &clock{at: start}, token: token}
	m.f.Server = httptest.NewUnstartedServer(m.f.answering(answers...))
	if b.tls {
		m.f.StartTLS()
	} else {
		m.f.Start()
	}
	t.Cleanup(m.f.Close)
	var err error
	o := lease.Options{Now: m.clock.now, Sleep: m.clock.sleep, Timeout: 10 * time.Second, Client: m.f.Client()}
	if m.p, err = lease.For(b.provider, o); err != nil {
		t.Fatal(err)
	}
	m.r = request(t, b.grant(m.f))
	m.r.File = b.file
	if b.token == nil {
		m.token = string(m.r.IDToken.Reveal())
	}
	return m
}

func (b behaviour) made() string {
	if b.token == nil {
		return made(40)
	}
	return b.token()
}

// good meets a fake that answers as it should, and then as more says.
func (b behaviour) good(t *testing.T, more ...http.HandlerFunc) meeting {
	t.Helper()
	token := b.made()
	return b.meet(t, token, append(b.steps(token, start.Add(lives)), more...)...)
}

// issued is the credential of an exchange that must succeed.
func (m meeting) issued(t *testing.T) *lease.Credential {
	t.Helper()
	c, err := m.p.Exchange(t.Context(), m.r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (b behaviour) testIssues(t *testing.T) {
	m := b.good(t)
	c := m.issued(t)
	if c.Provider != b.provider || c.Handle == "" || len(c.Values) == 0 || c.Issued.Before(start) || !c.NotAfter.After(c.Issued) {
		t.Errorf("%+v", c)
	}
	if c.Revocable != map[bool]lease.Revocable{true: lease.ByToken, false: lease.Never}[b.issues >= 0] {
		t.Errorf("revocable by %q", c.Revocable)
	}
	if lease.Audience(m.r.Grant) == "" || lease.As(m.r.Grant) == "" {
		t.Errorf("audience %q, as %q", lease.Audience(m.r.Grant), lease.As(m.r.Grant))
	}
	if _, err := lease.Endpoint(m.r.Grant); err != nil {
		t.Error(err)
	}
	if at, said := lease.Least(b.provider), m.r.Grant.Least().Std(); at != said {
		t.Errorf("a lease is denied for less than %s, and a manifest is told for less than %s", at, said)
	}
	names := map[string]bool{}
	for _, v := range c.Values {
		if names[v.Name] || v.Name == "" || v.Value.Len() == 0 {
			t.Errorf("%q stands twice, or for nothing", v.Name)
		}
		names[v.Name] = true
	}
}

// testMasks: nothing that is printed of a credential shows it, and all of it is told to who masks.
func (b behaviour) testMasks(t *testing.T) {
	m := b.good(t)
	c := m.issued(t)
	unseen(t, fmt.Sprintf("%v %+v %#v", c, c, *c)+c.Handle, m.token)
	masked := redact.NewMasker(c.Secrets()...).Mask(m.token)
	unseen(t, masked, m.token)
	var named []string // by the grant itself
	if v := m.r.Grant.Vault; v != nil {
		named = slices.Collect(maps.Values(v.Read))
	}
	for _, v := range c.Values {
		if !v.Public && !slices.Contains(named, v.Name) && !slices.ContainsFunc(supervise.Rights(), func(r supervise.Right) bool { return r.Name == v.Name || r.Name == v.Name+"_FILE" }) {
			t.Errorf("%s of the job's own would be left to the command of another lease", v.Name)
		}
		if v.Public {
			unseen(t, string(v.Value.Reveal()), m.token)
		}
	}
	stub, err := c.Stub()
	if err != nil {
		t.Fatal(err)
	}
	if b.issues < 0 {
		unseen(t, string(stub.Reveal()), m.token)
	}
}

// testFiles: what is handed over in files lies in their folder, and no variable has it.
func (b behaviour) testFiles(t *testing.T) {
	m := b.good(t)
	m.r.Grant = b.asFiles(m.f)
	c := m.issued(t)
	dir := t.TempDir()
	files, vars, err := c.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	within := false
	for _, f := range files {
		if f.Name == "" || f.Name != filepath.Base(f.Name) {
			t.Errorf("a file %q", f.Name)
		}
		within = within || strings.Contains(string(f.Content.Reveal()), m.token)
	}
	if !within {
		t.Error("no file has the credential")
	}
	for _, v := range vars {
		value := string(v.Value.Reveal())
		unseen(t, value, m.token)
		if name, ok := strings.CutPrefix(value, dir+string(os.PathSeparator)); ok && !slices.ContainsFunc(files, func(f lease.File) bool { return f.Name == name }) {
			t.Errorf("%s names %q, which isn't written", v.Name, name)
		}
	}
	if _, _, err := c.Files("relative"); err == nil {
		t.Error("files of a relative folder")
	}
}

// asFiles is the grant with as: file.
func (b behaviour) asFiles(f *fake) *manifest.Grant {
	g := b.grant(f)
	for _, h := range handOvers(g) {
		h.As = manifest.AsFile
	}
	return g
}

func (b behaviour) testNarrow(t *testing.T) {
	m := b.good(t)
	m.r.Narrow = []byte(`{"Version":"2012-10-17"}`)
	if b.narrows {
		m.issued(t)
		return
	}
	if err := failed(t, m.p, m.r, m.token); !strings.Contains(err.Error(), "say narrow: none in the grant") || len(m.f.asked()) > 0 {
		t.Errorf("%v, asked %v", err, m.f.asked())
	}
}
