package secret

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// keyWords says what kind of private key a value in PEM's frame is: "RSA private key". It goes by the
// frame's label and, where that doesn't say, by what is in it: OpenSSH's format (PROTOCOL.key of its
// source) or PKCS #8 (RFC 5208, RFC 5958).
func keyWords(value []byte) string {
	label, body, ok := pemParts(value)
	if !ok {
		return "private key"
	}
	switch label {
	case "RSA PRIVATE KEY", "DSA PRIVATE KEY", "EC PRIVATE KEY":
		return strings.TrimSuffix(label, " PRIVATE KEY") + " private key"
	case "PGP PRIVATE KEY BLOCK":
		return "PGP private key"
	case "OPENSSH PRIVATE KEY":
		if key, ok := readOpenSSH(body); ok && key.algorithm != "" {
			return key.algorithm + " private key"
		}
		return "OpenSSH private key"
	case "PRIVATE KEY":
		if algorithm := pkcs8Algorithm(body); algorithm != "" {
			return algorithm + " private key"
		}
	}
	return "private key"
}

// isLocked reports whether a value in PEM's frame is encrypted, so that it needs a passphrase.
func isLocked(value []byte) bool {
	label, body, ok := pemParts(value)
	if !ok {
		return false
	}
	if label == "OPENSSH PRIVATE KEY" {
		key, ok := readOpenSSH(body)
		return ok && key.cipher != "none"
	}
	return label == "ENCRYPTED PRIVATE KEY" || bytes.Contains(value, []byte("Proc-Type: 4,ENCRYPTED"))
}

// pemParts is a frame's label and what stands in it, decoded; of a PEM with headers the body is empty.
func pemParts(value []byte) (label string, body []byte, ok bool) {
	text := strings.ReplaceAll(string(value), `\n`, "\n")
	_, rest, found := strings.Cut(text, "-----BEGIN ")
	if !found {
		return "", nil, false
	}
	label, rest, found = strings.Cut(rest, "-----")
	if !found {
		return "", nil, false
	}
	inner, _, _ := strings.Cut(rest, "-----END")
	if !strings.Contains(inner, ":") {
		inner = strings.Join(strings.FieldsFunc(inner, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"',;\\", r) }), "")
		body, _ = base64.StdEncoding.DecodeString(inner) // to where it can be
	}
	return label, body, true
}

// openSSH is what an OpenSSH private key says before what is secret of it.
type openSSH struct{ cipher, algorithm string }

func readOpenSSH(body []byte) (openSSH, bool) {
	rest, ok := bytes.CutPrefix(body, []byte("openssh-key-v1\x00"))
	if !ok {
		return openSSH{}, false
	}
	var fields [3][]byte // cipher, derivation, its options
	for i := range fields {
		if fields[i], rest, ok = sshString(rest); !ok {
			return openSSH{}, false
		}
	}
	out := openSSH{cipher: string(fields[0])}
	if len(rest) < 4 {
		return out, true
	}
	public, _, ok := sshString(rest[4:]) // after the number of keys
	if !ok {
		return out, true
	}
	name, _, _ := sshString(public)
	switch string(name) {
	case "ssh-ed25519", "sk-ssh-ed25519@openssh.com":
		out.algorithm = "Ed25519"
	case "ssh-rsa":
		out.algorithm = "RSA"
	case "ssh-dss":
		out.algorithm = "DSA"
	case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ecdsa-sha2-nistp256@openssh.com":
		out.algorithm = "EC"
	}
	return out, true
}

// sshString takes a string (RFC 4251, section 5) off data.
func sshString(data []byte) (s, rest []byte, ok bool) {
	if len(data) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(data)
	if uint64(n) > uint64(len(data)-4) { //nolint:gosec // the length is at least 4
		return nil, nil, false
	}
	return data[4 : 4+n], data[4+n:], true
}

// pkcs8Algorithm is the algorithm of a PrivateKeyInfo; "" where it isn't one that is known.
func pkcs8Algorithm(der []byte) string {
	var info struct {
		Version   int
		Algorithm struct {
			OID        asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Key []byte
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return ""
	}
	return map[string]string{
		"1.2.840.113549.1.1.1": "RSA", "1.2.840.113549.1.1.10": "RSA", "1.2.840.10040.4.1": "DSA", "1.2.840.10045.2.1": "EC",
		"1.3.101.110": "X25519", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448",
	}[info.Algorithm.OID.String()]
}
