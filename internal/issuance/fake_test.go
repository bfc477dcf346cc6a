package issuance_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/attest"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Everything here is a fake of ours but the signatures, which are real, and what is under internal/.

const (
	actions = "https://token.actions.githubusercontent.com"
	other   = "https://ci.acme.example"
	sha     = "9f2c41e0aa0b1c2d3e4f5061728394a5b6c7d8e9"
	commitA = "77ad01b0aa0b1c2d3e4f5061728394a5b6c7d8e9"
	commitB = "88ad01b0aa0b1c2d3e4f5061728394a5b6c7d8e9"
)

var signers = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var out [2]*rsa.PrivateKey
	for i := range out {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		out[i] = k
	}
	return out
})

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// jwks is the JWK Set of the fake issuer.
func jwks() []byte {
	k := signers()[0]
	return toJSON(map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "a", "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes()),
	}}})
}

func toJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// sign makes a real token.
func sign(key *rsa.PrivateKey, header string, claims map[string]any) string {
	text := b64([]byte(header)) + "." + b64(toJSON(claims))
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + b64(signature)
}

const header = `{"alg":"RS256","kid":"a","typ":"JWT"}`

// job is a fake of what a job gets its tokens and its issuer's keys from.
type job struct {
	now    func() time.Time
	claims map[string]any
	second map[string]any                                      // what differs in tokens for providers
	forge  func(audience string, claims map[string]any) string // nil: signed as they should be
	step   func(name string) error
	keys   issuance.Keyring // nil: the fake issuer's
}

