package secret

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// isPublicKey reports whether a value, which may be cut off, is the beginning of a public key or of a
// certificate: DER's SubjectPublicKeyInfo or Certificate (RFC 5280, section 4.1) in base64. A private key
// of DER begins with a version, INTEGER, where these have a SEQUENCE.
func isPublicKey(value string) bool {
	if !strings.HasPrefix(value, "M") {
		return false
	}
	const enough = 64
	head, err := base64.StdEncoding.DecodeString(value[:min(len(value), enough)/4*4])
	if err != nil {
		return false
	}
	outer, ok := inSequence(head)
	if !ok {
		return false
	}
	inner, ok := inSequence(outer)
	return ok && (isCertificate(inner) || isKeyInfo(inner))
}

// isCertificate: a TBSCertificate begins with its version 3, [0] EXPLICIT INTEGER 2.
func isCertificate(tbs []byte) bool {
	return bytes.HasPrefix(tbs, []byte{0xa0, 0x03, 0x02, 0x01, 0x02})
}

// isKeyInfo: an AlgorithmIdentifier is an OBJECT IDENTIFIER of RSA (PKCS #1), of an elliptic curve
// (X9.62), or of Curve25519 and its kin (RFC 8410). An encrypted private key has one of PKCS #5 there.
func isKeyInfo(algorithm []byte) bool {
	for _, oid := range [][]byte{
		{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01},
		{0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01},
		{0x06, 0x03, 0x2b, 0x65},
	} {
		if bytes.HasPrefix(algorithm, oid) {
			return true
		}
	}
	return false
}

// inSequence is what follows the head of a DER SEQUENCE that der begins with.
func inSequence(der []byte) ([]byte, bool) {
	if len(der) < 2 || der[0] != 0x30 {
		return nil, false
	}
	head := 2
	if der[1] >= 0x80 { // the number of bytes of a long length
		head += int(der[1] & 0x7f)
	}
	if head > len(der) || head > 6 {
		return nil, false
	}
	return der[head:], true
}
