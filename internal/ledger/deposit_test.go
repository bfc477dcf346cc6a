package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestDeposit(t *testing.T) {
	dir, inbox, p := folder(t), newMemory(), newPlatform()
	name := jobFile(t, dir, 1, 3, p.tokens(jobClaims()))
	for range 2 { // the second finds all there, and is fine
		if err := Deposit(t.Context(), dir, inbox, name); err != nil {
			t.Fatal(err)
		}
	}
	if len(inbox.objects) != 2 || inbox.writes != 2 {
		t.Errorf("%d objects by %d writes", len(inbox.objects), inbox.writes)
	}
	store := newMemory()
	if got, err := newCollector(t, inbox, store).Collect(t.Context()); err != nil || got.Added != 3 || len(got.Refused) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestDepositDies breaks the store at each write: what is there is no whole file with a seal until all is,
// and another try ends it.
func TestDepositDies(t *testing.T) {
	dir, p := folder(t), newPlatform()
	name := jobFile(t, dir, 1, 3, p.tokens(jobClaims()))
	for fail := range 2 {
		for _, done := range []bool{false, true} {
			inbox := newMemory()
			inbox.fail, inbox.done = fail, done
			if err := Deposit(t.Context(), dir, inbox, name); !errors.Is(err, errDown) {
				t.Errorf("%d %v: %v", fail, done, err)
			}
			if inbox.objects[name+sealSuffix] != nil && inbox.objects[name] == nil {
				t.Error("a seal without its file")
			}
			inbox.fail = -1
			if err := Deposit(t.Context(), dir, inbox, name); err != nil || len(inbox.objects) != 2 {
				t.Errorf("again: %v, %d objects", err, len(inbox.objects))
			}
		}
	}
}

func TestDepositRefuses(t *testing.T) {
	dir, p := folder(t), newPlatform()
	name := jobFile(t, dir, 1, 3, p.tokens(jobClaims()))
	w := writer(t, dir, 2)
	filled(t, w, 1)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	side := get(t, dir, name+sealSuffix)
	if err := dir.Create(t.Context(), w.Name()+sealSuffix+"x", side); err != nil {
		t.Fatal(err)
	}
	inbox := newMemory()
	for what, want := range map[string]string{
		w.Name():            "it isn't sealed: seal it first",
		"gone.jsonl":        "not found",
		name + sealSuffix:   "no name of a job's file",
		"../" + name:        "no name of a job's file",
		"log/" + name:       "no name of a job's file",
		"":                  "no name of a job's file",
		"a\n::error::.json": "no name of a job's file",
	} {
		err := Deposit(t.Context(), dir, inbox, what)
		if !strings.Contains(fmt.Sprint(err), want) || strings.ContainsAny(fmt.Sprint(err), "\n\x1b") {
			t.Errorf("%q: %v", what, err)
		}
	}
	// A seal of another file, and a file that was changed after it was sealed.
	if err := dir.Create(t.Context(), w.Name()+sealSuffix, side); err != nil {
		t.Fatal(err)
	}
	if err := Deposit(t.Context(), dir, inbox, w.Name()); !strings.Contains(fmt.Sprint(err), "the seal is another file's") {
		t.Error(err)
	}
	if len(inbox.objects) != 0 {
		t.Errorf("%d objects", len(inbox.objects))
	}
	// What another put there first stays, and is said.
	for _, taken := range []string{name, name + sealSuffix} {
		inbox := newMemory()
		inbox.objects[taken] = []byte("planted\n")
		err := Deposit(t.Context(), dir, inbox, name)
		if !strings.Contains(fmt.Sprint(err), "is there with other data") || !bytes.Equal(inbox.objects[taken], []byte("planted\n")) {
			t.Errorf("%s: %v", taken, err)
		}
		err = Deposit(t.Context(), dir, sightless{inbox}, name)
		if !strings.Contains(fmt.Sprint(err), "is there already, and whether with the same data can't be told") {
			t.Errorf("%s: %v", taken, err)
		}
	}
}

// sightless lets nothing be read.
type sightless struct{ *memory }

func (sightless) Get(context.Context, string) (Object, error) { return Object{}, errDown }
