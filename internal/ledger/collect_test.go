package ledger

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	issuer    = "https://token.actions.githubusercontent.com"
	collector = "acme/.github/.github/workflows/collect.yml@refs/heads/main"
)

// platform issues tokens and proves them again, as a CI platform and its keys do.
type platform struct{ key ed25519.PrivateKey }

func newPlatform() platform { return platform{ed25519.NewKeyFromSeed(make([]byte, 32))} }

// claims are those of the job that fresh's records are of.
func jobClaims() map[string]any {
	return map[string]any{
		"iss": issuer, "sub": "repo:acme/.github:ref:refs/heads/main", "repository": "acme/.github", "repository_id": "987654", "repository_owner_id": "4242",
		"run_id": "12055500123", "run_attempt": "1", "event_name": "push", "sha": strings.Repeat("9f2c41e0", 5), "actor": "alice",
		"job_workflow_ref": collector, "iat": at().Unix(), "exp": at().Unix() + 300,
	}
}

// tokens are those of a job with claims; what is nil there is left out.
func (p platform) tokens(claims map[string]any) TokenSource {
	return func(_ context.Context, audience string) (redact.Secret, error) {
		all := map[string]any{"aud": audience}
		maps.Copy(all, claims)
		maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
		body, err := json.Marshal(all)
		text := "e30." + base64.RawURLEncoding.EncodeToString(body)
		return redact.New([]byte(text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(p.key, []byte(text))))), err
	}
}

func (p platform) verify(token []byte, audience string) (identity.Claims, error) {
	parts := strings.Split(string(token), ".")
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || !ed25519.Verify(p.key.Public().(ed25519.PublicKey), []byte(parts[0]+"."+parts[1]), signature) {
		return identity.Claims{}, errors.New("the signature doesn't hold")
	}
	body, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return identity.Claims{}, err
	}
	claims, err := identity.ParseClaims("token", body)
	if aud, _ := claims.Text("aud"); err == nil && aud != audience && aud != "other" {
		err = errors.New("another audience")
	}
	return claims, err
}

// jobFile leaves a sealed file of n records in dir, and returns its name.
func jobFile(t testing.TB, dir *Folder, seed uint64, n int, tokens TokenSource) string {
	t.Helper()
	w := writer(t, dir, seed)
	filled(t, w, n)
	if err := w.Seal(t.Context(), rand.NewChaCha8([32]byte{byte(seed)}), tokens); err != nil {
		t.Fatal(err)
	}
	return w.Name()
}

func newCollector(t testing.TB, inbox, store Store) *Collector {
	return &Collector{
		Inbox: inbox, Archive: store, Log: open(t, store), Verify: newPlatform().verify,
		Keys:    func(context.Context, string) ([]byte, error) { return []byte(`{"keys":[]}`), nil },
		Issuers: []string{issuer}, Owners: []PlatformID{{issuer, "4242"}},
	}
}

func TestCollect(t *testing.T) {
	inbox, store, p := folder(t), newMemory(), newPlatform()
	a := jobFile(t, inbox, 1, 3, p.tokens(jobClaims()))
	b := jobFile(t, inbox, 2, 2, p.tokens(jobClaims()))
	got, err := newCollector(t, inbox, store).Collect(t.Context())
	want := Collected{Files: []CollectedFile{{a, 3, 0}, {b, 2, 0}}, Added: 5}
	slices.SortFunc(want.Files, func(x, y CollectedFile) int { return strings.Compare(x.Name, y.Name) })
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
	before := maps.Clone(store.objects)
	if got, err = newCollector(t, inbox, store).Collect(t.Context()); err != nil || got.Added != 0 || len(got.Files) != 0 || got.Before != 2 {
		t.Errorf("again: %+v, %v", got, err)
	}
	if !maps.EqualFunc(before, store.objects, bytes.Equal) {
		t.Error("collecting again changed the store")
	}
	c := jobFile(t, inbox, 3, 1, p.tokens(jobClaims()))
	if got, err = newCollector(t, inbox, store).Collect(t.Context()); err != nil || got.Added != 1 || len(got.Files) != 1 || got.Before != 2 {
		t.Errorf("one more: %+v, %v", got, err)
	}
	if r, err := Verify(t.Context(), store, options(t)); err != nil || r.Checkpoint.Size != 6 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	// The archive holds what the inbox held.
	for _, name := range []string{a, b, c} {
		side := get(t, inbox, name+sealSuffix)
		file := "archive/files/" + tagOf(side) + ".jsonl"
		if !bytes.Equal(store.objects[file], get(t, inbox, name)) || !bytes.Equal(store.objects[file+".seal"], side) {
			t.Errorf("%s isn't archived as it was", name)
		}
	}
	if keys, err := store.List(t.Context(), "archive/keys/", "", 10); err != nil || len(keys) != 1 || string(store.objects[keys[0]]) != `{"keys":[]}` {
		t.Errorf("keys: %q, %v", keys, err)
	}
	if keys, err := ArchivedKeys(t.Context(), store, issuer); err != nil || len(keys) != 1 || string(keys[0]) != `{"keys":[]}` {
		t.Errorf("keys: %q, %v", keys, err)
	}
	if keys, err := ArchivedKeys(t.Context(), store, issuer+"/"); err != nil || len(keys) != 0 {
		t.Errorf("another issuer's keys: %q, %v", keys, err)
	}
}

