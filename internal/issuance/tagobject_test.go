package issuance

import (
	"bytes"
	"testing"
)

func FuzzTagObject(f *testing.F) {
	const head = "object 9f2c41e0aa0b1c2d3e4f5061728394a5b6c7d8e9\ntype commit\ntag v1\ntagger A <a@acme.example> 1795860000 +0100\n\n"
	const signature = "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----\n"
	for _, s := range []string{head + "one\n" + signature, head + signature, head, head + "\n" + signature + signature, signature, "", "\n\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		payload, signature, err := SplitTag(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(append(append([]byte{}, payload...), signature...), raw) || !isSignature(signature) {
			t.Fatalf("%q was parted into %q and %q", raw, payload, signature)
		}
		said, err := parseTag(payload)
		if err != nil {
			return
		}
		// What was read is all that the headers can say.
		if !bytes.HasPrefix(payload, []byte("object "+said.commit+"\ntype commit\ntag "+said.name+"\ntagger ")) || hexOnly(said.commit) == "" {
			t.Errorf("%q was read as %+v", payload, said)
		}
		if bytes.ContainsAny([]byte(said.name), "\n\x00") {
			t.Errorf("a name of several lines: %q", said.name)
		}
	})
}

func FuzzTagName(f *testing.F) {
	for _, ref := range []string{"refs/tags/v1", "refs/tags/a/b", "refs/tags/", "refs/heads/v1", "refs/tags/v1^{}", "refs/tags/.a", "refs/tags/a.lock/b", "refs/tags/@{0}", "refs/tags/a."} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		name, err := tagName(ref)
		if err == nil && (ref != "refs/tags/"+name || name == "" || bytes.ContainsAny([]byte(name), " \n\x00\x1b^~:?*[\\") || name[0] == '-') {
			t.Errorf("%q is taken as %q", ref, name)
		}
	})
}