func (j *job) IDToken(ctx context.Context, audience string) (redact.Secret, error) {
	name := "second token"
	if audience == issuance.Audience {
		name = "first token"
	}
	if err := j.step(name); err != nil {
		return redact.Secret{}, err
	}
	now := j.now()
	c := map[string]any{"aud": audience, "iat": now.Unix(), "nbf": now.Add(-5 * time.Minute).Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	maps.Copy(c, j.claims)
	if audience != issuance.Audience {
		maps.Copy(c, j.second)
	}
	for k, v := range c {
		if v == nil {
			delete(c, k)
		}
	}
	if j.forge != nil {
		return redact.New([]byte(j.forge(audience, c))), ctx.Err()
	}
	return redact.New([]byte(sign(signers()[0], header, c))), ctx.Err()
}

func (j *job) Keys(ctx context.Context, issuer string) (identity.Keys, []byte, error) {
	if err := j.step("keys"); err != nil {
		return identity.Keys{}, nil, err
	}
	if j.keys != nil {
		return j.keys.Keys(ctx, issuer)
	}
	keys, err := identity.ParseKeys("jwks", jwks())
	return keys, jwks(), errors.Join(err, ctx.Err())
}

// fixed is a governance in memory; then is what holds from the second question on, where it isn't nil.
type fixed struct {
	mu    sync.Mutex
	asked int
	rules issuance.Rules
	files map[string]string
	then  *fixed
	step  func(name string) error
}

func (f *fixed) turn(ask bool) *fixed {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ask {
		f.asked++
	}
	if f.asked > 1 && f.then != nil {
		return f.then
	}
	return f
}

func (f *fixed) Rules(ctx context.Context, _ identity.Identity, _ string) (issuance.Rules, error) {
	name := "rules"
	f.mu.Lock()
	if f.asked > 0 {
		name = "rules again"
	}
	f.mu.Unlock()
	if err := f.step(name); err != nil {
		return issuance.Rules{}, err
	}
	return f.turn(true).rules, ctx.Err()
}

func (f *fixed) File(_ context.Context, _ identity.Identity, commit, path string) ([]byte, error) {
	g := f.turn(false)
	text, ok := g.files[path]
	if !ok || commit != g.rules.Manifest.Commit {
		return nil, errors.New("no such file: " + path)
	}
	return []byte(text), nil
}

// read is File for who knows the commit.
func (f *fixed) read(ctx context.Context, path string) ([]byte, error) {
	return f.File(ctx, identity.Identity{}, f.rules.Manifest.Commit, path)
}

// tickets is a fake of a ticket system, not of any real one's API.
type tickets struct {
	mu     sync.Mutex
	asked  int
	proofs []manifest.Proof
	then   func([]manifest.Proof) []manifest.Proof // from the second question on
	step   func(name string) error
}

func (p *tickets) Prove(ctx context.Context, _ issuance.Case) ([]manifest.Proof, error) {
	p.mu.Lock()
	p.asked++
	n := p.asked
	p.mu.Unlock()
	name := "proof"
	if n > 1 {
		name = "proof again"
	}
	if err := p.step(name); err != nil {
		return nil, err
	}
	var out []manifest.Proof
	for _, proof := range p.proofs {
		if proof.Ticket != nil {
			ticket := *proof.Ticket
			proof.Ticket = &ticket
		}
		out = append(out, proof)
	}
	if n > 1 && p.then != nil {
		out = p.then(out)
	}
	return out, ctx.Err()
}

func approved() *manifest.TicketProof {
	return &manifest.TicketProof{
		System: manifest.SystemJira, Project: "CHG", ID: "CHG-4411", UID: "10042", Status: "Approved", SHA: sha, Approvers: []string{"@zoe"},
	}
}

// shared is a store in a folder, with counts as a collected log would give them.
type shared struct {
	ledger.Slots
	facts  manifest.LedgerFacts
	uses   bool // of break-glass are read from the slots, as a store does
	step   func(name string) error
	opened []manifest.Ledger
}

func (s *shared) open(l manifest.Ledger) (issuance.Shared, error) {
	s.opened = append(s.opened, l)
	return s, s.step("open")
}

func (s *shared) Facts(ctx context.Context, _, _ string) (*manifest.LedgerFacts, error) {
	facts, err := s.facts, errors.Join(s.step("counts"), ctx.Err())
	if s.uses && err == nil {
		var used []ledger.Used
		used, err = s.Uses(ctx, "987654")
		facts.BreakGlass = attest.Uses(used)
	}
	return &facts, err
}

func (s *shared) Used(ctx context.Context, key []string) (int, error) {
	if err := s.step("uses"); err != nil {
		return 0, err
	}
	return s.Count(ctx, key)
}

func (s *shared) Attested(ctx context.Context, by ledger.Attestor, project string) ([]ledger.Record, error) {
	if err := s.step("attested"); err != nil {
		return nil, err
	}
	return by.Newest(ctx, s.Store, project)
}

func (s *shared) Take(ctx context.Context, c ledger.Claim) (string, error) {
	if err := s.step("slot"); err != nil {
		return "", err
	}
	return s.Slots.Take(ctx, c)
}

// use takes the slot of what may be had once.
func (w *world) use(key ...string) {
	w.t.Helper()
	id, err := w.options.NewID()
	if err == nil {
		_, err = w.shared.Slots.Take(w.t.Context(), ledger.Claim{Key: key, Limit: 1, Holder: id})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// server is a fake of Vault, STS and an octo-sts-compatible exchange with GitHub's API in one: it knows which
// of its tokens live.
type server struct {
	*httptest.Server
	mu      sync.Mutex
	answer  http.HandlerFunc // in place of the exchange's own; may be nil
	lasts   int              // lease_duration
	expires string           // of a session; "" is in 15 minutes
	issued  []string
	revoked []string
	narrow  string
	reaches []string // the repositories of the last token of GitHub's
	now     func() time.Time
	step    func(name string) error
}

func startServer(t *testing.T) *server {
	t.Helper()
	s := &server{lasts: 900}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	s.mu.Lock()
	defer s.mu.Unlock()
	ends := strings.HasSuffix(r.URL.Path, "/revoke-self") || r.Method == http.MethodDelete
	if !ends && r.URL.Path != "/installation/repositories" && s.step("exchange") != nil {
		panic(http.ErrAbortHandler)
	}
	switch {
	case ends:
		s.end(w, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+r.Header.Get("X-Vault-Token"))
	case s.answer != nil:
		s.answer(w, r)
	case strings.HasSuffix(r.URL.Path, "/login"):
		token := s.make("hv" + "s.")
		_, _ = w.Write(toJSON(map[string]any{"request_id": "r-1", "auth": map[string]any{
			"client_token": token, "accessor": "acc-1", "lease_duration": s.lasts, "renewable": false, "token_type": "service",
		}}))
	case r.URL.Path == "/sts/exchange":
		s.reaches = r.URL.Query()["repositories"]
		_, _ = w.Write(toJSON(map[string]any{"token": s.make("gh" + "s_")}))
	case r.URL.Path == "/installation/repositories":
		var list []any
		for _, name := range s.reaches {
			list = append(list, map[string]any{"full_name": name})
		}
		_, _ = w.Write(toJSON(map[string]any{"total_count": len(list), "repositories": list}))
	default:
		form := string(body)
		if i := strings.Index(form, "Policy="); i >= 0 {
			s.narrow, _, _ = strings.Cut(form[i:], "&")
		}
		expires := s.expires
		if expires == "" {
			expires = s.now().Add(15 * time.Minute).UTC().Format(time.RFC3339)
		}
		_, _ = io.WriteString(w, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>`+
			`<Credentials><SessionToken>`+s.make("")+`</SessionToken><SecretAccessKey>`+s.make("")+`</SecretAccessKey><Expiration>`+expires+
			`</Expiration><AccessKeyId>ASIAMADEUPMADEUP00</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`)
	}
}

func (s *server) make(prefix string) string {
	token := prefix + strings.ReplaceAll(rand.Text()+rand.Text(), "=", "")
	s.issued = append(s.issued, token)
	return token
}

func (s *server) end(w http.ResponseWriter, token string) {
	for _, known := range s.issued {
		if known != token {
			continue
		}
		for _, gone := range s.revoked {
			if gone == token {
				w.WriteHeader(http.StatusForbidden)
				_, _ = io.WriteString(w, `{"errors":["permission denied","invalid token"]}`)
				return
			}
		}
		s.revoked = append(s.revoked, token)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.WriteHeader(http.StatusNotFound)
}