// TestCollectRefusesTokens changes one claim, or what the collector asks for, at a time.
func TestCollectRefusesTokens(t *testing.T) {
	for _, tt := range []struct {
		claim string
		value any
		want  string
	}{
		{"iss", "https://evil.example", `the ID token's issuer is "https://evil.example": not one of those that count`},
		{"iss", nil, "the ID token's issuer is absent: not one of those that count"},
		{"aud", "other", `the ID token's audience is "other", the seal's key has "curfew-ledger:`},
		{"repository_id", nil, "the ID token: expected exactly one of the claims repository_id and project_id, found 0"},
		{"repository_owner_id", "666", `a job of repository "987654" of owner "666" at https://token.actions.githubusercontent.com: neither may write to this ledger`},
		{"repository_owner_id", nil, `a job of repository "987654" of owner "" at https://token.actions.githubusercontent.com: neither may write to this ledger`},
		{"event_name", "pull_request", `a run of a pull request ("pull_request"): those never write to the ledger`},
		{"event_name", "pull_request_target", `a run of a pull request ("pull_request_target"): those never write to the ledger`},
		{"event_name", "pull_request_review", `a run of a pull request ("pull_request_review"): those never write to the ledger`},
		{"event_name", "issue_comment", `a run of the event "issue_comment": not one of those that may write to the ledger`},
		{"event_name", "workflow_run", `a run of the event "workflow_run": not one of those that may write to the ledger`},
		{"event_name", nil, "the claim event_name is missing: what started the run isn't known"},
		{"repository_id", "111", `line 1: identity.repository_id is "987654", the ID token's repository_id is "111"`},
		{"run_id", "111", `line 1: task.run_id is "12055500123", the ID token's run_id is "111"`},
		{"run_id", nil, `line 1: task.run_id is "12055500123", the ID token's run_id is absent`},
		{"run_attempt", "2", `line 1: task.attempt is "1", the ID token's run_attempt is "2"`},
		{"sha", strings.Repeat("0", 40), `line 1: task.sha is "9f2c`},
		{"actor", "mallory", `line 1: task.actor is "alice", the ID token's actor is "mallory"`},
		{"iat", nil, "the claim iat is absent: expected seconds since 1970"},
		{"exp", "soon", `the claim exp is "soon": expected seconds since 1970`},
		{"exp", at().Unix() - 301, "line 1: the record's time isn't one that the ID token's job can have had"},
		{"iat", at().Unix() + 36*86400, "line 1: the record's time isn't one that the ID token's job can have had"},
	} {
		inbox, store := folder(t), newMemory()
		claims := jobClaims()
		claims[tt.claim] = tt.value
		name := jobFile(t, inbox, 1, 2, newPlatform().tokens(claims))
		c := newCollector(t, inbox, store)
		c.Events = []string{"pull_request", "pull_request_target"} // whatever the configuration says
		got, err := c.Collect(t.Context())
		if err != nil || len(got.Refused) != 1 || got.Refused[0].Name != name || !strings.HasPrefix(got.Refused[0].Reason, tt.want) {
			t.Errorf("%s %v: %+v, %v\nwant %s", tt.claim, tt.value, got, err, tt.want)
		}
		if len(store.objects) != 0 {
			t.Errorf("%s %v: the store holds %q", tt.claim, tt.value, slices.Sorted(maps.Keys(store.objects)))
		}
	}
}

