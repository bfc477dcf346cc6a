//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package ledger

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSealLeft seals what is done with, and neither what is written to nor what is sealed or empty.
func TestSealLeft(t *testing.T) {
	dir := folder(t)
	was, _, _ := sealed(t, dir, 1)
	at := writer(t, dir, 8)
	filled(t, at, 1)
	empty := writer(t, dir, 9)
	if err := empty.Close(); err != nil {
		t.Fatal(err)
	}
	left := writer(t, dir, 10)
	filled(t, left, 2)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{3})
	got, err := SealLeft(t.Context(), dir, random, token)
	if err != nil || !slices.Equal(got, []string{left.Name()}) {
		t.Errorf("sealed %v, %v; %s was sealed, %s is written to", got, err, was, at.Name())
	}
	if _, err := dir.Get(t.Context(), at.Name()+sealSuffix); !errors.Is(err, ErrNotFound) {
		t.Errorf("what is written to is sealed: %v", err)
	}
	if err := at.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := SealLeft(t.Context(), dir, random, token); err != nil || !slices.Equal(got, []string{at.Name()}) {
		t.Errorf("sealed %v, %v", got, err)
	}
	// What is no file of records is said, and keeps nothing else from being sealed.
	if err := dir.Create(t.Context(), "a.jsonl", []byte("no record\n")); err != nil {
		t.Fatal(err)
	}
	if got, err := SealLeft(t.Context(), dir, random, token); err == nil || len(got) != 0 {
		t.Errorf("sealed %v, %v", got, err)
	}
}
