package lease

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

func certificate(tb testing.TB) []byte {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "made up"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// TestAuthority: certificates alone are taken, and nothing of what stands around them is handed on.
func TestAuthority(t *testing.T) {
	a, b := certificate(t), certificate(t)
	both := append(append([]byte("# the old one\n"), a...), append([]byte("\n# the new one\n"), b...)...)
	got, err := readAuthority("ops/ca.pem", both)
	if err != nil || !bytes.Equal(got.pem, append(a, b...)) {
		t.Errorf("%s, %v", got.pem, err)
	}
	block := func(kind, body string) string {
		return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n"
	}
	for src, want := range map[string]string{
		"":                                              "has no certificate: expected PEM, -----BEGIN CERTIFICATE-----",
		"apiVersion: v1\n":                              "has no certificate",
		string(a) + block("EC PRIVATE KEY", ""):         "has a private key beside it: take the key out of the repository",
		string(a) + block("PRIVATE KEY", "AAAA"):        "has a private key beside it",
		string(a) + block("PUBLIC KEY", "AAAA"):         "has a block of another type than CERTIFICATE",
		block("CERTIFICATE", "AAAA"):                    "has a block that is no certificate of X.509",
		string(a) + "-----BEGIN CERTIFICATE-----\nAAAA": "has a block that isn't PEM",
		string(a) + block("CERTIFICATE", "!"):           "has a block that isn't PEM",
	} {
		if _, err := readAuthority("ops/ca.pem", []byte(src)); err == nil || !strings.HasPrefix(err.Error(), "the authority in ops/ca.pem "+want) {
			t.Errorf("%q: %v, want %s", src, err, want)
		}
	}
}

// FuzzAuthority: whatever is taken is made of certificates alone, and is taken again as it is.
func FuzzAuthority(f *testing.F) {
	good := certificate(f)
	f.Add(good)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := readAuthority("ca", src)
		if err != nil {
			return
		}
		again, err := readAuthority("ca", got.pem)
		if err != nil || !bytes.Equal(again.pem, got.pem) || bytes.Contains(got.pem, []byte("KEY")) && !bytes.Contains(src, []byte("KEY")) {
			t.Errorf("%v: %q", err, got.pem)
		}
	})
}
