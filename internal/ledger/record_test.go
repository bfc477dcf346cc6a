package ledger

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// at is the time of the tests.
func at() time.Time { return time.Date(2026, 11, 23, 20, 41, 7, 0, time.UTC) }

// issued is a record with everything in it.
func issued() Record {
	return Record{
		Schema: Schema, ID: "01JD9Z6Q4T8K0000000000000A", Time: at(), Plane: Issuance, Type: LeaseIssued, Outcome: Allow,
		Identity: Identity{ID: "deploy", RepositoryID: "987654", Owner: "payments", Grant: "prod"},
		Manifest: Manifest{
			Commit: strings.Repeat("9f2c41e0", 5), SHA256: strings.Repeat("b194", 16), OrgCommit: strings.Repeat("77ad01b0", 5), Guard: "verified",
		},
		Task: Task{
			RunID: "12055500123", Attempt: 1, Job: "deploy", SHA: strings.Repeat("9f2c41e0", 5), Actor: "alice",
			Trigger: Trigger{Kind: "ticket", Ref: "CHG-4411", Status: "Approved", Observed: at().Add(-time.Second)},
		},
		Credential: &Credential{
			Provider: "aws", Handle: "ASIAXXXXXXXXXXXXXX7Q", Fingerprint: "sha256:" + strings.Repeat("0c77", 16),
			Issued: at(), NotAfter: at().Add(15 * time.Minute), Revocable: ByRole,
		},
		Decision: &Decision{
			Engine: "manifest+opa", PolicySHA256: strings.Repeat("5e88", 16), Controls: []string{"NHI5:2025", "PR.AA-05", "AC-6"},
		},
		Links: Links{CausedBy: []string{"01JD9Z6Q4T8K00000000000009"}, Tickets: []string{"CHG-4411"}, Session: "sha256:" + strings.Repeat("0a", 32)},
	}
}

// denied is a record with as little in it as may be.
func denied() Record {
	return Record{
		Schema: Schema, ID: "01JD9Z6Q4T8K0000000000000B", Time: at(), Plane: Issuance, Type: LeaseDenied, Outcome: Deny,
		Identity: Identity{RepositoryID: "987654"}, Task: Task{RunID: "12055500123", Attempt: 2, Job: "deploy"},
		Decision: &Decision{Engine: "manifest", Reasons: []string{"no identity <fits> & \"none\" will\n"}},
	}
}

func mustEncode(t testing.TB, r Record) []byte {
	t.Helper()
	line, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestRecordGolden(t *testing.T) {
	for name, r := range map[string]Record{"issued": issued(), "denied": denied(), "inventory": inventoried(), "certification": certified()} {
		got := append(mustEncode(t, r), '\n')
		file := filepath.Join("testdata", name+".jsonl")
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		back, err := Decode(name, bytes.TrimSuffix(want, []byte("\n")))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r.normal(), back); diff != "" {
			t.Errorf("%s, read back (-want +got):\n%s", name, diff)
		}
	}
}

