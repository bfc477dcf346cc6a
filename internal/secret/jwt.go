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
	var claims map[string]json.RawMessage // a struct's fields would be found in any case of letters
	if err := json.Unmarshal(payload, &claims); err != nil {
		return jwt{}, false
	}
	out := jwt{lifetime: LongLived, signed: len(signature)*6 >= strongBits}
	exp, ok := date(claims["exp"])
	if !ok {
		return out, true
	}
	out.expires, out.lifetime = seconds(exp), Unknown
	start, ok := date(claims["iat"])
	if !ok {
		start, ok = date(claims["nbf"])
	}
	if ok && exp >= start { // else they are no dates that anybody holds it to
		if out.lifetime = LongLived; exp-start <= shortLife.Seconds() {
			out.lifetime = ShortLived
		}
	}
	return out, true
}

// date reads a NumericDate (RFC 7519, section 2), in seconds since 1970. One in milliseconds, as JavaScript has them, isn't one.
func date(claim json.RawMessage) (float64, bool) {
	const year9999 = 253402300799
	var n float64
	if err := json.Unmarshal(claim, &n); err != nil || n < 0 || n > year9999 || string(claim) == "null" {
		return 0, false
	}
	return n, true
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

// seconds is the time of a number of seconds since 1970, kept within what formats as a date.
func seconds(n float64) time.Time {
	const year9999 = 253402300799
	return time.Unix(int64(min(max(n, 0), year9999)), 0).UTC()
}
