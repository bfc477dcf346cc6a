package courier

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// SigV4 signs requests to AWS by Signature Version 4:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
type SigV4 struct {
	KeyID, Secret   string
	Region, Service string
}

// Sign returns the Authorization header of a request without a query for path, as it is sent, to host with
// these headers and body. It signs all of header, which must hold X-Amz-Date as at, written by AmzDate.
func (s SigV4) Sign(method, host, path string, header http.Header, body []byte, at time.Time) string {
	return s.SignQuery(method, host, path, "", header, body, at)
}

// SignQuery is Sign with a query: as it is sent, sorted by name, and escaped as url.Values.Encode does; it
// must hold no space, which that escapes differently.
func (s SigV4) SignQuery(method, host, path, query string, header http.Header, body []byte, at time.Time) string {
	signed := map[string]string{"host": host}
	for name, values := range header {
		var trimmed []string
		for _, v := range values {
			trimmed = append(trimmed, strings.Join(strings.Fields(v), " "))
		}
		signed[strings.ToLower(name)] = strings.Join(trimmed, ",")
	}
	names := slices.Sorted(maps.Keys(signed))
	var lines strings.Builder
	for _, name := range names {
		lines.WriteString(name + ":" + signed[name] + "\n")
	}
	list := strings.Join(names, ";")
	request := strings.Join([]string{method, path, query, lines.String(), list, hexHash(body)}, "\n")

	day := at.UTC().Format("20060102")
	scope := strings.Join([]string{day, s.Region, s.Service, "aws4_request"}, "/")
	text := strings.Join([]string{"AWS4-HMAC-SHA256", at.UTC().Format(AmzDate), scope, hexHash([]byte(request))}, "\n")
	key := []byte("AWS4" + s.Secret)
	for _, part := range []string{day, s.Region, s.Service, "aws4_request", text} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return "AWS4-HMAC-SHA256 Credential=" + s.KeyID + "/" + scope + ", SignedHeaders=" + list + ", Signature=" + hex.EncodeToString(key)
}

// AmzDate is how AWS writes a time.
const AmzDate = "20060102T150405Z"

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
