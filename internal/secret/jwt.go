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
	if i := bytes.Index(value, []byte("ey")); i > 0 {
		value = value[i:]
	}
	parts := bytes.Split(value, []byte{'.'})
	if len(parts) != 3 {
		return jwt{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(string(bytes.TrimRight(parts[1], "=")))
	if err != nil {
		return jwt{}, false
	}
	var claims struct {
		Exp, Iat, Nbf *float64
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return jwt{}, false
	}
	out := jwt{lifetime: LongLived, signed: len(parts[2])*6 >= strongBits}
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
