package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"time"
)

// shortLife is the longest life of a credential that counts as short-lived.
const shortLife = 24 * time.Hour

// jwt is what a JSON Web Token (RFC 7519) says of itself. Nothing of it is verified.
type jwt struct {
	expires  time.Time // zero where there is no exp
	lifetime Lifetime
	signed   bool // by at least strongBits
}

// readJWT reads the claims of value, which may stand behind a prefix such as "ghs_12345_". It reports
// false where value is no JWT.
func readJWT(value []byte) (jwt, bool) {
	payload, signature, ok := jwtParts(value)
	if !ok {
		return jwt{}, false
	}
	var claims struct {
		Exp, Iat, Nbf *float64
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return jwt{}, false
	}
	out := jwt{lifetime: LongLived, signed: len(signature)*6 >= strongBits}
	if claims.Exp == nil {
		return out, true
	}
	out.expires = seconds(*claims.Exp)
	switch start := first(claims.Iat, claims.Nbf); {
	case start == nil:
		out.lifetime = Unknown
	case out.expires.Sub(seconds(*start)) <= shortLife:
		out.lifetime = ShortLived
	}
	return out, true
}

// jwtParts is the payload of a JWT, decoded, and its signature as it is written.
func jwtParts(value []byte) (payload, signature []byte, ok bool) {
	if i := bytes.Index(value, []byte("ey")); i > 0 {
		value = value[i:]
	}
	parts := bytes.Split(value, []byte{'.'})
	if len(parts) != 3 {
		return nil, nil, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(string(bytes.TrimRight(parts[1], "=")))
	return payload, parts[2], err == nil
}

// jwtIn is the JWT that a hit found; false where it found something else.
func jwtIn(h hit) ([]byte, bool) {
	switch h.detector {
	case "jwt", "kubernetes-service-account-token", "github-app-token-stateless":
		return h.value, true
	case "jwt-base64":
		inner, err := base64.RawStdEncoding.DecodeString(string(bytes.TrimRight(h.value, "=")))
		return inner, err == nil
	}
	return nil, false
}

// seconds is the time of a NumericDate (RFC 7519, section 2), kept within what formats as a date.
func seconds(n float64) time.Time {
	const year9999 = 253402300799
	return time.Unix(int64(min(max(n, 0), year9999)), 0).UTC()
}

func first(values ...*float64) *float64 {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}
