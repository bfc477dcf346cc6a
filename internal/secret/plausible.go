package secret

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"path"
	"slices"
	"strings"
)

// Unlikely says what a guess most likely is instead of a credential, as a noun that takes an "s"; "" where
// it may well be one. Detectors that guess, by a telling name and a random look, are judged, and of the others
// those whose form can be hollow.
type Unlikely string

// The reasons, in the order in which they are asked. Each is narrow on purpose: docs/quality.md says what
// each cuts, and a labelled credential that one cuts is a fault.
const (
	ShortenedValue Unlikely = "shortened value" // it ends in dots that stand for its rest
	PublicKey      Unlikely = "public key"      // or a certificate, by its own bytes
	Identifier     Unlikely = "identifier"      // its name says id, prefix, path, type: what may be known
	Checksum       Unlikely = "checksum"        // its name or its file says that it is a digest of something
	EncryptedValue Unlikely = "encrypted value" // its name says that it is sealed by another key
	VersionNumber  Unlikely = "version"         // 1.2.3, 0.5.41-private: of a package with a telling name
	Setting        Unlikely = "setting"         // name=number, name=word
	Name           Unlikely = "name"            // words, in camel case, with dots, as a path: of a thing in code
	StandIn        Unlikely = "stand-in"        // abc123, words for "put yours here", or base64 of such words
	Variable       Unlikely = "variable"        // of a shell, or a command: what it stands for isn't in the file
)

// guess is what a judgement is made of.
type guess struct {
	path   string
	name   string // that stands before the value, with whatever sign between: "apiKey", "x-amz-id"
	quoted bool   // the value stands in quotes
	listed bool   // a comma is all that parts it from its name
	value  string
}

// unlikely judges a guess.
func (g guess) unlikely() Unlikely {
	words := wordsOf(g.name)
	switch {
	case strings.HasSuffix(g.value, "..."):
		return ShortenedValue
	case isPublicKey(g.value):
		return PublicKey
	case namesIdentifier(words):
		return Identifier
	case isDigest(g.value) && (namesDigest(words) || holdsDigests(g.path)):
		return Checksum
	case namesCiphertext(words):
		return EncryptedValue
	case !namesSecret(words) && isVersion(g.value), isRequirement(g.value):
		return VersionNumber
	case isSetting(g.value):
		return Setting
	case g.mayBeName(words) && isName(g.value):
		return Name
	case isStandIn(g.value, namesPassword(words)):
		return StandIn
	}
	return ""
}

// mayBeName reports whether words can be taken for the name of a thing: not where they are what somebody
// chose for a password. A name in code isn't quoted, and has dots or stands in a list.
func (g guess) mayBeName(words []string) bool {
	if !namesSecret(words) {
		return true
	}
	inCode := strings.Contains(strings.Trim(g.value, "."), ".") || g.listed
	return inCode && !g.quoted
}

// reachBefore is how far before a value, in bytes, its name is looked for.
const reachBefore = 160

// guessAt describes the value at s of a file's content.
func guessAt(file string, content []byte, s span, value []byte) guess {
	g := guess{path: file, value: string(value)}
	before := content[max(s.start-reachBefore, 0):s.start]
	head := bytes.TrimRight(before, " \t\r\n'\"`=:>|?,([{\\&;")
	between := before[len(head):]
	g.quoted = len(between) > 0 && strings.IndexByte("'\"`", between[len(between)-1]) >= 0
	g.listed = bytes.IndexByte(between, ',') >= 0 && !bytes.ContainsAny(between, "=:>")
	g.name = string(head[len(head)-nameLen(head):])
	return g
}

// nameLen is the length of the name that text ends in.
func nameLen(text []byte) int {
	n := 0
	for n < len(text) && n < maxKey*2 {
		if c := text[len(text)-1-n]; !isWord(c) && c != '.' && c != '-' {
			break
		}
		n++
	}
	return n
}

// namesIdentifier reports whether the last word says that the value may be known to everybody: an id, a
// part of a token that is shown to tell it from others, or a description of a key.
func namesIdentifier(words []string) bool {
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	switch two := strings.Join(words[max(len(words)-2, 0):], " "); two {
	case "secret id", "session id": // of Vault's AppRole, and of whoever logged in
		return false
	case "gpg key", "identifier key", "public key", "socket key", "websocket key", "socket accept", "websocket accept":
		return true
	}
	return slices.Contains([]string{
		"id", "ids", "identifier", "uuid", "guid", "prefix", "suffix", "name", "alias", "type", "algorithm", "version",
		"dir", "path", "file", "filename", "folder", "url", "uri", "endpoint", "host", "location",
	}, last)
}

