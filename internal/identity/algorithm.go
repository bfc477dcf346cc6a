package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"strings"
)

// scheme is a way to sign.
type scheme uint8

const (
	schemePKCS1 scheme = iota + 1 // RSASSA-PKCS1-v1_5
	schemePSS                     // RSASSA-PSS
	schemeECDSA
)

// algorithm is one value of a header's alg.
type algorithm struct {
	name   string
	scheme scheme
	hash   crypto.Hash
	curve  elliptic.Curve // for ECDSA, where each algorithm has its own
}

// algorithms lists what is taken: RFC 7518, section 3.1, less "none" and all HMACs: who can verify one can
// make one. No known issuer of a CI signs with anything else.
func algorithms() []algorithm {
	return []algorithm{
		{"RS256", schemePKCS1, crypto.SHA256, nil},
		{"RS384", schemePKCS1, crypto.SHA384, nil},
		{"RS512", schemePKCS1, crypto.SHA512, nil},
		{"PS256", schemePSS, crypto.SHA256, nil},
		{"PS384", schemePSS, crypto.SHA384, nil},
		{"PS512", schemePSS, crypto.SHA512, nil},
		{"ES256", schemeECDSA, crypto.SHA256, elliptic.P256()},
		{"ES384", schemeECDSA, crypto.SHA384, elliptic.P384()},
		{"ES512", schemeECDSA, crypto.SHA512, elliptic.P521()},
	}
}

func algorithmNamed(name string) (algorithm, bool) {
	for _, a := range algorithms() {
		if a.name == name {
			return a, true
		}
	}
	return algorithm{}, false
}

// algorithmNames lists them for a person.
func algorithmNames() string {
	var names []string
	for _, a := range algorithms() {
		names = append(names, a.name)
	}
	return strings.Join(names, ", ")
}

// fits reports whether a is for keys of public's type and curve.
func (a algorithm) fits(public crypto.PublicKey) bool {
	switch public := public.(type) {
	case *rsa.PublicKey:
		return a.scheme == schemePKCS1 || a.scheme == schemePSS
	case *ecdsa.PublicKey:
		return a.scheme == schemeECDSA && a.curve == public.Curve
	}
	return false
}
