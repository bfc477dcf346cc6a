package lease_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/lease"
)

// TestStub: a credential that was kept and read again is revoked as the one that was issued.
func TestStub(t *testing.T) {
	token := "hvs." + made(90)
	f := serve(t, says(200, login(token)), says(204, ""))
	p, _ := provider(t, "vault")
	g := vaultGrant(f.URL)
	g.Vault.Namespace = "acme"
	c, err := p.Exchange(t.Context(), request(t, g))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := c.Stub()
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"version":1,"provider":"vault","handle":"acc-1","issued":"2026-11-28T12:00:00Z","not_after":"2026-11-28T12:15:00Z",`+
		`"revocable":"token","server":%q,"namespace":"acme","token":%q}`+"\n", f.URL, token)
	if string(kept.Reveal()) != want {
		t.Errorf("%s, want %s", kept.Reveal(), want)
	}
	again, err := lease.ReadStub("lease.json", kept.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Values) > 0 || again.Handle != c.Handle || !again.NotAfter.Equal(c.NotAfter) || len(again.Secrets()) != 1 {
		t.Errorf("%+v", again)
	}
	unseen(t, fmt.Sprintf("%+v %#v", again, *again), token)
	got, err := p.Revoke(t.Context(), again)
	if err != nil || got.Outcome != lease.Revoked || f.seen[1].header.Get("X-Vault-Token") != token || f.seen[1].header.Get("X-Vault-Namespace") != "acme" {
		t.Errorf("%s and %v", got, err)
	}
}

// TestStubWithoutToken: nothing secret is kept of what could not be revoked with it.
func TestStubWithoutToken(t *testing.T) {
	token := "hvb." + made(90)
	f := serve(t, says(200, strings.Replace(login(token), `"service"`, `"batch"`, 1)))
	p, _ := provider(t, "vault")
	c, err := p.Exchange(t.Context(), request(t, vaultGrant(f.URL)))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := c.Stub()
	if err != nil || bytes.Contains(kept.Reveal(), []byte(token)) || bytes.Contains(kept.Reveal(), []byte("server")) {
		t.Errorf("%s and %v", kept.Reveal(), err)
	}
	if _, err := lease.ReadStub("lease.json", kept.Reveal()); err != nil {
		t.Error(err)
	}
}

// TestStubMixedUp: a provider ends its own credentials alone.
func TestStubMixedUp(t *testing.T) {
	c := &lease.Credential{Provider: "other", NotAfter: start.Add(time.Hour)}
	for _, name := range lease.Providers() {
		p, _ := provider(t, name)
		if got, err := p.Revoke(t.Context(), c); err == nil || got.Outcome != "" {
			t.Errorf("%s: %s and %v", name, got, err)
		}
	}
}

func TestReadStubRefuses(t *testing.T) {
	token := made(40)
	vault := `{"version":1,"provider":"vault","handle":"a","issued":"2026-11-28T12:00:00Z","not_after":"2026-11-28T12:15:00Z","revocable":"token","server":"https://v.example","token":"` + token + `"}`
	if _, err := lease.ReadStub("l", []byte(vault)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, from, to, want string }{
		{"another version", `"version":1`, `"version":2`, "l:1:12: expected version 1"},
		{"no version", `"version":1,`, ``, "expected version 1"},
		{"version as text", `"version":1`, `"version":"1"`, "expected version 1"},
		{"unknown member", `"version":1`, `"version":1,"x":1`, "no such member"},
		{"member in another case", `"token"`, `"Token"`, ""},
		{"duplicate", `"version":1`, `"version":1,"version":1`, "l:1:14"},
		{"more after it", `"}`, `"}{}`, "unexpected text after the value"},
		{"another provider", `"vault"`, `"other"`, "provider: expected one of " + strings.Join(lease.Providers(), ", ")},
		{"no handle", `"handle":"a",`, ``, "handle is missing"},
		{"line break", `"handle":"a"`, `"handle":"a\nb"`, "handle: expected one line of text"},
		{"no end", `"not_after":"2026-11-28T12:15:00Z"`, `"not_after":"soon"`, "not_after: expected a time in RFC 3339"},
		{"number for a time", `"issued":"2026-11-28T12:00:00Z"`, `"issued":1`, "issued: expected a string, found a number"},
		{"revocable by a role", `"revocable":"token"`, `"revocable":"role"`, "revocable: expected one of token, none"},
		{"token beside none", `"revocable":"token"`, `"revocable":"none"`, "server stands beside a credential that can't be revoked"},
		{"token of AWS", `"vault"`, `"aws"`, "server stands beside"},
		{"plain http", `https://v`, `http://v`, "server isn't fit to be sent a token"},
		{"server with a password", `https://v`, `https://u:p@v`, "server isn't fit"},
		{"no server", `"server":"https://v.example",`, ``, "server is missing"},
		{"odd token", token, `é` + token, "no token has such characters"},
		{"namespace of GitHub", `"vault"`, `"github","namespace":"a"`, "no namespace is expected"},
		{"not an object", vault, `[]`, "expected an object, found an array"},
		{"nothing", vault, ``, "l:1:1"},
		{"deep", `"version":1`, `"version":[[1]]`, "nested more than 1 deep"},
		{"long", `"version":1`, strings.Repeat(" ", 128<<10) + `"version":1`, "bytes: at most"},
	} {
		_, err := lease.ReadStub("l", []byte(strings.Replace(vault, tt.from, tt.to, 1)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s in it", tt.name, err, tt.want)
			continue
		}
		unseen(t, err.Error(), token)
	}
}

func FuzzReadStub(f *testing.F) {
	f.Add([]byte(`{"version":1,"provider":"vault","handle":"a","issued":"2026-11-28T12:00:00Z","not_after":"2026-11-28T12:15:00Z","revocable":"token","server":"https://v.example","token":"t"}`))
	f.Add([]byte(`{"version":1,"provider":"aws","handle":"a","issued":"2026-11-28T12:00:00Z","not_after":"2026-11-28T12:15:00Z","revocable":"none"}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := lease.ReadStub("l", src)
		if err != nil {
			return
		}
		kept, err := c.Stub()
		if err != nil {
			t.Fatal(err)
		}
		again, err := lease.ReadStub("l", kept.Reveal())
		if err != nil {
			t.Fatalf("%s isn't read again: %v", kept.Reveal(), err)
		}
		twice, err := again.Stub()
		if err != nil || !twice.Equal(kept) {
			t.Fatalf("%s becomes %s", kept.Reveal(), twice.Reveal())
		}
	})
}