func TestCollectTakes(t *testing.T) {
	for name, change := range map[string]func(map[string]any, *Collector){
		"an event that is named": func(m map[string]any, c *Collector) {
			m["event_name"], c.Events = "repository_dispatch", []string{"repository_dispatch"}
		},
		"a single repository": func(_ map[string]any, c *Collector) { c.Owners, c.Repositories = nil, []PlatformID{{issuer, "987654"}} },
	} {
		inbox, store := folder(t), newMemory()
		claims, c := jobClaims(), newCollector(t, inbox, store)
		change(claims, c)
		jobFile(t, inbox, 1, 1, newPlatform().tokens(claims))
		if got, err := c.Collect(t.Context()); err != nil || got.Added != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestCollectBindsIDs: another platform has an account and a repository of the same number, whose tokens count too.
func TestCollectBindsIDs(t *testing.T) {
	const gitlab = "https://gitlab.com"
	theirs := map[string]any{
		"iss": gitlab, "project_id": "987654", "namespace_id": "4242", "pipeline_id": "12055500123", "job_id": "1", "pipeline_source": "push",
		"sha": strings.Repeat("9f2c41e0", 5), "user_login": "alice", "iat": at().Unix(), "exp": at().Unix() + 300,
	}
	for _, tt := range []struct {
		name              string
		claims            map[string]any
		owner, repository PlatformID
		taken             bool
	}{
		{"our owner", jobClaims(), PlatformID{issuer, "4242"}, PlatformID{}, true},
		{"our repository", jobClaims(), PlatformID{}, PlatformID{issuer, "987654"}, true},
		{"their owner", theirs, PlatformID{gitlab, "4242"}, PlatformID{}, true},
		{"their repository", theirs, PlatformID{}, PlatformID{gitlab, "987654"}, true},
		{"their owner of our number", theirs, PlatformID{issuer, "4242"}, PlatformID{issuer, "987654"}, false},
		{"our owner of their number", jobClaims(), PlatformID{gitlab, "4242"}, PlatformID{gitlab, "987654"}, false},
		{"nobody's number", jobClaims(), PlatformID{"", "4242"}, PlatformID{"", "987654"}, false},
	} {
		inbox, store := folder(t), newMemory()
		jobFile(t, inbox, 1, 1, newPlatform().tokens(tt.claims))
		c := newCollector(t, inbox, store)
		c.Issuers, c.Owners, c.Repositories, c.Events = []string{issuer, gitlab}, []PlatformID{tt.owner}, []PlatformID{tt.repository}, []string{"push"}
		got, err := c.Collect(t.Context())
		if err != nil || (got.Added == 1) != tt.taken || !tt.taken && !strings.Contains(got.Refused[0].Reason, "neither may write to this ledger") {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
}

func TestCollectRefusesFiles(t *testing.T) {
	inbox, store, p, ctx := folder(t), newMemory(), newPlatform(), t.Context()
	good := jobFile(t, inbox, 1, 1, p.tokens(jobClaims()))
	content, side := get(t, inbox, good), get(t, inbox, good+sealSuffix)
	other := platform{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))}
	forged := jobFile(t, inbox, 2, 1, other.tokens(jobClaims()))
	put := func(name string, data []byte) {
		if err := inbox.Create(ctx, name, data); err != nil {
			t.Fatal(err)
		}
	}
	put("c-copied/"+good, content)
	put("c-copied/"+good+sealSuffix, side)
	put("renamed.jsonl", content)
	put("renamed.jsonl.seal", side)
	put("t/"+good, bytes.Replace(content, []byte("alice"), []byte("mally"), 1))
	put("t/"+good+sealSuffix, side)
	put("unsealed.jsonl", content)
	put("lonely.jsonl.seal", side)
	put("note.txt", nil)
	// A job that knows another's record writes its own under the same id.
	line := bytes.Replace(content, []byte(`"job":"deploy"`), []byte(`"job":"other"`), 1)
	put("z.jsonl", line)
	if err := sealFile(ctx, inbox, "z.jsonl", rand.NewChaCha8([32]byte{9}), p.tokens(jobClaims())); err != nil {
		t.Fatal(err)
	}
	response := ticketed()
	put("y.jsonl", append(mustEncode(t, response), '\n'))
	if err := sealFile(ctx, inbox, "y.jsonl", rand.NewChaCha8([32]byte{9}), p.tokens(jobClaims())); err != nil {
		t.Fatal(err)
	}
	got, err := newCollector(t, inbox, store).Collect(ctx)
	if err != nil || got.Added != 1 || len(got.Files) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	reasons := map[string]string{}
	for _, r := range got.Refused {
		reasons[r.Name] = r.Reason
	}
	for name, want := range map[string]string{
		forged:              "the ID token doesn't hold: the signature doesn't hold",
		"renamed.jsonl":     "renamed.jsonl: the seal is another file's",
		"t/" + good:         good + ": changed after it was sealed",
		"unsealed.jsonl":    "not sealed: its job is running, or ended before it could",
		"lonely.jsonl.seal": "a seal whose file isn't there",
		"note.txt":          "neither a job's file nor a seal",
		"z.jsonl":           "has the id of another record of its run: one of the two files copied it",
		"y.jsonl":           "line 1: a job's file has records of the plane issuance alone, those of others are a recorder's: the ID token's job_workflow_ref is \"" + collector + "\", there are none",
	} {
		if !strings.HasSuffix(reasons[name], want) {
			t.Errorf("%s: got  %q\nwant %q", name, reasons[name], want)
		}
		delete(reasons, name)
	}
	if len(reasons) != 0 {
		t.Errorf("refused too: %q", reasons)
	}
}

func TestCollectStopsWhereNothingCanBeKept(t *testing.T) {
	inbox, store := folder(t), newMemory()
	jobFile(t, inbox, 1, 1, newPlatform().tokens(jobClaims()))
	c := newCollector(t, inbox, store)
	c.Keys = func(context.Context, string) ([]byte, error) { return nil, errDown }
	if _, err := c.Collect(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("no keys: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newCollector(t, inbox, store).Collect(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if len(store.objects) != 0 {
		t.Errorf("the store holds %d objects", len(store.objects))
	}
	// Stopped at any write, the next collecting ends where the first would have.
	whole := newMemory()
	if _, err := newCollector(t, inbox, whole).Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range whole.writes {
		m := newMemory()
		m.fail = n
		if _, err := newCollector(t, inbox, m).Collect(t.Context()); !errors.Is(err, errDown) {
			t.Errorf("at %d: %v", n, err)
		}
		m.fail = -1
		if _, err := newCollector(t, inbox, m).Collect(t.Context()); err != nil || !maps.EqualFunc(m.objects, whole.objects, bytes.Equal) {
			t.Errorf("at %d: after: %v", n, err)
		}
	}
}

func TestCollectorKey(t *testing.T) {
	ctx, store, p := t.Context(), newMemory(), newPlatform()
	keys := CollectorKeys{Context: ctx, Store: store, Origin: origin, Verify: p.verify, Issuers: []string{issuer}, Definition: collector, Owner: "4242"}
	opt := LogOptions{Origin: origin, Verifiers: keys}
	for i := range 3 { // each run has a key of its own
		var err error
		if opt.Signer, err = NewCollectorKey(ctx, store, origin, rand.NewChaCha8([32]byte{byte(i)}), p.tokens(jobClaims())); err != nil {
			t.Fatal(err)
		}
		l, err := OpenLog(ctx, store, opt)
		if err != nil {
			t.Fatal(err)
		}
		add(t, l, recordLines(t, i, 1))
	}
	if r, err := Verify(ctx, store, opt); err != nil || r.Earlier != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	names, err := store.List(ctx, "keys/", "", 10)
	if err != nil || len(names) != 3 {
		t.Fatalf("%q, %v", names, err)
	}
	for _, name := range names {
		whole := store.objects[name]
		for i := range whole {
			store.objects[name] = slices.Clone(whole)
			store.objects[name][i] ^= 1
			if _, err := Verify(ctx, store, opt); err == nil {
				t.Fatalf("%s: byte %d doesn't count", name, i)
			}
		}
		store.objects[name] = whole
	}
	for _, tt := range []struct {
		claim string
		value any
	}{
		{"iss", "x"},
		{"aud", "other"},
		{"job_workflow_ref", "acme/app/.github/workflows/x.yml@refs/heads/main"},
		{"repository_id", nil},
		{"repository_owner_id", "666"}, // has taken the organisation's old name
		{"repository_owner_id", nil},
		{"repository", "mallory/app"}, // calls the collector's workflow, on a machine of his own
		{"repository", "acme"},
		{"repository", ""},
		{"repository", nil},
	} {
		claim, value, claims := tt.claim, tt.value, jobClaims()
		claims[claim] = value
		signer, err := NewCollectorKey(ctx, store, origin, rand.NewChaCha8([32]byte{99}), p.tokens(claims))
		if err != nil {
			t.Fatal(err)
		}
		l, err := OpenLog(ctx, store, LogOptions{Origin: origin, Verifiers: keys, Signer: signer})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(ctx, recordLines(t, 50, 1)); err == nil {
			t.Errorf("%s %v: signed", claim, value)
		}
		for name := range store.objects {
			if strings.HasPrefix(name, keyPrefix(signer.KeyHash())) {
				delete(store.objects, name)
			}
		}
	}
	for what, tokens := range map[string]TokenSource{
		"no token": func(context.Context, string) (redact.Secret, error) { return redact.Secret{}, errDown },
		"odd":      func(context.Context, string) (redact.Secret, error) { return redact.New([]byte("x")), nil },
	} {
		if _, err := NewCollectorKey(ctx, store, origin, rand.NewChaCha8([32]byte{}), tokens); err == nil {
			t.Errorf("%s: made", what)
		}
	}
	if _, err := keys.Verifier("other", 1); fmt.Sprint(err) != "unknown key other+00000001" {
		t.Errorf("another name: %v", err)
	}
	if _, err := keys.Verifier(origin, 1); err == nil {
		t.Error("a key that nobody has")
	}
}
