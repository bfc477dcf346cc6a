package ledger

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/redact"
)

// token makes what has the form of a JWT for an audience.
func token(_ context.Context, audience string) (redact.Secret, error) {
	body := fmt.Sprintf(`{"aud":%q}`, audience)
	return redact.New([]byte("e30." + base64.RawURLEncoding.EncodeToString([]byte(body)) + ".c2ln")), nil
}

// sealed writes n records, seals them and returns both files.
func sealed(t testing.TB, dir *Folder, n int) (name string, content, side []byte) {
	t.Helper()
	w := writer(t, dir, 7)
	content, _ = filled(t, w, n)
	if err := w.Seal(t.Context(), rand.NewChaCha8([32]byte{1}), token); err != nil {
		t.Fatal(err)
	}
	return w.Name(), content, get(t, dir, w.Name()+sealSuffix)
}

func TestSeal(t *testing.T) {
	dir := folder(t)
	name, content, side := sealed(t, dir, 3)
	s, err := OpenSealed(name, content, side)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Records) != 3 || !strings.HasPrefix(s.Audience, "curfew-ledger:") || !isHex(s.Audience[14:], 64) {
		t.Errorf("opened: %+v", s)
	}
	if want, _ := token(t.Context(), s.Audience); !s.Token.Equal(want) {
		t.Error("the token isn't the one of the key's audience")
	}
	if strings.Contains(fmt.Sprintf("%+v", s), string(s.Token.Reveal())) {
		t.Error("the token prints")
	}
	if info, err := os.Stat(filepath.Join(dir.path, name+sealSuffix)); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode: %v, %v", info.Mode(), err)
	}
	golden := filepath.Join("testdata", "sealed.jsonl.seal")
	side = bytes.Replace(side, s.Token.Reveal(), []byte("TOKEN"), 1) // a scan would find it
	if *update {
		if err := os.WriteFile(golden, side, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(want, side) {
		t.Errorf("%v: got  %s\nwant %s", err, side, want)
	}
	if err := sealFile(t.Context(), dir, name, rand.NewChaCha8([32]byte{2}), token); !errors.Is(err, ErrExists) {
		t.Errorf("sealed again: %v", err)
	}
}

func TestSealKeepsWhatIsTorn(t *testing.T) {
	dir := folder(t)
	content := append(mustEncode(t, issued()), "\n{\"schema\":1,\"i"...)
	if err := dir.Create(t.Context(), "f.jsonl", content); err != nil {
		t.Fatal(err)
	}
	if err := sealFile(t.Context(), dir, "f.jsonl", rand.NewChaCha8([32]byte{}), token); err != nil {
		t.Fatal(err)
	}
	s, err := OpenSealed("f.jsonl", content, get(t, dir, "f.jsonl.seal"))
	if err != nil || len(s.Records) != 1 || s.Torn != 14 {
		t.Errorf("%d records, %d torn, %v", len(s.Records), s.Torn, err)
	}
}

func TestSealRefuses(t *testing.T) {
	dir, ctx, random := folder(t), t.Context(), rand.NewChaCha8([32]byte{})
	if err := dir.Create(ctx, "f.jsonl", []byte("{}\n")); err != nil {
		t.Fatal(err)
	}
	if err := dir.Create(ctx, "empty.jsonl", nil); err != nil {
		t.Fatal(err)
	}
	answer := func(value string, err error) TokenSource {
		return func(context.Context, string) (redact.Secret, error) { return redact.New([]byte(value)), err }
	}
	for _, tt := range []struct {
		name, want string
		tokens     TokenSource
	}{
		{"f.jsonl", "seal: f.jsonl:1:2: not in canonical form", answer("", nil)},
		{"none.jsonl", "not found", answer("", nil)},
		{"empty.jsonl", "fetch an ID token: no permission", answer("", errors.New("no permission"))},
		{"empty.jsonl", "expected three parts of base64url, joined by dots", answer("a.b", nil)},
		{"empty.jsonl", "expected three parts of base64url, joined by dots", answer("a.b.c\n", nil)},
	} {
		if err := sealFile(ctx, dir, tt.name, random, tt.tokens); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	if err := sealFile(ctx, dir, "empty.jsonl", strings.NewReader("x"), token); err == nil {
		t.Error("sealed without randomness")
	}
	if _, err := dir.Get(ctx, "empty.jsonl.seal"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a seal was left: %v", err)
	}
}

// TestEveryBitOfASealCounts flips each bit of file and seal, and cuts both at each length.
func TestEveryBitOfASealCounts(t *testing.T) {
	name, content, side := sealed(t, folder(t), 1)
	for which, src := range map[string][]byte{"file": content, "seal": side} {
		open := func(changed []byte) error {
			a, b := content, changed
			if which == "file" {
				a, b = changed, side
			}
			_, err := OpenSealed(name, a, b)
			return err
		}
		for i := range src {
			for bit := range 8 {
				changed := slices.Clone(src)
				changed[i] ^= 1 << bit
				if open(changed) == nil {
					t.Fatalf("%s: bit %d of byte %d doesn't count", which, bit, i)
				}
			}
			if open(src[:i]) == nil {
				t.Fatalf("%s: taken when cut at %d", which, i)
			}
		}
		if open(append(slices.Clone(src), '\n')) == nil {
			t.Fatalf("%s: taken with more at its end", which)
		}
	}
	if _, err := OpenSealed("other.jsonl", content, side); fmt.Sprint(err) != "other.jsonl: the seal is another file's" {
		t.Errorf("renamed: %v", err)
	}
}

// FuzzReadJobFile holds that what is taken is made of its lines and what is torn, and nothing else.
func FuzzReadJobFile(f *testing.F) {
	line := append(mustEncode(f, denied()), '\n')
	f.Add(line)
	f.Add(append(slices.Clone(line), line[:40]...))
	f.Add(slices.Concat(line, mustEncode(f, issued()), []byte("\n\x00\n")))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := ReadJobFile("f", src)
		if err != nil {
			return
		}
		var again []byte
		for _, r := range file.Records {
			again = append(append(again, mustEncode(t, r)...), '\n')
		}
		if !bytes.Equal(src, append(again, src[len(src)-file.Torn:]...)) {
			t.Errorf("%d records and %d torn bytes make something else", len(file.Records), file.Torn)
		}
	})
}

// FuzzOpenSealed: what is read as a seal is written again with the same bytes. Nobody forges the
// signature, so that the reading before it is tried alone too.
func FuzzOpenSealed(f *testing.F) {
	name, content, side := sealed(f, folder(f), 1)
	f.Add(content, side)
	f.Fuzz(func(t *testing.T, content, side []byte) {
		_, openErr := OpenSealed(name, content, side)
		var s seal
		err := decodeInto("s", bytes.TrimSuffix(side, []byte("\n")), &s)
		if err != nil {
			if openErr == nil {
				t.Fatalf("opened, but: %v", err)
			}
			return
		}
		if again, err := jsontree.Line(s); err != nil || !bytes.Equal(again, bytes.TrimSuffix(side, []byte("\n"))) {
			t.Errorf("written again: %s, %v", again, err)
		}
	})
}
