package sshsig

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	maxFile = 64 << 10 // bytes
	maxKeys = 100
)

// ParseKeys reads a file of public keys, one a line, in either of two forms:
//
//	KIND BASE64 [COMMENT]                          as in a .pub file
//	USER@HOST[,…] [OPTIONS] KIND BASE64 [COMMENT]  as in an allowed_signers file
//
// Options are namespaces="…", valid-after="…" and valid-before="…". Empty lines and those that begin with # are
// left out. Any other line spoils the file, so that no restriction is overlooked. An error names the line
// and never quotes it: people commit private keys.
func ParseKeys(src []byte) ([]Key, error) {
	switch {
	case len(src) > maxFile:
		return nil, fmt.Errorf("a file of %d bytes: expected public keys, at most %d bytes of them", len(src), maxFile)
	case bytes.Contains(src, []byte("PRIVATE KEY")):
		return nil, errors.New("a private key: put the public one in its place, and make a new pair, since whoever reads the repository has this one")
	}
	var keys []Key
	for i, line := range strings.Split(string(src), "\n") {
		line = strings.Trim(strings.TrimSuffix(line, "\r"), " \t")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		k, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if keys = append(keys, k); len(keys) > maxKeys {
			return nil, fmt.Errorf("line %d: more than %d keys", i+1, maxKeys)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no key: expected a line KIND BASE64, as in a .pub file")
	}
	return keys, nil
}

func parseLine(line string) (Key, error) {
	fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	var limits Key
	if !looksLikeKind(fields[0]) {
		if err := checkPrincipals(fields[0]); err != nil {
			return Key{}, err
		}
		if fields = fields[1:]; len(fields) > 0 && !looksLikeKind(fields[0]) {
			if err := limits.readOptions(fields[0]); err != nil {
				return Key{}, err
			}
			fields = fields[1:]
		}
	}
	switch {
	case len(fields) < 2:
		return Key{}, errors.New("no public key: expected KIND BASE64, as in a .pub file")
	case !slices.Contains(kinds(), fields[0]):
		return Key{}, unknownKind(fields[0])
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(fields[1])
	if err != nil {
		return Key{}, errKey
	}
	k, err := parseKey(blob)
	if err != nil {
		return Key{}, err
	}
	if k.kind != fields[0] {
		return Key{}, errors.New("the public key is of another kind than its line says")
	}
	k.namespaces, k.after, k.before = limits.namespaces, limits.after, limits.before
	return k, nil
}

// looksLikeKind reports whether a field is where a line's key begins, of whatever kind.
func looksLikeKind(field string) bool {
	for _, prefix := range []string{"ssh-", "ecdsa-", "sk-", "rsa-", "webauthn-"} {
		if strings.HasPrefix(field, prefix) {
			return !strings.ContainsAny(strings.TrimSuffix(field, "@openssh.com"), `@=",`)
		}
	}
	return false
}

// checkPrincipals refuses what isn't a list of signers, above all the options of authorized_keys, which stand
// at the same place and may restrict what isn't restricted here. Who signs is told by the key alone.
func checkPrincipals(list string) error {
	for one := range strings.SplitSeq(list, ",") {
		if !strings.Contains(one, "@") || strings.ContainsAny(one, `"=!`) {
			return errors.New("the line begins neither with a key's kind nor with USER@HOST: options of authorized_keys, quotes and negation aren't taken")
		}
	}
	return nil
}
