package sshsig_test

import (
	"encoding/asn1"
	"encoding/binary"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/sshsig"
)

func fromASN1(t testing.TB, der []byte) (r, s *big.Int) {
	t.Helper()
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &v); err != nil {
		t.Fatal(err)
	}
	return v.R, v.S
}

func allKinds() []string {
	return []string{
		"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
		"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
	}
}

const message = "object 9f2c41e0aa0b1c2d3e4f5061728394a5b6c7d8e9\ntype commit\ntag v1\n"

// check goes the whole way, as a caller would.
func check(armored, message, namespace, keys string, at time.Time) error {
	known, err := sshsig.ParseKeys([]byte(keys))
	if err != nil {
		return err
	}
	s, err := sshsig.Parse([]byte(armored))
	if err != nil {
		return err
	}
	return s.Verify([]byte(message), namespace, known, at)
}

func TestVerify(t *testing.T) {
	for _, kind := range allKinds() {
		for _, hash := range []string{"sha256", "sha512"} {
			t.Run(kind+" "+hash, func(t *testing.T) {
				t.Parallel()
				m, other := newMaker(t, kind), newMaker(t, "ssh-ed25519")
				m.hash = hash
				armored := armor(m.sign(t))
				if err := check(armored, message, "git", "# ours\n\n"+other.line()+"\n"+m.line()+"\n", now); err != nil {
					t.Error(err)
				}
				for what, err := range map[string]error{
					"another text":      check(armored, message+"\n", "git", m.line(), now),
					"no text":           check(armored, "", "git", m.line(), now),
					"another namespace": check(armored, message, "file", m.line(), now),
					"another key":       check(armored, message, "git", other.line(), now),
					"another of a kind": check(armored, message, "git", newMaker(t, kind).line(), now),
				} {
					if err == nil {
						t.Errorf("%s: verified", what)
					}
				}
			})
		}
	}
}

// TestOneBit lets no signature hold of which one bit is another.
func TestOneBit(t *testing.T) {
	for _, kind := range allKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := newMaker(t, kind)
			blob := m.sign(t)
			for i := range blob {
				for _, bit := range []byte{1, 0x80} {
					changed := append([]byte{}, blob...)
					changed[i] ^= bit
					if check(armor(changed), message, "git", m.line(), now) == nil {
						t.Errorf("byte %d of %d may be another", i, len(blob))
					}
				}
				if check(armor(blob[:i]), message, "git", m.line(), now) == nil {
					t.Errorf("%d of %d bytes are enough", i, len(blob))
				}
			}
			if check(armor(append(blob, 0)), message, "git", m.line(), now) == nil {
				t.Error("there may be more")
			}
		})
	}
}

