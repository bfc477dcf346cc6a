package tracker_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/ticket"
	"github.com/curfew-ci/curfew/internal/tracker"
)

// ssfSide is a fake receiver of ours, built from RFC 8935, RFC 8417 and OpenID's SSF and CAEP: it takes what is signed by the
// key that it was told of and is meant for it, and each id once.
type ssfSide struct {
	filesSide
	*httptest.Server
	key  redact.Secret
	keys []map[string]string
	seen map[string]bool
	sets []map[string]any
}

func newSSFSide(t *testing.T, _ *clock) side {
	key, _, err := ledger.NewKey("acme.example/ssf", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newSSFSideWith(t, key)
}

func newSSFSideWith(t *testing.T, key redact.Secret) *ssfSide {
	s := &ssfSide{filesSide: filesSide{&memory{objects: map[string][]byte{}}}, key: key, seen: map[string]bool{}}
	text, err := tracker.JWKS(key)
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	s.keys = set.Keys
	s.Server = httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(s.Close)
	return s
}

func (s *ssfSide) receive(w http.ResponseWriter, r *http.Request) {
	refuse := func(code, why string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"err": %q, "description": %q}`, code, why)
	}
	body := readAll(r)
	switch {
	case r.Header.Get("Authorization") != "Bearer "+string(token().Reveal()):
		refuse("authentication_failed", "who is "+r.Header.Get("Authorization")+"?")
		return
	case r.Method != http.MethodPost || r.URL.Path != "/events" || r.Header.Get("Content-Type") != "application/secevent+jwt" || r.Header.Get("Accept") != "application/json":
		refuse("invalid_request", "no push")
		return
	}
	claims, err := s.prove(string(body))
	switch {
	case err != nil:
		refuse("invalid_key", err.Error())
	case claims["iss"] != "https://acme.example":
		refuse("invalid_issuer", "whose?")
	case claims["aud"] != "https://receiver.example/caep":
		refuse("invalid_audience", "whom?")
	case !fitSET(claims):
		refuse("invalid_request", string(body))
	default:
		if id := claims["jti"].(string); !s.seen[id] {
			s.seen[id] = true
			s.sets = append(s.sets, claims)
		}
		w.WriteHeader(http.StatusAccepted)
	}
}

// fitSET reports whether claims are what SSF lets be and CAEP asks for.
func fitSET(claims map[string]any) bool {
	events, _ := claims["events"].(map[string]any)
	sub, _ := claims["sub_id"].(map[string]any)
	if len(events) != 1 || claims["exp"] != nil || claims["sub"] != nil || sub["format"] != "opaque" || len(sub["id"].(string)) != 32 {
		return false
	}
	for uri, e := range events {
		event := e.(map[string]any)
		switch uri {
		case "https://schemas.openid.net/secevent/caep/event-type/credential-change":
			return event["credential_type"] == "token" && (event["change_type"] == "revoke" || event["change_type"] == "update")
		case "https://schemas.openid.net/secevent/caep/event-type/session-revoked":
			return event["initiating_entity"] == "system" && event["change_type"] == nil
		}
	}
	return false
}

// prove verifies a token by the key set, as anybody would.
func (s *ssfSide) prove(jws string) (map[string]any, error) {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return nil, errors.New("no JWS")
	}
	var raw [3][]byte
	for i := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(parts[i]); err != nil {
			return nil, err
		}
	}
	var header struct{ Alg, Kid, Typ string }
	if err := json.Unmarshal(raw[0], &header); err != nil {
		return nil, err
	}
	k := s.keys[0]
	if header.Typ != "secevent+jwt" || header.Kid != k["kid"] || header.Alg != k["alg"] {
		return nil, fmt.Errorf("header %+v", header)
	}
	signed := []byte(parts[0] + "." + parts[1])
	switch header.Alg {
	case "EdDSA":
		x, err := base64.RawURLEncoding.DecodeString(k["x"])
		if err != nil || !ed25519.Verify(x, signed, raw[2]) {
			return nil, errors.New("signature")
		}
	case "RS256":
		n, err1 := base64.RawURLEncoding.DecodeString(k["n"])
		e, err2 := base64.RawURLEncoding.DecodeString(k["e"])
		sum := sha256.Sum256(signed)
		public := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		if err := errors.Join(err1, err2, rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], raw[2])); err != nil {
			return nil, err
		}
	default:
		return nil, errors.New("alg")
	}
	var claims map[string]any
	return claims, json.Unmarshal(raw[1], &claims)
}

func (s *ssfSide) options(c *clock, st *steps) tracker.SSFOptions {
	return tracker.SSFOptions{
		Options: tracker.Options{Client: &http.Client{Transport: st}, Now: c.now, Sleep: c.sleep},
		URL:     s.URL + "/events", Audience: "https://receiver.example/caep", Issuer: "https://acme.example", Key: s.key, Token: token(),
	}
}

func (s *ssfSide) backend(t *testing.T, c *clock, st *steps) ticket.Backend {
	t.Helper()
	b, err := tracker.NewSSF(s.options(c, st), s.files(c, st))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// told is what the receiver heard, in its order.
func (s *ssfSide) told() string {
	var lines []string
	for _, claims := range s.sets {
		for uri, e := range claims["events"].(map[string]any) {
			event := e.(map[string]any)
			lines = append(lines, fmt.Sprintf("%s %v: %v", uri[strings.LastIndexByte(uri, '/')+1:], event["change_type"], event["reason_admin"].(map[string]any)["en"]))
		}
	}
	return strings.Join(lines, "\n")
}

// leaked is a token in a file, or only in the history, of which its provider says something.
func leaked(detector, kind, status string, past bool) finding.Finding {
	f := secret("", finding.High)
	f.Rule, f.Message, f.Key, f.Job = "long-lived-token", kind, kind, ""
	f.Region.Path = "deploy/@hostile.env"
	f.Credential = &finding.Credential{Detector: detector, Kind: kind, Fingerprint: "sha256:" + strings.Repeat("ab", 32)}
	f.Liveness = &finding.Liveness{Status: status}
	if past {
		f.History = &finding.History{First: finding.Commit{ID: strings.Repeat("c", 40), Date: start.Format(time.RFC3339)}}
	}
	return f
}

// lives tells what becomes of a token, one scan after the other.
func lives(t *testing.T, on *ssfSide, c *clock, kill int, after bool, faults *mathrand.Rand) (took int) {
	t.Helper()
	pat := func(status string, past bool) *scan.Result {
		r := result(leaked("github-pat", "GitHub classic personal access token", status, past))
		r.Checked.Scope = scan.InHistory
		return r
	}
	for i, r := range []*scan.Result{
		pat("live", false), pat("dead", false), pat("live", false), pat("dead", false), pat("dead", false), pat("dead", true), pat("live", true),
	} {
		c.set(start.Add(time.Duration(10+i) * 24 * time.Hour)) // its deadline is over soon, so that its state stays the same
		took, kill = syncOnce(t, on, c, r, took, kill, after, faults)
	}
	return took
}

const livesEnds = `credential-change revoke: its provider says that it is dead: GitHub classic personal access token in deploy/@` + "\u200b" + `hostile.env, acme/shop
credential-change update: its provider doesn't say any more that it is dead: GitHub classic personal access token in deploy/@` + "\u200b" + `hostile.env, acme/shop
credential-change revoke: its provider says that it is dead: GitHub classic personal access token in deploy/@` + "\u200b" + `hostile.env, acme/shop
credential-change update: its provider doesn't say any more that it is dead: GitHub classic personal access token in deploy/@` + "\u200b" + `hostile.env, acme/shop`

// TestSSF: a receiver hears of each word of the provider's once, wherever the sync is killed, and whatever the network does.
func TestSSF(t *testing.T) {
	play := func(kill int, after bool, faults *mathrand.Rand) (*ssfSide, int) {
		c := &clock{at: start}
		on := newSSFSide(t, c).(*ssfSide)
		took := lives(t, on, c, kill, after, faults)
		if diff := cmp.Diff(livesEnds, on.told()); diff != "" {
			t.Errorf("killed at step %d, done %t:\n%s", kill, after, diff)
		}
		return on, took
	}
	on, all := play(0, false, nil)
	txn := on.sets[0]["txn"]
	for _, s := range on.sets {
		if s["txn"] != txn || s["sub_id"].(map[string]any)["id"] != on.rows(t)[0].fingerprint {
			t.Errorf("%v", s)
		}
	}
	for kill := 1; kill <= all; kill++ {
		play(kill, false, nil)
		play(kill, true, nil)
	}
	for seed := range uint64(10) {
		play(0, false, mathrand.New(mathrand.NewPCG(seed, 3)))
	}
}

// TestSSFSession: what is a session is said to be revoked, and isn't a credential that changed.
func TestSSFSession(t *testing.T) {
	c := &clock{at: start}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	on := newSSFSideWith(t, pemOf(t, key))
	for i, status := range []string{"live", "dead"} {
		c.set(start.Add(time.Duration(i) * time.Hour))
		syncOnce(t, on, c, result(leaked("vault-service-token", "Vault service token", status, false)), 0, 0, false, nil)
	}
	if want := "session-revoked <nil>: its provider says that it is dead"; !strings.HasPrefix(on.told(), want) || len(on.sets) != 1 {
		t.Error(on.told())
	}
}

// TestSSFRefused: a receiver's refusal is told in its words, without what it was sent, and nothing counts as delivered.
func TestSSFRefused(t *testing.T) {
	dead := result(leaked("github-pat", "GitHub classic personal access token", "dead", false))
	for name, tt := range map[string]struct {
		change func(*tracker.SSFOptions)
		want   string
	}{
		"audience": {func(o *tracker.SSFOptions) { o.Audience = "https://other.example" }, "answered 400: invalid_audience: whom?"},
		"issuer":   {func(o *tracker.SSFOptions) { o.Issuer = "https://evil.example" }, "answered 400: invalid_issuer: whose?"},
		"token":    {func(o *tracker.SSFOptions) { o.Token = redact.New([]byte("another-" + strings.Repeat("token-", 4))) }, "answered 400: authentication_failed: who is Bearer [redacted]?"},
		"not a receiver": {func(o *tracker.SSFOptions) {
			s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			t.Cleanup(s.Close)
			o.URL = s.URL
		}, "answered 200: a receiver that has taken an event answers 202"},
		"redirect": {func(o *tracker.SSFOptions) {
			s := httptest.NewServer(http.RedirectHandler("https://evil.example/", http.StatusTemporaryRedirect))
			t.Cleanup(s.Close)
			o.URL = s.URL
		}, "redirect to evil.example, which isn't followed"},
	} {
		t.Run(name, func(t *testing.T) {
			c := &clock{at: start}
			on := newSSFSide(t, c).(*ssfSide)
			syncOnce(t, on, c, result(leaked("github-pat", "GitHub classic personal access token", "live", false)), 0, 0, false, nil)
			o := on.options(c, &steps{})
			tt.change(&o)
			b, err := tracker.NewSSF(o, on.files(c, &steps{}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = ticket.Sync(t.Context(), b, input(t, dead), ticket.Clock{Now: c.now, Sleep: c.sleep}, func(ticket.Change) {})
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(on.sets) > 0 {
				t.Errorf("%v", err)
			}
			for _, s := range []redact.Secret{o.Key, o.Token} {
				if strings.Contains(fmt.Sprintf("%v %+v %#v", err, b, b), string(s.Reveal())) {
					t.Errorf("shows a secret: %v", err)
				}
			}
			syncOnce(t, on, c, dead, 0, 0, false, nil) // told once it can be
			if len(on.sets) != 1 {
				t.Error(on.told())
			}
		})
	}
}

// TestSETKey: keys are read in the forms that are promised, by RFC 8037's example its thumbprint is right, and all else is
// refused without being shown.
func TestSETKey(t *testing.T) {
	seed, err := base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	if err != nil {
		t.Fatal(err)
	}
	text, err := tracker.JWKS(pemOf(t, ed25519.NewKeyFromSeed(seed)))
	if err != nil || !bytes.Contains(text, []byte(`"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`)) || !bytes.Contains(text, []byte(`"kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"`)) {
		t.Errorf("%s, %v", text, err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := pemOf(t, ed25519.NewKeyFromSeed(seed))
	for name, key := range map[string][]byte{
		"nothing": nil, "words": []byte("made-up-words"), "a note that is none": []byte("PRIVATE+" + "KEY+a+b+c"),
		"an RSA key that is too short": pemOf(t, small).Reveal(), "two keys": append(bytes.Clone(good.Reveal()), good.Reveal()...),
	} {
		if _, err := tracker.JWKS(redact.New(key)); err == nil || len(key) > 0 && strings.Contains(err.Error(), string(key)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzSETKey: whatever stands in a key's file is a key or an error, and no error shows it.
func FuzzSETKey(f *testing.F) {
	f.Add([]byte("PRIVATE+" + "KEY+acme.example/ssf+00000000+AAAA"))
	f.Add([]byte("-----BEGIN PRIVATE" + " KEY-----\nAAAA\n-----END PRIVATE" + " KEY-----\n"))
	f.Fuzz(func(t *testing.T, key []byte) {
		text, err := tracker.JWKS(redact.New(key))
		if err != nil && len(key) > 40 && strings.Contains(err.Error(), string(key)) {
			t.Errorf("shows the key: %v", err)
		}
		if err == nil && !json.Valid(text) {
			t.Errorf("%s", text)
		}
	})
}

func pemOf(t *testing.T, key any) redact.Secret {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return redact.New(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE" + " KEY", Bytes: der}))
}
