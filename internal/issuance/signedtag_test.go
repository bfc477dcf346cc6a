package issuance_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/curfew-ci/curfew/internal/issuance"
)

// What signs here is of the tests alone; what it makes is as real as ssh-keygen's.

var releaseKeys = sync.OnceValue(func() (out [2]ed25519.PrivateKey) {
	for i := range out {
		_, k, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			panic(err)
		}
		out[i] = k
	}
	return out
})

func sshString(to []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(s))), s...)
}

// sshKey is a public key as OpenSSH writes it on the wire.
func sshKey(key crypto.Signer) []byte {
	if k, ok := key.(*rsa.PrivateKey); ok {
		return sshString(sshString(sshString(nil, "ssh-rsa"), string(big.NewInt(int64(k.E)).Bytes())), "\x00"+string(k.N.Bytes()))
	}
	return sshString(sshString(nil, "ssh-ed25519"), string(key.Public().(ed25519.PublicKey)))
}

func publicLine(key crypto.Signer) string {
	kind := "ssh-ed25519"
	if _, ok := key.(*rsa.PrivateKey); ok {
		kind = "ssh-rsa"
	}
	return kind + " " + base64.StdEncoding.EncodeToString(sshKey(key)) + " somebody\n"
}

// sshSign signs a text as ssh-keygen -Y sign does; with RSA as nobody should.
func sshSign(key crypto.Signer, namespace, text string) string {
	sum := sha512.Sum512([]byte(text))
	rest := sshString(sshString(sshString(nil, namespace), ""), "sha512")
	signed := sshString(append([]byte("SSHSIG"), rest...), string(sum[:]))
	algorithm, opts := "ssh-ed25519", crypto.Hash(0)
	if _, ok := key.(*rsa.PrivateKey); ok {
		digest := sha1.Sum(signed)
		algorithm, opts, signed = "ssh-rsa", crypto.SHA1, digest[:]
	}
	value, err := key.Sign(rand.Reader, signed, opts)
	if err != nil {
		panic(err)
	}
	blob := append(sshString([]byte("SSHSIG\x00\x00\x00\x01"), string(sshKey(key))), rest...)
	blob = sshString(blob, string(sshString(sshString(nil, algorithm), string(value))))
	out := "-----BEGIN SSH SIGNATURE-----\n"
	for text := base64.StdEncoding.EncodeToString(blob); text != ""; {
		n := min(70, len(text))
		out, text = out+text[:n]+"\n", text[n:]
	}
	return out + "-----END SSH SIGNATURE-----\n"
}

// release is a tag that a test changes as it likes.
type release struct {
	key                           crypto.Signer
	object, kind, name, namespace string
	headers, message              string   // more of them
	signature                     string   // in place of the key's
	raw                           string   // in place of all
	ref                           string   // of the token
	then                          *release // from the second question on
	missing                       error    // what the source says instead
	keys                          map[string]string
}

func newRelease() *release {
	return &release{
		key: releaseKeys()[0], object: sha, kind: "commit", name: "v1", namespace: "git", message: "First release\n", ref: "refs/tags/v1",
		keys: map[string]string{"keys/release.pub": publicLine(releaseKeys()[0])},
	}
}

func (r *release) payload() string {
	return "object " + r.object + "\ntype " + r.kind + "\ntag " + r.name + "\n" + "tagger Anna <anna@acme.example> 1795860000 +0100\n" + r.headers + "\n" + r.message
}

func (r *release) tag() string {
	switch {
	case r.raw != "":
		return r.raw
	case r.signature != "":
		return r.payload() + r.signature
	}
	return r.payload() + sshSign(r.key, r.namespace, r.payload())
}

// onTag lets the job run for a tag. The source of tags is a fake; what it holds is as git would.
func onTag(alter func(r *release)) func(w *world) {
	r := newRelease()
	if alter != nil {
		alter(r)
	}
	return func(w *world) {
		w.request.Grant, w.job.claims["ref"] = "deploy/tagged", r.ref
		for path, src := range r.keys {
			w.gov.files[path] = src
		}
		var mu sync.Mutex
		now := r
		w.options.Provers["signed-tag"] = issuance.SignedTag{Tags: issuance.RawTags(func(_ context.Context, name string) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			if now.missing != nil || "refs/tags/"+name != r.ref {
				return nil, errors.Join(now.missing, errors.New("no tag object of this name"))
			}
			said := now.tag()
			if now.then != nil {
				now = now.then
			}
			return []byte(said), nil
		})}
	}
}

func TestSignedTag(t *testing.T) {
	for name, alter := range map[string]func(r *release){
		"as it should be": nil,
		"the second key": func(r *release) {
			r.keys = map[string]string{"keys/anna.pub": publicLine(r.key)}
		},
		"a second key of the file": func(r *release) {
			r.keys["keys/release.pub"] = "# the team\n" + publicLine(releaseKeys()[1]) + publicLine(r.key)
		},
		"an allowed signer": func(r *release) {
			r.keys["keys/release.pub"] = "anna@acme.example namespaces=\"git\",valid-before=\"20270101Z\" " + publicLine(r.key)
		},
		"the first file is none": func(r *release) {
			r.keys = map[string]string{"keys/release.pub": "nonsense", "keys/anna.pub": publicLine(r.key)}
		},
		"no message":                          func(r *release) { r.message = "" },
		"a long name":                         func(r *release) { r.name, r.ref = "app/v1.2.3-rc.1+x_y@z", "refs/tags/app/v1.2.3-rc.1+x_y@z" },
		"a message that speaks of signatures": func(r *release) { r.message = " -----BEGIN SSH SIGNATURE-----\n\n\ntype tag\nobject x\n" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			onTag(alter)(w)
			b := w.broker()
			l, err := b.Issue(t.Context(), w.request)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.End(t.Context(), l); err != nil {
				t.Error(err)
			}
			records := w.records()
			if s := types(records); s != "intent issued revoked" {
				t.Errorf("records %s", s)
			}
			if triggers := fmt.Sprintf("%+v", records[0].Task); !strings.Contains(triggers, "signed-tag") || !strings.Contains(triggers, w.job.claims["ref"].(string)) {
				t.Errorf("triggers %s", triggers)
			}
			w.sound()
		})
	}
}
