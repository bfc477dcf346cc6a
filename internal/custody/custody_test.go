package custody_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/custody"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

const id = "01JD9Z6Q4T8K0000000000000A"

// secret is a token that no test has met before.
func secret() string { return "hvs." + rand.Text() + rand.Text() + rand.Text() }

// entry is one of a token that could be revoked.
func entry(t *testing.T, token string) custody.Entry {
	t.Helper()
	stub, err := json.Marshal(map[string]any{
		"version": 1, "provider": "vault", "handle": "acc-1", "issued": "2026-11-28T12:00:00Z", "not_after": "2026-11-28T12:15:00Z",
		"revocable": "token", "server": "https://vault.example.com", "token": token,
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := lease.ReadStub("stub", stub)
	if err != nil {
		t.Fatal(err)
	}
	return custody.Entry{
		ID: id, Until: time.Date(2026, 11, 28, 12, 10, 0, 0, time.UTC), Files: id, Credential: c,
		Origin: issuance.Origin{
			Identity: ledger.Identity{ID: "deploy", RepositoryID: "987654", Grant: "prod"}, Task: ledger.Task{RunID: "1", Attempt: 1, Job: "deploy"},
			CausedBy: []string{id},
		},
		Ledger: &manifest.Ledger{Store: "s3://acme-curfew/ledger", Region: "eu-west-1"},
	}
}

func open(t *testing.T, dir string) *custody.Folder {
	t.Helper()
	f, err := custody.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestKeep: what is kept is read again as it was, by its owner alone, and is gone when it is removed.
func TestKeep(t *testing.T) {
	dir, token := filepath.Join(t.TempDir(), "curfew", "leases"), secret()
	f, e := open(t, dir), entry(t, token)
	if err := f.Keep(e); err != nil {
		t.Fatal(err)
	}
	if err := f.Keep(e); !errors.Is(err, fs.ErrExist) {
		t.Errorf("kept again: %v", err)
	}
	if runtime.GOOS != "windows" {
		for _, name := range []string{"", id + ".json"} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %v, %v", name, info.Mode(), err)
			}
		}
	}
	if ids, err := f.IDs(); err != nil || !slices.Equal(ids, []string{id}) {
		t.Errorf("%v, %v", ids, err)
	}
	got, err := f.Entry(id)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != e.ID || !got.Until.Equal(e.Until) || got.Files != id || got.Origin.Identity != e.Origin.Identity || got.Origin.CausedBy[0] != id || *got.Ledger != *e.Ledger {
		t.Errorf("%+v", got)
	}
	if secrets := got.Credential.Secrets(); len(secrets) != 1 || string(secrets[0].Reveal()) != token {
		t.Error("the token isn't what it was")
	}
	if text := fmt.Sprintf("%+v %#v %v", got, got, got.Credential); strings.Contains(text, token) {
		t.Errorf("the token shows: %s", text)
	}
	if err := errors.Join(f.Remove(got), f.Remove(got)); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	if _, err := f.Entry(id); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestOpenRefuses a folder that others can look into, or that somebody else has put there.
func TestOpenRefuses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing there")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := custody.Open(dir); err == nil || !strings.Contains(err.Error(), "others than its owner") {
		t.Errorf("%v", err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if _, err := custody.Open(link); err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("%v", err)
	}
}

// TestEntryRefuses what curfew didn't write, without a word of what stands in it.
func TestEntryRefuses(t *testing.T) {
	dir, token := t.TempDir(), secret()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f := open(t, dir)
	text, err := entry(t, token).Encode()
	if err != nil {
		t.Fatal(err)
	}
	whole := string(text.Reveal())
	for name, src := range map[string]string{
		"empty": "", "no JSON": token, "unknown member": strings.Replace(whole, `"id"`, `"more":1,"id"`, 1), "more behind it": whole + "{}",
		"other version": strings.Replace(whole, `"version":1`, `"version":2`, 1), "of another lease": strings.ReplaceAll(whole, id, id[:25]+"B"),
		"folder elsewhere": strings.Replace(whole, `"files":"`+id, `"files":"../../etc`, 1), "no server": strings.Replace(whole, "https://vault.example.com", "ftp://x", 1),
		"wrong type": strings.Replace(whole, `"attempt":1`, `"attempt":"`+token+`"`, 1), "huge": whole + strings.Repeat(" ", 300<<10),
	} {
		if err := os.WriteFile(filepath.Join(dir, id+".json"), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Entry(id); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, odd := range []string{"", "../" + id, "a", strings.ToLower(id)} {
		if _, err := f.Entry(odd); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", odd, err)
		}
	}
}

// TestHandOver replaces files as a whole, and a shell reads variables as they are, whatever they hold.
func TestHandOver(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "leases")
	f := open(t, dir)
	for _, token := range []string{secret(), secret()} {
		c := &lease.Credential{Provider: "vault", Values: []lease.Value{
			{Name: "VAULT_ADDR", Value: redact.New([]byte("https://vault.example.com")), Public: true}, {Name: "VAULT_TOKEN", Value: redact.New([]byte(token))},
		}}
		vars, err := f.HandOver(id, c)
		if err != nil || len(vars) != 2 || vars[1].Name != "VAULT_TOKEN_FILE" {
			t.Fatalf("%+v, %v", vars, err)
		}
		path := string(vars[1].Value.Reveal())
		if got, err := os.ReadFile(path); err != nil || string(got) != token {
			t.Errorf("%s, %v", got, err)
		}
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	odd := "it's $(touch x) `y` \\ \"z\"\n!"
	path, err := f.Variables(id, []lease.Value{{Name: "ODD", Value: redact.New([]byte(odd))}})
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", `. "$0"; printf %s "$ODD"`, path).Output()
		if err != nil || string(out) != odd {
			t.Errorf("%q, %v", out, err)
		}
	}
	if _, err := f.Variables(id, []lease.Value{{Name: "NUL", Value: redact.New([]byte("a\x00b"))}}); err == nil {
		t.Error("a NUL is handed over")
	}
	if err := f.RemoveFiles(id); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// TestHandOverFails: what can't all be written leaves the files as they were, and nothing of what it is about.
func TestHandOverFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "leases")
	f := open(t, dir)
	credential := func(token, password string) *lease.Credential {
		return &lease.Credential{Provider: "vault", Values: []lease.Value{
			{Name: "VAULT_TOKEN", Value: redact.New([]byte(token))}, {Name: "DB_PASSWORD", Value: redact.New([]byte(password))},
		}}
	}
	before := [2]string{secret(), secret()}
	if _, err := f.HandOver(id, credential(before[0], before[1])); err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(dir, id, "DB_PASSWORD.new")
	if err := os.MkdirAll(filepath.Join(inTheWay, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := f.HandOver(id, credential(secret(), secret())); err == nil {
		t.Error("half of it is handed over")
	}
	for i, name := range []string{"VAULT_TOKEN", "DB_PASSWORD"} {
		if got, err := os.ReadFile(filepath.Join(dir, id, name)); err != nil || string(got) != before[i] {
			t.Errorf("%s: not what it was, %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, id, "VAULT_TOKEN.new")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what isn't handed over stays: %v", err)
	}
}

// FuzzDecode: whatever is read is written again so that it reads the same.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"version":1,"id":"` + id + `","until":"2026-11-28T12:10:00Z","origin":{"identity":{"repository_id":"1"},"task":{"run_id":"1","attempt":1,"job":"x"}},` +
		`"stub":{"version":1,"provider":"aws","handle":"x","issued":"2026-11-28T12:00:00Z","not_after":"2026-11-28T12:15:00Z","revocable":"none"}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		e, err := custody.Decode("entry", src)
		if err != nil {
			return
		}
		text, err := e.Encode()
		if err != nil {
			return // a time that JSON hasn't
		}
		again, err := custody.Decode("entry", text.Reveal())
		if err != nil || again.ID != e.ID || again.Files != e.Files || again.Credential.Handle != e.Credential.Handle {
			t.Errorf("%+v, %v", again, err)
		}
	})
}
