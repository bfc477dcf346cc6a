package verify

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// askGCP asks Google's token endpoint.
func askGCP(ctx context.Context, q *question) verdict {
	if q.Detector == "google-oauth-access-token" {
		return askGoogleToken(ctx, q)
	}
	return askServiceAccount(ctx, q)
}

// leastScope lets a token see its own account's address and nothing else.
const leastScope = "https://www.googleapis.com/auth/userinfo.email"

// askServiceAccount proves the key in exchange for a token of the least scope, which is thrown away:
// https://developers.google.com/identity/protocols/oauth2/service-account#httprest. The key itself isn't
// sent. The file's token_uri isn't read: it could name anybody.
func askServiceAccount(ctx context.Context, q *question) verdict {
	if q.Near.ClientEmail == "" {
		return unknown("needs client_email, which stands nowhere near")
	}
	assertion, err := serviceAccountJWT(q)
	if err != nil {
		return unknown(err.Error())
	}
	a, err := q.line.send(ctx, http.MethodPost, q.url("token"), formHeader(), []byte(url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion},
	}.Encode()))
	if err != nil {
		return unknown(err.Error())
	}
	var said struct {
		Token       string `json:"access_token"`
		Error       string
		Description string `json:"error_description"`
	}
	if json.Unmarshal(a.body, &said) != nil {
		return a.unexpected()
	}
	switch {
	case a.status == http.StatusOK && said.Token != "":
		return verdict{Status: Live, Subject: "service account " + q.Near.ClientEmail, Reason: "Google doesn't say here what an account may do"}
	case a.status == http.StatusBadRequest && said.Error == "invalid_grant" && slices.Contains(goneGrants(), said.Description):
		return dead("Google says: " + said.Description)
	case said.Error != "":
		return unknown("Google says: " + said.Error + " (" + said.Description + ")")
	}
	return a.unexpected()
}

// goneGrants are Google's words for a key that was deleted and for an account that was. Its other reasons
// for invalid_grant, such as a clock that is wrong, say nothing of the key.
func goneGrants() []string {
	return []string{"Invalid JWT Signature.", "Invalid grant: account not found"}
}

func formHeader() http.Header {
	return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
}

// serviceAccountJWT is an assertion of RFC 7523, signed with the candidate's key.
func serviceAccountJWT(q *question) (string, error) {
	key, err := rsaKey(q.Value.Reveal())
	if err != nil {
		return "", err
	}
	header := map[string]string{"alg": "RS256", "typ": "JWT"}
	if q.Near.KeyID != "" {
		header["kid"] = q.Near.KeyID
	}
	claims := map[string]any{
		"iss": q.Near.ClientEmail, "scope": leastScope, "aud": q.url("token"),
		"iat": q.now.Unix(), "exp": q.now.Add(5 * time.Minute).Unix(),
	}
	var parts []string
	for _, part := range []any{header, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			return "", fmt.Errorf("write the assertion: %w", err)
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(text))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, ".")))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", failure{"the private key can't sign"}
	}
	return strings.Join(append(parts, base64.RawURLEncoding.EncodeToString(signature)), "."), nil
}

// rsaKey reads a PKCS #8 key from PEM, whose line ends may still be written as in a string of JSON. Its
// errors quote nothing of the key.
func rsaKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(strings.ReplaceAll(string(text), `\n`, "\n")))
	if block == nil {
		return nil, failure{"the private key isn't whole"}
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, failure{"the private key can't be read"}
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, failure{"the private key isn't an RSA key, as Google's are"}
	}
	return key, nil
}

// askGoogleToken asks what an access token is good for:
// https://developers.google.com/identity/protocols/oauth2/web-server#tokeninfo. It goes in the body of a
// POST, because URLs end up in logs.
func askGoogleToken(ctx context.Context, q *question) verdict {
	a, err := q.line.send(ctx, http.MethodPost, q.url("tokeninfo"), formHeader(),
		[]byte(url.Values{"access_token": {string(q.Value.Reveal())}}.Encode()))
	if err != nil {
		return unknown(err.Error())
	}
	var said struct {
		Email   string
		Client  string `json:"azp"`
		Scope   string
		Exp     json.Number
		Error   string
		Because string `json:"error_description"`
	}
	if json.Unmarshal(a.body, &said) != nil {
		return a.unexpected()
	}
	switch {
	case a.status == http.StatusOK && said.Exp != "":
		v := verdict{Status: Live, Subject: "client " + said.Client, Scopes: strings.Fields(said.Scope)}
		if said.Email != "" {
			v.Subject = "account " + said.Email
		}
		if at, err := said.Exp.Int64(); err == nil {
			v.Expires = time.Unix(at, 0).UTC()
		}
		return v
	case a.status == http.StatusBadRequest && (said.Error == "invalid_token" || said.Because == "Invalid Value"):
		return dead("Google says: invalid token")
	}
	return a.unexpected()
}
