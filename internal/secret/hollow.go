package secret

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// hollow says what stands in place of a credential in a form that has room for one: a private key's frame
// with no key in it, a webhook's address without its secret part, a variable of the shell. It is "" where a
// credential may stand there, and for every detector that isn't asked here.
func hollow(h hit, docs *documents) Unlikely {
	switch h.detector {
	case "private-key":
		if !holdsKey(string(h.value)) && !beginsKey(h, docs.content) {
			return StandIn
		}
	case "slack-webhook-url":
		if part := longestPart(string(h.value)); isRepeated(part) || isRuns(part) {
			return StandIn
		}
	case "curl-auth-user":
		return curlLogin(string(h.value), bytes.HasSuffix(docs.content[:h.region.start], []byte("'")))
	case "kubernetes-secret-yaml":
		if isPublicText(string(h.value)) && docs.public(h.region) {
			return PublicKey
		}
	}
	return ""
}

const (
	// leastKeyRun is the length from which base64 in a row may be of a key: lines of PEM have 64 characters, and the shortest
	// private keys begin with 21 that are always the same.
	leastKeyRun = 20
	// leastKeyPart is the same where a key is cut into short lines. So many of them make a key: names in code may have
	// capitals, small letters and digits, too.
	leastKeyPart, leastKeyParts = 8, 4
	// markReach is how far behind the mark at which a key begins its base64 is looked for: headers may stand before it.
	markReach = 512
)

// holdsKey reports whether a PEM frame has anything of a key in it. Code that takes the frame off, and "put
// your key here", have words between its marks and nothing else.
func holdsKey(value string) bool {
	_, body, ok := strings.Cut(value, "PRIVATE KEY")
	if !ok {
		return true
	}
	runs := base64Runs(body)
	parts := 0
	for _, run := range runs {
		if len(run) >= leastKeyPart && strings.ContainsAny(run, "0123456789") && strings.ToLower(run) != run && strings.ToUpper(run) != run {
			parts++
		}
	}
	return parts >= leastKeyParts || slices.ContainsFunc(runs, isKeyRun)
}

// base64Runs are the characters of base64 in a row that a text has, also in a string with escapes.
func base64Runs(text string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(text, `\n`, "\n"), func(r rune) bool { return !isBase64(r) })
}

func isKeyRun(run string) bool {
	return len(run) >= leastKeyRun && strings.ContainsAny(run, "0123456789+/")
}

// beginsKey reports whether a frame ends with the mark at which a key begins: the one that a rule finds goes on to the next mark of
// any kind, and nothing else is found of a key to whose mark code above it reaches.
func beginsKey(h hit, content []byte) bool {
	value := string(h.value)
	last := strings.LastIndex(value, "-----BEGIN")
	if last <= 0 {
		return false
	}
	if !bytes.Equal(content[h.region.start:h.region.end], h.value) {
		return true // what follows is encoded
	}
	rest := content[h.region.end:min(h.region.end+markReach, len(content))]
	body, _, _ := bytes.Cut(rest, []byte("-----"))
	return slices.ContainsFunc(base64Runs(string(body)), isKeyRun)
}

func isBase64(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '+' || r == '/'
}

// longestPart is the part of an address between slashes that has the most characters: a webhook's secret one.
func longestPart(address string) string {
	longest := ""
	for part := range strings.SplitSeq(address, "/") {
		if len(part) > len(longest) {
			longest = part
		}
	}
	return longest
}

var (
	// expansion is what the shell puts something else in place of: $NAME, ${NAME}, $(command), `command`. Not
	// ${NAME:-DEFAULT} and the like: the default may be the credential.
	expansion = regexp.MustCompile("\\$\\w+|\\$\\{!?[\\w.]+(?:(?::?\\?|[%#^,@])[^{}]*|\\[[^{}\\]]*\\]|:-)?\\}|\\$\\([^()]*\\)|`[^`]*`")
	// literal is what a command has that hands on what stands in the command itself.
	literal = regexp.MustCompile(`echo|print|<<`)
)

// expands reports whether a password is nothing but what the shell puts something else in place of, which isn't in the file.
func expands(password string) bool {
	return expansion.ReplaceAllStringFunc(password, func(s string) string {
		if literal.MatchString(s) {
			return s
		}
		return ""
	}) == ""
}

// curlLogin judges USER:PASSWORD of a curl command. In single quotes the shell leaves everything as it is; opened says whether one
// stands before. Without a password the user may be a key, as it is with some services, unless it reads as a name.
func curlLogin(value string, opened bool) Unlikely {
	user, password, ok := strings.Cut(strings.Trim(value, `"'`), ":")
	single := opened || strings.HasPrefix(value, "'") || strings.HasPrefix(password, "'")
	password = strings.Trim(password, `"'`)
	switch {
	case !ok:
		return ""
	case password == "" && isName(user):
		return Name
	case password != "" && !single && expands(password):
		return Variable
	}
	return ""
}