// namesDigest reports whether a word says that the value is the digest of something that is no password.
func namesDigest(words []string) bool {
	if namesPassword(words) {
		return false // people find passwords from their digests
	}
	return hasAny(words, "hash", "hashed", "sha", "sha1", "sha256", "sha384", "sha512", "md5", "digest", "checksum", "etag",
		"commit", "revision", "rev", "integrity", "fingerprint", "thumbprint")
}

// isDigest reports whether a value has the form of a digest of 16, 20, 28, 32, 48 or 64 bytes, in
// hexadecimal or in base64.
func isDigest(value string) bool {
	switch len(value) {
	case 32, 40, 56, 64, 96, 128:
		if strings.Trim(value, "0123456789abcdef") == "" || strings.Trim(value, "0123456789ABCDEF") == "" {
			return true
		}
	}
	switch len(value) {
	case 24, 28, 40, 44, 64, 88:
		_, err := base64.StdEncoding.DecodeString(value)
		return err == nil
	}
	return false
}

// holdsDigests reports whether a file is made by a tool that writes down digests: of what a build locked,
// of what a baseline accepts.
func holdsDigests(file string) bool {
	base := strings.ToLower(path.Base(file))
	switch path.Ext(base) {
	case ".lock", ".resolved", ".lockfile", ".sum", ".sums", ".xcscmblueprint", ".baseline":
		return true
	}
	return strings.HasSuffix(base, "-lock.json") || strings.HasSuffix(base, "-lock.yaml") || strings.HasPrefix(base, "checksums")
}

// isVersion reports whether a value is a version with three numbers or more, and what may follow them (semver.org).
func isVersion(value string) bool {
	numbers, rest := 0, strings.TrimPrefix(value, "v")
	for {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if digits == 0 || digits > 5 {
			return false
		}
		numbers++
		if rest = rest[digits:]; !strings.HasPrefix(rest, ".") {
			break
		}
		rest = rest[1:]
	}
	return numbers >= 3 && (rest == "" || len(rest) <= 24 && strings.IndexByte("-+", rest[0]) >= 0)
}

// namesCiphertext reports whether a name is that of a key which another key locks, as formats call it (RFC
// 7516, encrypted_key). Other things that are called encrypted are labelled as credentials too often.
func namesCiphertext(words []string) bool {
	if len(words) > 1 && (words[len(words)-1] == "base64" || words[len(words)-1] == "b64") { // how it is written down
		words = words[:len(words)-1]
	}
	if len(words) > 0 && words[len(words)-1] == "encryptedkey" {
		return true
	}
	return len(words) >= 2 && words[len(words)-1] == "key" && hasAny(words[len(words)-2:], "encrypted", "sealed", "wrapped")
}

// isRequirement reports whether a value says which version of a package is wanted, as Python writes it: name==1.2.3.
func isRequirement(value string) bool {
	name, version, ok := strings.Cut(value, "==")
	if !ok || name == "" || !isLetter(name[0]) || strings.Trim(name, nameLetters+"[]") != "" {
		return false
	}
	return len(version) <= 24 && strings.Contains(version, ".") && isDigit(version[0]) && strings.Trim(version, "0123456789.*abcdeopstrv+-") == ""
}

func namesPassword(words []string) bool {
	return hasAny(words, "password", "passwd", "passphrase", "pwd", "pass")
}

// namesSecret reports whether a name promises a secret, and not only a key to something.
func namesSecret(words []string) bool {
	return namesPassword(words) || hasAny(words, "secret", "secrets", "token", "tokens", "credential", "credentials", "creds", "private")
}

func hasAny(words []string, any ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(any, w) })
}

// LeftOut counts the guesses that were left out for one reason.
type LeftOut struct {
	Reason Unlikely
	Count  int
}

// CountLeftOut counts the guesses among tokens that are no findings because they are unlikely, the most
// frequent reason first.
func CountLeftOut(tokens []Token) []LeftOut {
	counts := make(map[Unlikely]int)
	for i := range tokens {
		if t := &tokens[i]; t.Unlikely != "" && !t.Covered {
			counts[t.Unlikely]++
		}
	}
	out := make([]LeftOut, 0, len(counts))
	for reason, n := range counts {
		out = append(out, LeftOut{reason, n})
	}
	slices.SortFunc(out, func(a, b LeftOut) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}
