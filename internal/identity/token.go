package identity

import (
	"bytes"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// Limits of a token. Real ones have about two kilobytes.
const (
	maxTokenBytes   = 16 << 10
	maxHeaderDepth  = 4
	maxHeaderValues = 100
)

// parts are a token's parts, decoded.
type parts struct {
	header, claims, signature []byte
	signed                    []byte // what the signature is over: the first two as they are written
}

// split takes the compact serialisation of RFC 7515, section 7.1, apart.
func split(token []byte) (parts, error) {
	if len(token) > maxTokenBytes {
		return parts{}, refuse(CodeOversized, "%d bytes: at most %d are read", len(token), maxTokenBytes)
	}
	fields := bytes.Split(token, []byte{'.'})
	if len(fields) != 3 {
		return parts{}, refuse(CodeMalformed, "expected a JWT in its compact form, which has 3 parts with a dot between them, found %d", len(fields))
	}
	var decoded [3][]byte
	for i, name := range []string{"header", "claims", "signature"} {
		b, ok := decode(fields[i])
		if !ok {
			return parts{}, refuse(CodeMalformed, "its part %d, the %s, is not in base64url without padding", i+1, name)
		}
		decoded[i] = b
	}
	return parts{decoded[0], decoded[1], decoded[2], token[:len(fields[0])+1+len(fields[1])]}, nil
}

// header is what counts of a token's header.
type header struct {
	alg algorithm
	kid string // "" where there is none
}

// readHeader reads a header (RFC 7515, section 4). What it doesn't know it leaves alone, as the RFC asks,
// but for what would change what is verified or by which key.
func readHeader(src []byte) (header, error) {
	doc, err := jsontree.Parse("header", src, jsontree.Limits{Depth: maxHeaderDepth, Nodes: maxHeaderValues})
	if err != nil {
		return header{}, refuse(CodeMalformed, "%v", err)
	}
	if doc.Root.Kind != jsontree.Object {
		return header{}, refuse(CodeMalformed, "header: expected an object, found %s", doc.Root.Kind)
	}
	members := membersOf(doc.Root)
	for _, name := range []string{"jwk", "jku", "x5c", "x5u"} {
		if members[name] != nil {
			return header{}, refuse(CodeHeader, "it brings %s: a token doesn't choose the key that it is verified with", name)
		}
	}
	if members["crit"] != nil {
		return header{}, refuse(CodeHeader, "it has crit: no extension of JWS is known here")
	}
	// Issuers sign other kinds of JWT with the same keys; RFC 8725, section 3.11.
	if typ := members["typ"]; typ != nil && !strings.EqualFold(members.text("typ"), "JWT") {
		return header{}, refuse(CodeHeader, `typ is %s, expected "JWT": this is no ID token`, describe(typ))
	}
	if kid := members["kid"]; kid != nil && !plainID(members.text("kid")) {
		return header{}, refuse(CodeHeader, "kid is not an id of letters, digits and -._~:@+/=, of at most %d characters", maxID)
	}
	alg, ok := algorithmNamed(members.text("alg"))
	if !ok {
		return header{}, refuse(CodeAlgorithm, "alg is %s, expected one of %s", describe(members["alg"]), algorithmNames())
	}
	return header{alg, members.text("kid")}, nil
}

// describe says what a value of a token is, for a person: a string in quotes, anything else by its kind.
func describe(n *jsontree.Node) string {
	switch {
	case n == nil:
		return "absent"
	case n.Kind == jsontree.String:
		return shown(n.Text)
	}
	return n.Kind.String()
}

// find finds the key that a header names. It is looked up among those at hand and nowhere else: what a
// header holds is never a path, an address or a key.
func (k Keys) find(h header) (key, error) {
	if h.kid != "" {
		found, ok := k.named(h.kid)
		if !ok {
			return key{}, refuse(CodeKeyUnknown, "kid is %s, which none of the issuer's %d keys has: if the issuer has new keys, fetch them again",
				shown(h.kid), len(k.list))
		}
		return found, nil
	}
	if len(k.list) != 1 {
		return key{}, refuse(CodeKeyUnknown, "kid is absent, and the issuer has %d keys: which of them signed can't be told", len(k.list))
	}
	return k.list[0], nil
}

// UnverifiedIssuer is the claim iss of a token of which nothing has been verified: anybody can have written
// it. It is only good for choosing among issuers that are allowed anyway, whose keys then prove it.
func UnverifiedIssuer(token []byte) (string, error) {
	c, err := unverified(token)
	if err != nil {
		return "", err
	}
	iss := c.values["iss"]
	if iss == nil || iss.Kind != jsontree.String || iss.Text == "" {
		return "", refuse(CodeIssuer, "iss is %s, expected an issuer", describe(iss))
	}
	return iss.Text, nil
}

// UnverifiedAudiences are for whom a token says that it is (aud), of which nothing has been verified: it is only good for
// finding, among tokens that a job was given, the one to hand in, whose audience is proven then. What isn't a text among
// them stands as nobody's name, "", so that a list of several never looks like one of one.
func UnverifiedAudiences(token []byte) ([]string, error) {
	c, err := unverified(token)
	if err != nil {
		return nil, err
	}
	aud := c.values["aud"]
	items := []*jsontree.Node{aud}
	if aud != nil && aud.Kind == jsontree.Array {
		items = aud.Items
	}
	var all []string
	for _, item := range items {
		text := ""
		if item != nil && item.Kind == jsontree.String {
			text = item.Text
		}
		all = append(all, text)
	}
	return all, nil
}

// UnverifiedTime is when a token says that it was issued (iat), of which nothing has been verified. As the Now of an
// Expectation it asks whether a token ever held, as evidence has to be asked whose token ended long ago: once the
// signature holds, the time is the issuer's word as well.
func UnverifiedTime(token []byte) (time.Time, error) {
	c, err := unverified(token)
	if err != nil {
		return time.Time{}, err
	}
	return date(c, "iat")
}

// unverified reads a token's claims and proves nothing of them.
func unverified(token []byte) (Claims, error) {
	p, err := split(token)
	if err != nil {
		return Claims{}, err
	}
	c, err := ParseClaims("claims", p.claims)
	if err != nil {
		return Claims{}, refuse(CodeMalformed, "%v", err)
	}
	return c, nil
}
