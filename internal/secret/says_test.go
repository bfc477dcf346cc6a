package secret

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/rules"
)

// oneDetector is made once for all of this file's tests.
var oneDetector = sync.OnceValues(func() (*Detector, error) { return New(rules.SecretRules()) })

// told searches a text and says what the first token that is a finding of its own is and says of itself.
func told(t *testing.T, path, text string) (Token, string) {
	t.Helper()
	d, err := oneDetector()
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := d.Detect(context.Background(), path, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for i := range tokens {
		if !tokens[i].Covered && tokens[i].Unlikely == "" {
			return tokens[i], tokens[i].Told()
		}
	}
	t.Fatal("no token is found")
	return Token{}, ""
}

// unsigned is a JWT with the given claims and a signature of nothing but x.
func unsigned(claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + enc([]byte(claims)) + "." + strings.Repeat("xY3", 15)
}

func TestSays(t *testing.T) {
	alnum := fillRandom("{alnum:24}", 5)
	long := "https://" + strings.Repeat("a", 80) + ".example"
	gcp := pick(t, "gcp-service-account-key")
	account := strings.Replace(gcp.Content, "{\n", "{\n  \"project_id\": \"payments-prod\",\n  \"client_email\": \"ci@payments-prod.iam.gserviceaccount.com\",\n", 1)
	keyID := "key id " + strings.Repeat("0123456789abcdef", 3)[:40]
	tests := []struct{ name, path, text, want string }{
		{
			"jwt", "a.env", "T=" + unsigned(`{"iss":"https://issuer.example","sub":"robot","aud":["api","web"],"scope":"repo write","jti":"hidden"}`),
			`issuer https://issuer.example, subject robot, audience "api web", scope "repo write"`,
		},
		{
			"jwt, roles", "a.env", "T=" + unsigned(`{"roles":["admin"],"azp":"shop","tid":"f457b710-93af-4191-8678-bcf51281f98c","iss":7}`),
			"role admin, client shop, tenant f457b710-93af-4191-8678-bcf51281f98c",
		},
		{
			"jwt, hostile", "a.env", "T=" + unsigned(`{"sub":"x\n::error::pwn\u001b[2J\u202e","iss":"`+long+`"}`),
			"issuer " + long[:64] + `..., subject "x\n::error::pwn\x1b[2J\u202e"`,
		},
		{"jwt, a secret in a claim", "a.env", "T=" + unsigned(`{"sub":"`+fillRandom("{alnum:40}", 8)+`","role":"dev"}`), "role dev"},
		{"jwt, a token in a text", "a.env", "T=" + unsigned(`{"sub":"it is `+strings.Repeat("a ", 20)+pick(t, "github-pat").Value+`","role":"dev"}`), "role dev"},
		{"curl, a key for a user", "a.sh", "curl -u \"" + fillRandom("{alnum:14}", 4) + ":" + fillRandom("{alnum:20}", 4) + "\" https://api.example.org\n", ""},
		{"jwt, nothing", "a.env", "T=" + unsigned(`{"iat":1700000000}`), ""},
		{"aws", "a.env", "KEY=AS" + "IAQNZGKIQY56JQ7WML", "account 029608264753"},
		{"aws, of before 2019", "a.env", "KEY=AK" + "IAIQ7B2MZ4K5XW3NEA", ""},
		{"gcp", "key.json", account, "project payments-prod, client ci@payments-prod.iam.gserviceaccount.com, " + keyID},
		{
			"gcp in base64", "a.yml", "key: " + base64.StdEncoding.EncodeToString([]byte(account)) + "\n",
			"project payments-prod, client ci@payments-prod.iam.gserviceaccount.com, " + keyID,
		},
		{"gcp, no object", "key.json", strings.Replace(gcp.Content, "}", "]", 1), ""},
		{"slack", "a.sh", pick(t, "slack-bot-token").Content, "workspace number " + strings.Split(pick(t, "slack-bot-token").Value, "-")[1]},
		{"slack webhook", "a.sh", pick(t, "slack-webhook-url").Content, "workspace " + strings.Split(pick(t, "slack-webhook-url").Value, "/")[4]},
		{"npmrc", ".npmrc", pick(t, "npmrc-auth").Content, "registry registry.example.org"},
		{"docker", "config.json", pick(t, "docker-config-auth").Content, "user robot"},
		{"curl", "a.sh", pick(t, "curl-auth-user").Content, "user robot"},
		{"url", "a.sh", pick(t, "url-credentials").Content, "user robot, host git.acme.internal"},
		{
			"sas", "a.sh", "azcopy 'https://x.blob.core.windows.net/c?sv=2024-11-04&se=2027-01-01&sp=rwd&sig=" + fillRandom("{alnum:43}", 2) + "%3D'\n",
			"permissions rwd, host x.blob.core.windows.net",
		},
		{"stateless github", "a.sh", "X=gh" + "s_123456_" + unsigned(`{"iss":"github"}`), "app 123456, issuer github"},
		{"a guess says nothing", "a.env", "api_key = \"" + alnum + "7\"\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if token, got := told(t, tt.path, tt.text); got != tt.want {
				t.Errorf("%s: got  %s\nwant %s", token.Detector, got, tt.want)
			}
		})
	}
}

