package ledger

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/redact"
)

func TestNewKey(t *testing.T) {
	ctx := t.Context()
	for seed := range byte(64) { // base64 of some has "+" in it, which parts the key's fields as well
		private, public, err := NewKey(origin, rand.NewChaCha8([32]byte{seed}))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := PublicKey(private); err != nil || again != public {
			t.Fatalf("public half %q, %v, want %q", again, err, public)
		}
		signer, err := NewSigner(private)
		if err != nil {
			t.Fatal(err)
		}
		verifiers, err := NewVerifiers(public)
		if err != nil {
			t.Fatal(err)
		}
		store, opt := newMemory(), LogOptions{Origin: origin, Signer: signer, Verifiers: verifiers}
		l, err := OpenLog(ctx, store, opt)
		if err != nil {
			t.Fatal(err)
		}
		add(t, l, recordLines(t, 0, 1))
		if r, err := Verify(ctx, store, opt); err != nil || string(r.Signed) != string(store.objects[checkpointName]) {
			t.Errorf("%q, %v", r.Signed, err)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb"} {
		if _, _, err := NewKey(name, rand.NewChaCha8([32]byte{})); err == nil {
			t.Errorf("%q: made", name)
		}
	}
}

func TestPublicKeyRefuses(t *testing.T) {
	private, public, err := NewKey(origin, rand.NewChaCha8([32]byte{}))
	if err != nil {
		t.Fatal(err)
	}
	whole := string(private.Reveal())
	for _, text := range []string{"", public, whole[:len(whole)-4], strings.Replace(whole, origin, "acme.example/other", 1)} {
		if _, err := PublicKey(redact.New([]byte(text))); err == nil {
			t.Errorf("%q: has a public half", text)
		} else if strings.Contains(err.Error(), whole[len(whole)-20:]) {
			t.Errorf("the key shows: %v", err)
		}
	}
}

// FuzzPublicKey: whatever has a public half signs what that verifies.
func FuzzPublicKey(f *testing.F) {
	private, public, err := NewKey(origin, rand.NewChaCha8([32]byte{}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(private.Reveal())
	f.Add([]byte(public))
	f.Fuzz(func(t *testing.T, text []byte) {
		key := redact.New(text)
		public, err := PublicKey(key)
		if err != nil {
			return
		}
		signer, err1 := NewSigner(key)
		verifiers, err2 := NewVerifiers(public)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		c := Checkpoint{Origin: signer.Name(), Size: 1}
		signed, err := c.Sign(signer)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseCheckpoint(signed, verifiers); err != nil || back != c {
			t.Errorf("%+v, %v", back, err)
		}
	})
}
