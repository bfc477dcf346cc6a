package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"math/big"
)

// verify reports whether signature is public's over signed. public must fit.
func (a algorithm) verify(public crypto.PublicKey, signed, signature []byte) bool {
	switch public := public.(type) {
	case *rsa.PublicKey:
		if a.scheme == schemePKCS1 {
			return rsa.VerifyPKCS1v15(public, a.hash, a.digest(signed), signature) == nil
		}
		// RFC 7518, section 3.5: the salt is as long as the digest.
		options := rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
		return rsa.VerifyPSS(public, a.hash, a.digest(signed), signature, &options) == nil
	case *ecdsa.PublicKey:
		// RFC 7518, section 3.4: both numbers, each as long as a coordinate.
		size := coordinate(public.Curve)
		if len(signature) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(public, a.digest(signed), r, s)
	}
	return false
}

func (a algorithm) digest(signed []byte) []byte {
	switch a.hash {
	case crypto.SHA256:
		sum := sha256.Sum256(signed)
		return sum[:]
	case crypto.SHA384:
		sum := sha512.Sum384(signed)
		return sum[:]
	}
	sum := sha512.Sum512(signed)
	return sum[:]
}