// Whatever a token's maker writes, what is told is one line of plain text and of bounded length.
func FuzzSays(f *testing.F) {
	f.Add("a\x00\n::error::", "https://u:")
	f.Add("\xff\xfe", "//host/:_authToken=")
	f.Fuzz(func(t *testing.T, value, before string) {
		text := []byte(before + value + "@host?se=1&sp=x}")
		for _, detector := range []string{
			"jwt", "slack-bot-token", "slack-webhook-url", "docker-config-auth", "curl-auth-user", "url-credentials", "npmrc-auth",
			"azure-shared-access-signature", "gcp-service-account-key", "pypi-upload-token", "private-key", "aws-access-token", "github-app-token-stateless",
		} {
			token := Token{Says: saysOf(hit{detector: detector, region: span{len(before), len(before) + len(value)}, value: []byte(value)}, text)}
			got := token.Told()
			if len(got) > mostFacts*(mostValue*6+64) || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%s: told %q", detector, got)
			}
			keyWords([]byte(value))
			readPyPI(value)
		}
	})
}

// macaroon makes a PyPI token with caveats.
func macaroon(caveats ...string) string {
	field := func(kind byte, text string) string { return string([]byte{kind, byte(len(text))}) + text }
	raw := "\x02" + field(1, "pypi.org") + field(2, "f457b710-93af-4191-8678-bcf51281f98c") + "\x00"
	for _, c := range caveats {
		raw += field(2, c) + "\x00"
	}
	raw += "\x00" + field(6, strings.Repeat("\xa7\x31", 16))
	return "pypi" + "-" + base64.RawURLEncoding.EncodeToString([]byte(raw))
}

func TestPyPI(t *testing.T) {
	end := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	tests := []struct {
		name, token, want string
		expires           time.Time
		lifetime          Lifetime
	}{
		{"account", macaroon(`[3, "f457b710-93af-4191-8678-bcf51281f98c"]`), "scope all projects of its user", time.Time{}, LongLived},
		{"project", macaroon(`[1, ["shop", "till"]]`), `project "shop till"`, time.Time{}, LongLived},
		{"project, older", macaroon(`{"version": 1, "permissions": {"projects": ["shop"]}}`), "project shop", time.Time{}, LongLived},
		{"account, older", macaroon(`{"version": 1, "permissions": "user"}`), "scope all projects of its user", time.Time{}, LongLived},
		{"of trusted publishing", macaroon(`[0, 1795482000, 1795481100]`, `[2, ["f457b710-93af-4191-8678-bcf51281f98c"]]`), "", end, ShortLived},
		{"broken", "pypi" + "-AgEIcHlwaS5vcmcCJ" + strings.Repeat("aB3", 20), "", time.Time{}, LongLived},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			token, got := told(t, ".pypirc", "password = "+tt.token+"\n")
			if got != tt.want || !token.Expires.Equal(tt.expires) || token.Lifetime != tt.lifetime {
				t.Errorf("%s: got %q, %s, %s", token.Detector, got, token.Expires, token.Lifetime)
			}
		})
	}
}

func TestSignatureLife(t *testing.T) {
	sig := "&sig=" + fillRandom("{alnum:43}", 2) + "%3D'\n"
	for query, want := range map[string]Lifetime{
		"st=2026-11-24T00%3A00%3A00Z&se=2026-11-24T08%3A00%3A00Z": ShortLived,
		"st=2026-11-24&se=2027-11-24":                             LongLived,
		"se=2027-11-24T00:00Z":                                    Unknown,
		"si=policy":                                               Unknown,
	} {
		token, _ := told(t, "a.sh", "azcopy 'https://x.blob.core.windows.net/c?sv=2024-11-04&"+query+sig)
		if token.Lifetime != want || token.Expires.IsZero() == strings.Contains(query, "se=") {
			t.Errorf("%s: got %s, %s", query, token.Lifetime, token.Expires)
		}
	}
}

// openSSHKey makes a key in OpenSSH's format of which only the outside is there.
func openSSHKey(cipher, algorithm string) string {
	str := func(s string) string { return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) + s }
	body := "openssh-key-v1\x00" + str(cipher) + str("none") + str("") + "\x00\x00\x00\x01" + str(str(algorithm)+str("public")) + str(strings.Repeat("\x91\x3f", 200))
	return string(pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE " + "KEY", Bytes: []byte(body)}))
}

func TestPrivateKeys(t *testing.T) {
	pkcs8 := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE " + "KEY", Bytes: der}))
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	filler := bytes.Repeat([]byte("\x91\x3f\x77"), 60)
	frame := func(label string, headers map[string]string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: label + " " + "KEY", Headers: headers, Bytes: filler}))
	}
	const locked = "locked by a passphrase"
	tests := []struct{ name, key, kind, says string }{
		{"RSA", frame("RSA PRIVATE", nil), "RSA private key", ""},
		{"RSA, locked", frame("RSA PRIVATE", map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}), "RSA private key", locked},
		{"DSA", frame("DSA PRIVATE", nil), "DSA private key", ""},
		{"PKCS #8, EC", pkcs8(ec), "EC private key", ""},
		{"PKCS #8, Ed25519", pkcs8(ed), "Ed25519 private key", ""},
		{"PKCS #8 in JSON", strings.ReplaceAll(pkcs8(ec), "\n", `\n`), "EC private key", ""},
		{"PKCS #8, locked", frame("ENCRYPTED PRIVATE", nil), "private key", locked},
		{"PKCS #8, none", frame("PRIVATE", nil), "private key", ""},
		{"OpenSSH, Ed25519", openSSHKey("none", "ssh-ed25519"), "Ed25519 private key", ""},
		{"OpenSSH, RSA, locked", openSSHKey("aes256-ctr", "ssh-rsa"), "RSA private key", locked},
		{"OpenSSH, unknown", openSSHKey("none", "ssh-new"), "OpenSSH private key", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if token, says := told(t, "key.txt", tt.key); token.Kind != tt.kind || says != tt.says {
				t.Errorf("got %q, %q, want %q, %q", token.Kind, says, tt.kind, tt.says)
			}
		})
	}
}
