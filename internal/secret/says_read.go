package secret

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// awsAccount is the account that an access key's id names; "" where it names none. The id is a prefix of
// four letters and base32 of ten bytes, of whose first six, without the highest bit and the lowest seven,
// the account's number is made. That holds of ids made since 2019, which have the highest bit set. AWS
// itself tells the account to whoever asks (sts:GetAccessKeyInfo).
// Source: Tal Be'ery, "A short note on AWS KEY ID", 2023.
func awsAccount(id string) string {
	if len(id) != 20 {
		return ""
	}
	raw, err := base32.StdEncoding.DecodeString(id[4:])
	if err != nil || raw[0] < 0x80 {
		return ""
	}
	var n uint64
	for _, b := range raw[:6] {
		n = n<<8 | uint64(b)
	}
	const most = 999_999_999_999
	if n = (n & 0x7fff_ffff_ff80) >> 7; n > most {
		return ""
	}
	return fmt.Sprintf("%012d", n)
}

// claims reads those of a JWT that say whose it is and what it may do.
func (s *says) claims(h hit) {
	value, ok := jwtIn(h)
	if !ok {
		return
	}
	payload, _, ok := jwtParts(value)
	if !ok {
		return
	}
	var claims map[string]json.RawMessage
	if json.Unmarshal(payload, &claims) != nil {
		return
	}
	for _, c := range []struct{ claim, name string }{
		{"iss", "issuer"},
		{"sub", "subject"},
		{"aud", "audience"},
		{"scope", "scope"},
		{"scp", "scope"},
		{"scopes", "scope"},
		{"role", "role"},
		{"roles", "role"},
		{"azp", "client"},
		{"client_id", "client"},
		{"appid", "client"},
		{"tid", "tenant"},
	} {
		s.add(c.name, claimText(claims[c.claim]))
	}
}

// claimText is a claim that is a string or a list of strings.
func claimText(raw json.RawMessage) string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one
	}
	var many []string
	if json.Unmarshal(raw, &many) == nil {
		return strings.Join(many, " ")
	}
	return ""
}

// serviceAccount reads the JSON object that a Google Cloud key stands in, as it is or in base64.
func (s *says) serviceAccount(a surroundings) {
	before, after := a.before(), a.after()
	object := a.content[a.at.start:a.at.end]
	if decoded, err := base64.StdEncoding.DecodeString(string(object)); err == nil {
		object = decoded
	} else {
		start, end := bytes.LastIndexByte(before, '{'), bytes.IndexByte(after, '}')
		if start < 0 || end < 0 {
			return
		}
		object = a.content[a.at.start-len(before)+start : a.at.end+end+1]
	}
	var key struct {
		Project string `json:"project_id"`
		Client  string `json:"client_email"`
		ID      string `json:"private_key_id"`
	}
	if json.Unmarshal(object, &key) != nil {
		return
	}
	s.add("project", key.Project)
	s.add("client", key.Client)
	if len(key.ID) == 40 && strings.Trim(key.ID, "0123456789abcdef") == "" {
		*s = append(*s, Fact{"key id", key.ID}) // by which it is revoked; Google publishes it
	}
}

// signatureLife is when a shared access signature of Azure ends, which its URL says in se, and how long it
// lives from its st on.
func signatureLife(a surroundings) (expires time.Time, lifetime Lifetime) {
	end, err := azureTime(a.query("se"))
	if err != nil {
		return time.Time{}, Unknown // a stored access policy says it, which the service can change
	}
	lifetime = Unknown
	if start, err := azureTime(a.query("st")); err == nil {
		lifetime = LongLived
		if end.Sub(start) <= shortLife {
			lifetime = ShortLived
		}
	}
	return end, lifetime
}

// azureTime reads a time of a shared access signature: a day, or a day and a time in UTC, percent-encoded.
func azureTime(text string) (time.Time, error) {
	text, err := url.QueryUnescape(text)
	if err != nil {
		return time.Time{}, err
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z", time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errors.New("not a time")
}

// basicUser is the user in base64 of "user:password".
func basicUser(value string) string {
	text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
	if err != nil {
		return ""
	}
	user, _, ok := strings.Cut(string(text), ":")
	if !ok {
		return ""
	}
	return user
}