// TestRefused holds each refusal to the words that tell what to do about it.
func TestRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		kind  string
		alter func(t *testing.T, m *maker)
		text  func(armored string) string
		want  string
	}{
		"signed for another namespace":           {alter: func(_ *testing.T, m *maker) { m.namespace = "file" }, want: `the namespace "file"`},
		"no namespace":                           {alter: func(_ *testing.T, m *maker) { m.namespace = "" }, want: `the namespace ""`},
		"a namespace in control of the terminal": {alter: func(_ *testing.T, m *maker) { m.namespace = "git\x1b[2J\u202e" }, want: `"git\x1b[2J\u202e"`},
		"something reserved":                     {alter: func(_ *testing.T, m *maker) { m.reserved = "x" }, want: "malformed"},
		"another version":                        {alter: func(_ *testing.T, m *maker) { m.version = 2 }, want: "version 2"},
		"SHA-1 of the text":                      {alter: func(_ *testing.T, m *maker) { m.hash = "sha1" }, want: "unknown digest"},
		"RSA by SHA-1":                           {kind: "ssh-rsa", alter: func(_ *testing.T, m *maker) { m.algorithm = "ssh-rsa" }, want: "SHA-1"},
		"RSA of 1024 bits":                       {kind: "ssh-rsa", alter: func(t *testing.T, m *maker) { m.rsa(t, 1024) }, want: "1024 bits"},
		"RSA under another name":                 {kind: "ssh-rsa", alter: func(_ *testing.T, m *maker) { m.algorithm = "rsa-sha2-384" }, want: "algorithm"},
		"another key's algorithm":                {alter: func(_ *testing.T, m *maker) { m.algorithm = "rsa-sha2-512" }, want: "algorithm"},
		"certificate":                            {alter: func(_ *testing.T, m *maker) { m.blob = str(nil, "ssh-ed25519-cert-v01@openssh.com") }, want: "certificate"},
		"DSA":                                    {alter: func(_ *testing.T, m *maker) { m.blob = str(nil, "ssh-dss") }, want: "unknown kind"},
		"key cut short":                          {alter: func(_ *testing.T, m *maker) { m.blob = m.blob[:len(m.blob)-1] }, want: "public key is cut short"},
		"security key untouched":                 {kind: "sk-ssh-ed25519@openssh.com", alter: func(_ *testing.T, m *maker) { m.flags = 0 }, want: "touched"},
		"security key verified only":             {kind: "sk-ecdsa-sha2-nistp256@openssh.com", alter: func(_ *testing.T, m *maker) { m.flags = 4 }, want: "touched"},
		"security key with extensions":           {kind: "sk-ssh-ed25519@openssh.com", alter: func(_ *testing.T, m *maker) { m.flags = 0x81 }, want: "unknown flags"},
		"security key of a browser": {kind: "sk-ssh-ed25519@openssh.com", alter: func(_ *testing.T, m *maker) {
			m.application = "https://acme.example"
			m.blob = str(m.blob[:len(m.blob)-len("    ssh:")], m.application)
		}, want: "application"},
		"browser's algorithm": {kind: "sk-ecdsa-sha2-nistp256@openssh.com", alter: func(_ *testing.T, m *maker) {
			m.algorithm = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
		}, want: "algorithm"},
		"OpenPGP":          {text: func(string) string { return "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n" }, want: "no SSH signature"},
		"nothing":          {text: func(string) string { return "" }, want: "no SSH signature"},
		"one line":         {text: func(string) string { return "-----BEGIN SSH SIGNATURE-----" }, want: "cut short"},
		"empty":            {text: func(string) string { return "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----" }, want: "malformed"},
		"after it":         {text: func(s string) string { return s + "x" }, want: "stands after it"},
		"before it":        {text: func(s string) string { return " " + s }, want: "no SSH signature"},
		"twice":            {text: func(s string) string { return s + s }, want: "base64"},
		"carriage returns": {text: func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }, want: "no SSH signature"},
		"a return inside":  {text: func(s string) string { return s[:40] + "\r" + s[40:] }, want: "base64"},
		"a blank line":     {text: func(s string) string { return strings.Replace(s, "\n", "\n\n", 1) }, want: "empty or too long"},
		"long lines":       {text: func(s string) string { return s[:40] + strings.Repeat("A", 70) + s[40:] }, want: "empty or too long"},
		"huge":             {text: func(s string) string { return s + strings.Repeat("\n", 1<<20) }, want: "longer than any"},
	} {
		t.Run(name, func(t *testing.T) {
			kind := tt.kind
			if kind == "" {
				kind = "ssh-ed25519"
			}
			m := newMaker(t, kind)
			keys := m.line()
			if tt.alter != nil {
				tt.alter(t, m)
			}
			armored := armor(m.sign(t))
			if tt.text != nil {
				armored = tt.text(armored)
			}
			if err := check(armored, message, "git", keys, now); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q in it", err, tt.want)
			}
		})
	}
}

// TestNumbers refuses numbers of ECDSA that are none, or aren't written in the one way that they may be.
func TestNumbers(t *testing.T) {
	m := newMaker(t, "ecdsa-sha2-nistp256")
	for _, number := range []string{"", "\x00", "\x00\x01", "\x80", "\x01", "\xff\xff"} {
		m.value = string(str(str(nil, number), number))
		if check(armor(m.sign(t)), message, "git", m.line(), now) == nil {
			t.Errorf("the numbers %x are taken", number)
		}
	}
}

// TestVectors verifies what ssh-keygen signed, where no ssh-keygen is: testdata holds a public key, and its
// signature of message in the namespace git, of each kind that it can make without a security key.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/*.pub")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d vectors, %v", len(files), err)
	}
	for _, file := range files {
		key, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := os.ReadFile(strings.TrimSuffix(file, ".pub") + ".sig")
		if err != nil {
			t.Fatal(err)
		}
		if err := check(string(signature), message, "git", string(key), now); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, kind := range allKinds() {
		f.Add(newMaker(f, kind).sign(f), "")
	}
	f.Add([]byte{}, "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n")
	keys := newMaker(f, "ssh-ed25519").line()
	f.Fuzz(func(t *testing.T, blob []byte, text string) {
		if text == "" {
			text = armor(blob)
		}
		if s, err := sshsig.Parse([]byte(text)); err == nil && s.Signer() == "" {
			t.Error("a signature by nobody")
		}
		if check(text, "another text", "git", keys, now) == nil {
			t.Error("a key that is known to nobody signed it")
		}
	})
}

// TestHugeLengths takes no length for what is there.
func TestHugeLengths(t *testing.T) {
	blob := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("SSHSIG"), 1), 1<<32-1)
	if _, err := sshsig.Parse([]byte(armor(blob))); err == nil {
		t.Error("taken")
	}
}
