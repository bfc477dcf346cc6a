package cli_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// jobRecords are what a job leaves behind that was denied a lease and then got one.
func jobRecords(handle string) []ledger.Record {
	whom := ledger.Identity{ID: "deploy", RepositoryID: "987654", Owner: "payments", Grant: "prod"}
	credential := ledger.Credential{Provider: "aws", NotAfter: today.Add(15 * time.Minute), Revocable: ledger.ByRole}
	issued := credential
	issued.Issued, issued.Handle = today, handle
	decided := &ledger.Decision{Engine: "manifest", Reasons: []string{}}
	task := ledger.Task{Actor: "alice"}
	return []ledger.Record{
		{Plane: ledger.Issuance, Type: ledger.LeaseDenied, Outcome: ledger.Deny, Identity: ledger.Identity{RepositoryID: "987654"}, Task: task, Decision: &ledger.Decision{Engine: "manifest", Reasons: []string{"no identity matches"}}},
		{Plane: ledger.Issuance, Type: ledger.LeaseIntent, Outcome: ledger.Allow, Identity: whom, Task: task, Credential: &credential, Decision: decided},
		{Plane: ledger.Issuance, Type: ledger.LeaseIssued, Outcome: ledger.Allow, Identity: whom, Task: task, Credential: &issued, Decision: decided},
	}
}

// writeJob writes a job's file into dir and returns the writer, which seals it.
func writeJob(dir string, seed byte, at time.Time, records []ledger.Record) (*ledger.Writer, func() error, error) {
	folder, err := ledger.OpenFolder(dir)
	if err != nil {
		return nil, nil, err
	}
	now := func() time.Time { return at }
	w, err := ledger.NewWriter(folder, ledger.Job{RunID: "12055500123", Attempt: 1, Name: "deploy"}, ledger.WriterOptions{
		IDs: ledger.NewIDs(now, rand.NewChaCha8([32]byte{seed})), Now: now,
	})
	for _, r := range records {
		if err == nil {
			_, err = w.Append(r)
		}
	}
	return w, folder.Close, err
}

// tokensAt are the ID tokens of a job at some time, with claims that differ from the platform's usual ones.
func tokensAt(issuer *testservers.Issuer, at time.Time, claims map[string]any) ledger.TokenSource {
	return func(_ context.Context, audience string) (redact.Secret, error) {
		all := map[string]any{"iat": at.Unix(), "nbf": at.Unix(), "exp": at.Add(5 * time.Minute).Unix()}
		maps.Copy(all, claims)
		return redact.New([]byte(issuer.Token(audience, all))), nil
	}
}

// ledgerCommands are what transcripts make evidence with:
//
//	records DIR SEED [CLAIM=VALUE]...   a job's file of records, sealed where a claim or "sealed" is given
//	sessioned STATE HOW NAME [sealed]   a job's state with a recording and its records; NAME becomes the lease's id
//	readenv NAME FILE                   the variable NAME with what the file holds
//	flip FILE                           one bit of the file's middle byte
//	issuer                              this job may ask the issuer for ID tokens
func ledgerCommands(t *testing.T) map[string]func(*testscript.TestScript, bool, []string) {
	issuer := testservers.StartIssuer(t, map[string]any{"iat": today.Unix(), "nbf": today.Unix(), "exp": today.Unix() + 300})
	return map[string]func(*testscript.TestScript, bool, []string){
		"records": func(ts *testscript.TestScript, _ bool, args []string) {
			seed, err := strconv.ParseUint(args[1], 10, 8)
			ts.Check(err)
			w, done, err := writeJob(ts.MkAbs(args[0]), byte(seed), today, jobRecords("ASIAXXXXXXXXXXXXXX7Q"))
			ts.Check(err)
			if len(args) > 2 {
				claims := map[string]any{}
				for _, arg := range args[2:] {
					if name, value, ok := strings.Cut(arg, "="); ok {
						claims[name] = value
					}
				}
				ts.Check(w.Seal(context.Background(), rand.NewChaCha8([32]byte{byte(seed)}), tokensAt(issuer, today, claims)))
			}
			ts.Check(done())
		},
		"sessioned": func(ts *testscript.TestScript, _ bool, args []string) {
			var seal func(w *ledger.Writer) error
			if len(args) > 3 {
				seal = func(w *ledger.Writer) error {
					return w.Seal(context.Background(), rand.NewChaCha8([32]byte{1}), tokensAt(issuer, today, nil))
				}
			}
			lease, err := sessionRecords(ts.MkAbs(args[0]), args[1], "12055500123", 1, seal)
			ts.Check(err)
			ts.Setenv(args[2], lease)
		},
		"readenv": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
		},
		"flip": func(ts *testscript.TestScript, _ bool, args []string) {
			names, err := filepath.Glob(ts.MkAbs(args[0]))
			ts.Check(err)
			for _, name := range names {
				content, err := os.ReadFile(name)
				ts.Check(err)
				content[len(content)/2] ^= 1
				ts.Check(os.WriteFile(name, content, 0o600))
			}
			if len(names) == 0 {
				ts.Fatalf("no file %s", args[0])
			}
		},
		"issuer": func(ts *testscript.TestScript, _ bool, _ []string) {
			ts.Setenv("ISSUER", issuer.URL)
			ts.Setenv("ACTIONS_ID_TOKEN_REQUEST_URL", issuer.RequestURL())
			ts.Setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", issuer.RequestToken)
		},
	}
}

// forge writes a log of its own into a store, with the keys that its tokens are signed by.
func forge(t *testing.T, store ledger.Store, origin, definition, issuer string, tokens ledger.TokenSource, keys []byte) {
	t.Helper()
	sum := sha256.Sum256([]byte(issuer))
	if err := store.Create(t.Context(), "archive/keys/"+hex.EncodeToString(sum[:])+"/0.json", keys); err != nil {
		t.Fatal(err)
	}
	signer, err := ledger.NewCollectorKey(t.Context(), store, origin, rand.NewChaCha8([32]byte{9}), tokens)
	if err != nil {
		t.Fatal(err)
	}
	set, err := identity.ParseKeys("keys", keys)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.OpenLog(t.Context(), store, ledger.LogOptions{Origin: origin, Signer: signer, Verifiers: ledger.CollectorKeys{
		Context: t.Context(), Store: store, Origin: origin, Issuers: []string{issuer}, Definition: definition,
		Verify: func(token []byte, audience string) (identity.Claims, error) {
			return identity.Verify(token, set, identity.Expectation{Issuer: issuer, Audience: audience, Now: time.Now()})
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := jobRecords("made-up")[2]
	r.Schema, r.ID, r.Time = ledger.Schema, "01JD9Z6Q4T8K0000000000000A", today
	r.Task.RunID, r.Task.Attempt, r.Task.Job = "12055500123", 1, "deploy"
	line, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), [][]byte{line}); err != nil {
		t.Fatal(err)
	}
}

// keysOf fetches an issuer's keys.
func keysOf(t *testing.T, issuer string) []byte {
	t.Helper()
	_, raw, err := oidc.New(oidc.Options{}).Keys(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
