package lease

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/redact"
)

// A stub is what is kept of a credential to revoke it later: one object of JSON,
//
//	{"version": 1, "provider": "vault", "handle": "…", "issued": "…", "not_after": "…", "revocable": "token",
//	 "server": "https://…", "namespace": "…", "client": "…", "token": "…"}
//
// with times in RFC 3339. server and token stand where the credential is revocable by its token and nowhere
// else, namespace where Vault's has one, client where OAuth's has one. The format is ours. A reader of version 1 refuses every other.
const stubVersion = 1

// maxStub is the size of the largest stub that is read, in bytes.
const maxStub = 128 << 10

// stub is the file's shape; the order is the file's.
type stub struct {
	Version   int       `json:"version"`
	Provider  string    `json:"provider"`
	Handle    string    `json:"handle"`
	Issued    time.Time `json:"issued"`
	NotAfter  time.Time `json:"not_after"`
	Revocable Revocable `json:"revocable"`
	Server    string    `json:"server,omitempty"`
	Namespace string    `json:"namespace,omitempty"`
	Client    string    `json:"client,omitempty"`
	Token     string    `json:"token,omitempty"`
}

// Stub is the file that ReadStub reads. It holds the token where that can be revoked: it is as secret as the
// credential, and nothing else of it is kept.
func (c *Credential) Stub() (redact.Secret, error) {
	s := stub{
		Version: stubVersion, Provider: c.Provider, Handle: c.Handle, Issued: c.Issued.UTC(), NotAfter: c.NotAfter.UTC(), Revocable: c.Revocable,
	}
	if c.Revocable == ByToken {
		s.Server, s.Namespace, s.Client, s.Token = c.ending.server, c.ending.namespace, c.ending.client, string(c.ending.token.Reveal())
	}
	text, err := json.Marshal(s)
	if err != nil {
		return redact.Secret{}, errors.New("the credential can't be written as JSON")
	}
	return redact.New(append(text, '\n')), nil
}

// ReadStub reads a stub; the credential has no Values. path names the file in errors, which say where a fault
// stands and never quote a value.
func ReadStub(path string, src []byte) (*Credential, error) {
	doc, err := jsontree.Parse(path, src, jsontree.Limits{Bytes: maxStub, Depth: 1, Nodes: 20})
	if err != nil {
		return nil, err
	}
	r := &stubReader{doc: doc}
	c := r.credential()
	if r.err != nil {
		return nil, fmt.Errorf("%w\n  try: give the file as curfew wrote it", r.err)
	}
	return c, nil
}

// stubReader takes a stub apart and keeps the first fault.
type stubReader struct {
	doc *jsontree.Document
	err error
}

func (r *stubReader) fault(at *jsontree.Node, message string) {
	if r.err == nil {
		r.err = &jsontree.Error{Region: r.doc.Region(at), Message: message}
	}
}

func (r *stubReader) credential() *Credential {
	root := r.doc.Root
	if root.Kind != jsontree.Object {
		r.fault(root, "expected an object, found "+root.Kind.String())
		return nil
	}
	if v := member(root, "version"); v == nil || v.Kind != jsontree.Number || v.Text != "1" {
		r.fault(orRoot(v, root), "expected version 1: another curfew wrote it")
	}
	known := []string{"version", "provider", "handle", "issued", "not_after", "revocable", "server", "namespace", "client", "token"}
	for _, m := range root.Members {
		if !slices.Contains(known, m.Name) {
			r.fault(m.Value, "no such member in version 1")
		}
	}
	c := &Credential{
		Provider: r.oneOf("provider", Providers()...), Handle: r.text("handle"),
		Issued: r.time("issued"), NotAfter: r.time("not_after"),
		Revocable: Revocable(r.oneOf("revocable", string(ByToken), string(Never))),
	}
	r.ending(c)
	return c
}

// ending reads what revoking needs, which stands there exactly where it is needed.
func (r *stubReader) ending(c *Credential) {
	root := r.doc.Root
	k, err := kindOf(c.Provider)
	ends := err == nil && k.ends
	if c.Revocable != ByToken || !ends {
		for _, name := range []string{"server", "namespace", "client", "token"} {
			if v := member(root, name); v != nil {
				r.fault(v, name+" stands beside a credential that can't be revoked")
			}
		}
		if c.Revocable == ByToken {
			r.fault(member(root, "revocable"), "a credential of this provider can't be revoked")
		}
		return
	}
	c.ending.server, c.ending.token = r.text("server"), redact.New([]byte(r.text("token")))
	if !courier.HeaderValue(string(c.ending.token.Reveal())) {
		r.fault(member(root, "token"), "no token has such characters")
	}
	if _, err := courier.ParseEndpoint(c.ending.server); err != nil {
		r.fault(orRoot(member(root, "server"), root), "server isn't fit to be sent a token: expected an https URL of a host alone")
	}
	c.ending.namespace = r.of(c, "namespace", "vault")
	c.ending.client = r.of(c, "client", "oauth")
}

// of is a member that one provider's stubs alone may have.
func (r *stubReader) of(c *Credential, name, provider string) string {
	v := member(r.doc.Root, name)
	if v == nil {
		return ""
	}
	text := r.text(name)
	if c.Provider != provider || !courier.HeaderValue(text) {
		r.fault(v, "no "+name+" is expected here, or not such a one")
	}
	return text
}

// text is a member that must be a string of one line.
func (r *stubReader) text(name string) string {
	v := member(r.doc.Root, name)
	if v == nil {
		r.fault(r.doc.Root, name+" is missing")
		return ""
	}
	if v.Kind != jsontree.String {
		r.fault(v, name+": expected a string, found "+v.Kind.String())
		return ""
	}
	if _, err := fit(name, v.Text); err != nil {
		r.fault(v, name+": expected one line of text")
	}
	return v.Text
}

func (r *stubReader) oneOf(name string, all ...string) string {
	v := r.text(name)
	if !slices.Contains(all, v) {
		r.fault(orRoot(member(r.doc.Root, name), r.doc.Root), name+": expected one of "+strings.Join(all, ", "))
	}
	return v
}

func (r *stubReader) time(name string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, r.text(name))
	if err != nil {
		r.fault(orRoot(member(r.doc.Root, name), r.doc.Root), name+": expected a time in RFC 3339")
	}
	return t
}

// orRoot is where a fault of what may be missing stands.
func orRoot(v, root *jsontree.Node) *jsontree.Node {
	if v == nil {
		return root
	}
	return v
}
