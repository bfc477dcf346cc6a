package sshsig_test

import (
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/sshsig"
)

// keyFiles are files with KEY in the place of a public key, and the words of their refusal; "" for those that
// are taken.
func keyFiles() map[string]string {
	return map[string]string{
		"KEY":                                  "",
		"KEY\r\n":                              "",
		"\n# the release team\n\tKEY \n":       "",
		"anna@acme.example KEY":                "",
		"anna@acme.example,*@acme.example KEY": "",
		"anna@acme.example namespaces=\"git\" KEY":                                    "",
		"anna@acme.example namespaces=\"file,git\",valid-after=\"20260101Z\" KEY":     "",
		"anna@acme.example valid-before=\"20270101Z\" KEY":                            "",
		"anna@acme.example valid-before=\"202701010000Z\" KEY":                        "",
		"anna@acme.example valid-before=\"20270101000000Z\" KEY":                      "",
		"anna@acme.example namespaces=\"file\" KEY":                                   "isn't for the namespace",
		"anna@acme.example valid-after=\"20261201Z\" KEY":                             "valid after",
		"anna@acme.example valid-before=\"20261128120000Z\" KEY":                      "valid before",
		"anna@acme.example valid-before=\"20270101\" KEY":                             "a time that can't be read",
		"anna@acme.example valid-before=\"20270101000000.5Z\" KEY":                    "a time that can't be read",
		"anna@acme.example valid-before=\"\" KEY":                                     "a time that can't be read",
		"anna@acme.example valid-before=\"20270101Z\",valid-before=\"20260101Z\" KEY": "twice",
		"anna@acme.example valid-before=20260101Z KEY":                                "can't be read",
		"anna@acme.example valid-before=\"20270101Z\", KEY":                           "can't be read",
		"anna@acme.example valid-before=\"20270101Z KEY":                              "can't be read",
		"anna@acme.example namespaces=\"*\" KEY":                                      "namespaces",
		"anna@acme.example namespaces=\"\" KEY":                                       "namespaces",
		"anna@acme.example cert-authority KEY":                                        "authority",
		"anna@acme.example cert-authority,namespaces=\"git\" KEY":                     "authority",
		"anna@acme.example no-touch-required=\"x\" KEY":                               "isn't known",
		"anna@acme.example NAMESPACES=\"git\" KEY":                                    "isn't known",
		"\"anna b@acme.example\" KEY":                                                 "neither with",
		"!anna@acme.example KEY":                                                      "neither with",
		"anna KEY":                                                                    "neither with",
		"restrict KEY":                                                                "neither with",
		"cert-authority KEY":                                                          "neither with",
		"expiry-time=\"20200101\" KEY":                                                "neither with",
		"from=\"*@acme.example\" KEY":                                                 "neither with",
		"anna@acme.example":                                                           "no public key",
		"anna@acme.example namespaces=\"git\"":                                        "no public key",
		"ssh-ed25519":                                                                 "no public key",
		"ssh-ed25519 AAAA":                                                            "malformed",
		"ssh-ed25519 !":                                                               "malformed",
		"ssh-dss AAAA":                                                                "unknown kind",
		"ssh-ed25519-cert-v01@openssh.com AAAA":                                       "certificate",
		"":                                                                            "no key",
		"# nobody\n":                                                                  "no key",
		"KEY\nx x":                                                                    "line 2: ",
		"-----BEGIN OPENSSH PRIVATE" + " KEY-----\n":                                  "make a new pair",
		strings.Repeat("#", 70_000):                                                   "70000 bytes",
		strings.Repeat("KEY\n", 101):                                                  "line 101: more than",
	}
}

func TestParseKeys(t *testing.T) {
	m := newMaker(t, "ssh-ed25519")
	armored := armor(m.sign(t))
	for file, want := range keyFiles() {
		err := check(armored, message, "git", strings.ReplaceAll(file, "KEY", m.line()), now)
		if strings.Contains(file, "PRIVATE") {
			err = check(armored, message, "git", file, now)
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want %q", file, err, want)
		}
	}
}

// TestKindOfLine refuses a key that its line calls by another's name.
func TestKindOfLine(t *testing.T) {
	line := strings.Replace(newMaker(t, "ssh-ed25519").line(), "ssh-ed25519", "sk-ssh-ed25519@openssh.com", 1)
	if _, err := sshsig.ParseKeys([]byte(line)); err == nil || !strings.Contains(err.Error(), "another kind") {
		t.Error(err)
	}
}

// TestErrorsQuoteNothing keeps what stands in a file of keys out of errors: it may be a private key.
func TestErrorsQuoteNothing(t *testing.T) {
	const planted = "b3BlbnNzaC1rZXktdjEAAAAA"
	for _, file := range []string{
		planted, "ssh-ed25519 " + planted, planted + " " + planted, "a@b " + planted, "a@b " + planted + "=\"x\" ssh-ed25519 AAAA",
		"a@b valid-after=\"" + planted + "\" ssh-ed25519 AAAA", "ssh-" + planted + " AAAA",
	} {
		if _, err := sshsig.ParseKeys([]byte(file)); err == nil || strings.Contains(err.Error(), planted) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func FuzzParseKeys(f *testing.F) {
	m := newMaker(f, "ssh-ed25519")
	armored := armor(m.sign(f))
	for file := range keyFiles() {
		f.Add(strings.ReplaceAll(file, "KEY", m.line()))
	}
	for _, kind := range allKinds() {
		f.Add(newMaker(f, kind).line())
	}
	f.Fuzz(func(t *testing.T, file string) {
		keys, err := sshsig.ParseKeys([]byte(file))
		if err != nil {
			return
		}
		for _, k := range keys {
			if k.String() == "" {
				t.Error("a key without a name")
			}
		}
		s, err := sshsig.Parse([]byte(armored))
		if err != nil {
			t.Fatal(err)
		}
		_, blob, _ := strings.Cut(m.line(), " ")
		blob, _, _ = strings.Cut(blob, " ")
		if s.Verify([]byte(message), "git", keys, time.Time{}.Add(1)) == nil && !strings.Contains(file, blob) {
			t.Error("a key verified that isn't in the file")
		}
	})
}