func TestEncodeHasOneForm(t *testing.T) {
	r := issued()
	r.Time = r.Time.In(time.FixedZone("x", 3600)).Add(time.Millisecond)
	r.Decision.Reasons = []string{}
	r.Credential.NotAfter = r.Credential.NotAfter.Add(-time.Millisecond)
	if got, want := mustEncode(t, r), mustEncode(t, issued()); !bytes.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	d := denied()
	d.Links = Links{CausedBy: []string{}, Tickets: []string{}}
	d.Decision.Controls = []string{}
	if got, want := mustEncode(t, d), mustEncode(t, denied()); !bytes.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		want   string
		change func(*Record)
	}{
		{"schema 2: this curfew knows schema 1 alone; read it with the one that wrote it", func(r *Record) { r.Schema = 2 }},
		{"id: expected a ULID, 26 characters of 0-9 and A-Z without I, L, O and U", func(r *Record) { r.ID = strings.ToLower(r.ID) }},
		{"time: missing", func(r *Record) { r.Time = time.Time{} }},
		{"identity.repository_id: missing", func(r *Record) { r.Identity.RepositoryID = "" }},
		{"task: expected run_id, attempt from 1 and job", func(r *Record) { r.Task.Attempt = 0 }},
		{"plane: expected entitlement, issuance, persistence or response", func(r *Record) { r.Plane = "x" }},
		{"type: the plane issuance has no such type", func(r *Record) { r.Type = "lease.lost" }},
		{`outcome: records of lease.issued have "allow"`, func(r *Record) { r.Outcome = Deny }},
		{"credential: missing, a lease.issued has one", func(r *Record) { r.Credential = nil }},
		{"credential.not_after: missing, a lease.issued has one", func(r *Record) { r.Credential.NotAfter = time.Time{} }},
		{"decision: missing, a lease.issued has one", func(r *Record) { r.Decision = nil }},
		{"decision.reasons: a denial has at least one", func(r *Record) { r.Type, r.Outcome = LeaseDenied, Deny }},
		{"decision.engine: missing", func(r *Record) { r.Decision.Engine = "" }},
		{"type: the plane response has no such type", func(r *Record) { r.Plane = Response }},
		{"task.sha: expected 40 or 64 hexadecimal digits in lower case", func(r *Record) { r.Task.SHA = "ABC" }},
		{`links.session: expected "sha256:" and 64 hexadecimal digits`, func(r *Record) { r.Links.Session = "x" }},
		{"links.caused_by: expected ids of records", func(r *Record) { r.Links.CausedBy = []string{"x"} }},
		{"a time is out of the years 1970 to 9999", func(r *Record) { r.Time = time.Unix(-1, 0).UTC() }},
		{"credential.provider: missing", func(r *Record) { r.Credential.Provider = "" }},
		{`credential.fingerprint: expected "sha256:" and 64 hexadecimal digits`, func(r *Record) { r.Credential.Fingerprint = "hunter2" }},
		{"credential.revocable: expected token, role or none", func(r *Record) { r.Credential.Revocable = "x" }},
		{"credential.not_after: before credential.issued", func(r *Record) { r.Credential.NotAfter = at().Add(-time.Minute) }},
		{"a text isn't UTF-8", func(r *Record) { r.Task.Actor = "\xff" }},
	} {
		r := issued()
		tt.change(&r)
		if _, err := r.Encode(); fmt.Sprint(err) != "encode record: "+tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
	big := denied()
	big.Decision.Reasons = []string{strings.Repeat("x", MaxRecord)}
	if _, err := big.Encode(); err == nil || !strings.Contains(err.Error(), "at most 65536 are allowed") {
		t.Errorf("too large: %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := string(mustEncode(t, denied()))
	for _, tt := range []struct{ name, src, want string }{
		{"duplicate", strings.Replace(good, `"schema":1`, `"schema":1,"schema":1`, 1), "r:1:13: this name is in the object twice: remove one, since readers differ in which counts"},
		{"unknown", strings.Replace(good, `"schema":1`, `"schema":1,"x":1`, 1), "r:1:13: unknown name: a newer curfew may have written it, read it with that one"},
		{"other case", strings.Replace(good, `"id"`, `"ID"`, 1), "r:1:13: unknown name: a newer curfew may have written it, read it with that one"},
		{"space", strings.Replace(good, ":1,", ": 1,", 1), "r:1:11: not in canonical form from here on: one line, names in their order, nothing empty, no space"},
		{"number", strings.Replace(good, `:1,`, `:1.0,`, 1), "r:1:11: expected a whole number"},
		{"time", strings.Replace(good, `07Z`, `07.5Z`, 1), "r:1:54: expected a time such as 2026-11-23T20:41:07Z"},
		{"null", strings.Replace(good, `"01JD9Z6Q4T8K0000000000000B"`, `null`, 1), "r:1:18: expected a string, found null"},
		{"not an object", `[]`, "r:1:1: expected an object, found an array"},
		{"checked", strings.Replace(good, `"schema":1`, `"schema":2`, 1), "r:1:1: schema 2: this curfew knows schema 1 alone; read it with the one that wrote it"},
		{"oversize", good + strings.Repeat(" ", MaxRecord), fmt.Sprintf("r: %d bytes: at most 65536 are read", len(good)+MaxRecord)},
		{"after", good + "\n", fmt.Sprintf("r:1:%d: not in canonical form from here on: one line, names in their order, nothing empty, no space", len(good)+1)},
		{"empty part", strings.TrimSuffix(good, "}") + `,"links":{}}`, fmt.Sprintf("r:1:%d: not in canonical form from here on: one line, names in their order, nothing empty, no space", len(good))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Decode("r", []byte(tt.src)); fmt.Sprint(err) != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestFingerprintNeedsStrength(t *testing.T) {
	s := redact.New([]byte("correct horse battery staple"))
	if got := Fingerprint(s, "x", StrongBits-1); got != "" {
		t.Errorf("weak: %s", got)
	}
	if got := Fingerprint(s, "x", StrongBits); got != s.Fingerprint("x") {
		t.Errorf("strong: %s", got)
	}
	if got := Fingerprint(redact.Secret{}, "x", StrongBits); got != "" {
		t.Errorf("none: %s", got)
	}
}

func TestIDs(t *testing.T) {
	now := at()
	ids := NewIDs(func() time.Time { return now }, rand.NewChaCha8([32]byte{}))
	var made []string
	for i := range 1000 {
		switch i {
		case 300:
			now = now.Add(time.Millisecond)
		case 600:
			now = now.Add(-time.Hour)
		}
		id, err := ids.New()
		if err != nil || !ValidID(id) {
			t.Fatalf("%q, %v", id, err)
		}
		made = append(made, id)
	}
	if !slices.IsSorted(made) || len(slices.Compact(made)) != 1000 {
		t.Error("not each greater than the last")
	}
	// The specification's own example of a time.
	var id [16]byte
	for i := range 6 {
		id[i] = byte(int64(1469918176385) >> (40 - 8*i))
	}
	if got := encodeID(id); got[:10] != "01ARYZ6S41" {
		t.Errorf("time: %s", got[:10])
	}
	full := NewIDs(at, bytes.NewReader(bytes.Repeat([]byte{0xff}, 10)))
	if _, err := full.New(); err != nil {
		t.Fatal(err)
	}
	if _, err := full.New(); err == nil {
		t.Error("an id after the last one")
	}
	if _, err := NewIDs(at, strings.NewReader("")).New(); err == nil {
		t.Error("an id without randomness")
	}
	if _, err := NewIDs(func() time.Time { return time.Unix(-1, 0) }, rand.NewChaCha8([32]byte{})).New(); err == nil {
		t.Error("an id before 1970")
	}
}

// FuzzDecode holds what is taken to its one encoding, and to the standard library's reading.
func FuzzDecode(f *testing.F) {
	f.Add(mustEncode(f, issued()))
	f.Add(mustEncode(f, denied()))
	f.Add(mustEncode(f, inventoried()))
	f.Add(mustEncode(f, certified()))
	f.Add([]byte(`{"schema":1}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := Decode("r", src)
		if err != nil {
			return
		}
		again, err := r.Encode()
		if err != nil || !bytes.Equal(again, src) {
			t.Fatalf("taken, but encoded as %s, %v", again, err)
		}
		var std Record
		if err := json.Unmarshal(src, &std); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(std, r); diff != "" {
			t.Errorf("the standard library differs (-std +ours):\n%s", diff)
		}
	})
}
