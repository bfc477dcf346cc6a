package secret

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
)

// hollow says what stands in place of a credential in a form that has room for one: a private key's frame
// with no key in it, a webhook's address without its secret part, a variable of the shell. It is "" where a
// credential may stand there, and for every detector that isn't asked here.
func hollow(h hit, content []byte) Unlikely {
	switch h.detector {
	case "private-key":
		if !holdsKey(string(h.value)) {
			return StandIn
		}
	case "slack-webhook-url":
		at := bytes.LastIndexByte(h.value, '/')
		if last := string(h.value[at+1:]); isRepeated(last) || isRuns(last) {
			return StandIn
		}
	case "curl-auth-user":
		single := bytes.HasPrefix(h.value, []byte("'")) || bytes.HasSuffix(content[:h.region.start], []byte("'"))
		return curlLogin(string(h.value), single)
	case "kubernetes-secret-yaml":
		if isCertificateText(string(h.value)) && onlyCertificates(content, h.region) {
			return PublicKey
		}
	}
	return ""
}

// leastKeyRun is the length from which base64 in a row may be of a key: lines of PEM have 64 characters, and the shortest
// private keys begin with 21 that are always the same.
const leastKeyRun = 20

// holdsKey reports whether a PEM frame has anything of a key in it. Code that takes the frame off, and "put
// your key here", have words between its marks and nothing else.
func holdsKey(value string) bool {
	_, body, ok := strings.Cut(value, "PRIVATE KEY")
	if !ok {
		return true
	}
	for _, run := range strings.FieldsFunc(strings.ReplaceAll(body, `\n`, "\n"), func(r rune) bool { return !isBase64(r) }) {
		if len(run) >= leastKeyRun && strings.ContainsAny(run, "0123456789+/") {
			return true
		}
	}
	return false
}

func isBase64(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '+' || r == '/'
}

// expansion is what the shell puts something else in place of: $NAME, ${NAME…}, $(command), `command`.
var expansion = regexp.MustCompile("\\$\\w+|\\$\\{[^{}]*\\}|\\$\\([^()]*\\)|`[^`]*`")

// curlLogin judges USER:PASSWORD of a curl command. In single quotes the shell leaves everything as it is. Without a
// password the user may be a key, as it is with some services, unless it reads as a name.
func curlLogin(value string, single bool) Unlikely {
	user, password, ok := strings.Cut(strings.Trim(value, `"'`), ":")
	password = strings.Trim(password, `"'`)
	switch {
	case !ok:
		return ""
	case password == "" && isName(user):
		return Name
	case password != "" && !single && expansion.ReplaceAllString(password, "") == "":
		return Variable
	}
	return ""
}

// isCertificateText reports whether a value is base64 of a certificate, or of several, or of a public key, in PEM's frame.
func isCertificateText(value string) bool {
	text, err := base64.StdEncoding.DecodeString(value)
	return err == nil && (bytes.HasPrefix(text, []byte("-----BEGIN CERTIFICATE-----")) || bytes.HasPrefix(text, []byte("-----BEGIN PUBLIC KEY-----"))) &&
		!bytes.Contains(text, []byte("PRIVATE"))
}

// onlyCertificates reports whether all of a Kubernetes Secret's data in YAML, of which at is a value, are certificates or
// private keys, which are found by their own form. Where that can't be told they aren't: of a Secret one value is
// found, and speaks for the others.
func onlyCertificates(content []byte, at span) bool {
	const head = "data:"
	off := bytes.LastIndex(content[:at.start], []byte(head))
	if off < 0 {
		return false
	}
	off += len(head)
	for first := true; off < len(content); first = false {
		line, _, _ := bytes.Cut(content[off:], []byte("\n"))
		if !first && len(line) > 0 && line[0] != ' ' && line[0] != '\t' && line[0] != '\r' {
			break // the data end
		}
		if text := strings.TrimSpace(string(line)); text != "" && (first || !isPublicEntry(text)) {
			return false
		}
		off += len(line) + 1
	}
	return off > at.end
}

// isPublicEntry reports whether a line of a Secret's data is a comment, or a key with a certificate or a private key.
func isPublicEntry(line string) bool {
	if strings.HasPrefix(line, "#") {
		return true
	}
	_, value, ok := strings.Cut(line, ":")
	value = strings.Trim(strings.TrimSpace(value), `"'`)
	return ok && (isCertificateText(value) || isEncodedKey(value))
}

// isEncodedKey reports whether a value is base64 of a private key in PEM's frame.
func isEncodedKey(value string) bool {
	text, err := base64.StdEncoding.DecodeString(value)
	return err == nil && bytes.HasPrefix(text, []byte("-----BEGIN ")) && bytes.Contains(text, []byte("PRIVATE KEY"))
}
