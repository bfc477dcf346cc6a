package ledger

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
)

const repository = "987654"

func attestor() Attestor {
	return Attestor{Verify: newPlatform().verify, Issuers: []string{issuer}, Owner: "4242", Definition: collector, Now: at().Add(time.Hour)}
}

// attestation leaves a sealed file of records in dir, of a job that wrote them at a time, and returns its name.
func attestation(t testing.TB, dir *Folder, when time.Time, tokens TokenSource, records ...Record) string {
	t.Helper()
	now := func() time.Time { return when }
	w, err := NewWriter(dir, testJob(), WriterOptions{IDs: NewIDs(now, rand.NewChaCha8([32]byte{byte(len(records))})), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		r.ID, r.Time, r.Task = "", time.Time{}, Task{}
		if _, err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Seal(t.Context(), rand.NewChaCha8([32]byte{1}), tokens); err != nil {
		t.Fatal(err)
	}
	return w.Name()
}

// put writes a file and its seal to where leases look for it, whatever it holds.
func put(t testing.TB, dir *Folder, to Store, file string) string {
	t.Helper()
	name, err := attestedName(repository, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(to.Create(t.Context(), name, get(t, dir, file)), to.Create(t.Context(), name+sealSuffix, get(t, dir, file+sealSuffix))); err != nil {
		t.Fatal(err)
	}
	return name
}

func withApprovals(n int64) Record {
	r := inventoried()
	r.Inventory.Guard.Approvals = n
	return r
}

// TestAttested reads the newest of what a recorder has attested, and asks for no more than a list and two objects.
func TestAttested(t *testing.T) {
	dir, store, p, ctx := folder(t), newMemory(), newPlatform(), t.Context()
	if _, err := attestor().Newest(ctx, store, repository); !errors.Is(err, ErrNotFound) {
		t.Fatalf("nothing: %v", err)
	}
	for i, when := range []time.Time{at(), at().Add(2 * time.Millisecond), at().Add(time.Millisecond)} {
		name := attestation(t, dir, when, p.tokens(recorderClaims()), certified(), withApprovals(int64(i+1)))
		for range 2 { // again does no harm
			if err := Attest(ctx, dir, store, repository, name); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := attestor().Newest(ctx, store, repository)
	if err != nil || len(got) != 2 || got[1].Inventory.Guard.Approvals != 2 || got[0].Certification.Action != Renew {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := attestor().Newest(ctx, store, "98765"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a repository whose id begins alike: %v", err)
	}
	for _, odd := range []string{"", "../1", "987654/x", "acme"} {
		if _, err := attestor().Newest(ctx, store, odd); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("repository %q: %v", odd, err)
		}
	}
}

// TestAttestedRefuses changes one thing about what is attested, and has nothing else to fall back on.
func TestAttestedRefuses(t *testing.T) {
	other := certified()
	other.Identity.RepositoryID = "555"
	for _, tt := range []struct {
		name    string
		change  func(map[string]any)
		records []Record
		want    string
	}{
		{"another workflow", func(m map[string]any) {
			m["job_workflow_ref"] = "acme/web/.github/workflows/deploy.yml@refs/heads/main"
		}, nil, "the collector's is"},
		{"another ref of it", func(m map[string]any) { m["job_workflow_ref"] = collector[:len(collector)-4] + "evil" }, nil, "the collector's is"},
		{"no workflow", func(m map[string]any) { m["job_workflow_ref"] = nil }, nil, "job_workflow_ref is absent"},
		{"who calls it", func(m map[string]any) { m["repository"] = "acme/web" }, nil, "who calls a workflow from another repository isn't that workflow"},
		{"another owner", func(m map[string]any) { m["repository_owner_id"] = "666" }, nil, `the organisation's is "4242"`},
		{"no owner", func(m map[string]any) { m["repository_owner_id"] = nil }, nil, "repository_owner_id is absent"},
		{"another issuer", func(m map[string]any) { m["iss"] = "https://gitlab.com" }, nil, "not one of those that count"},
		{"no issuer", func(m map[string]any) { m["iss"] = nil }, nil, "not one of those that count"},
		{"another audience", func(m map[string]any) { m["aud"] = "other" }, nil, "the ID token's audience is"},
		{"a pull request's", func(m map[string]any) { m["event_name"] = "pull_request" }, nil, "those never write"},
		{"another's comment", func(m map[string]any) { m["event_name"] = "issue_comment" }, nil, "not one of those that may write"},
		{"no event", func(m map[string]any) { m["event_name"] = nil }, nil, "what started the run isn't known"},
		{"another run", func(m map[string]any) { m["run_id"] = "7" }, nil, "task.run_id is"},
		{"another attempt", func(m map[string]any) { m["run_attempt"] = "2" }, nil, "task.attempt is"},
		{"a token that was over", func(m map[string]any) { m["exp"] = at().Unix() - 301 }, nil, "the record's time isn't one"},
		{"a token of long after", func(m map[string]any) { m["iat"] = at().Unix() + 36*86400 }, nil, "the record's time isn't one"},
		{"another repository", nil, []Record{other, inventoried()}, `of repository "555", not of "987654"`},
		{"a finding beside it", nil, []Record{inventoried(), found()}, "a finding.detected isn't attested"},
		{"no inventory", nil, []Record{certified()}, "0 records of inventory.taken"},
		{"two inventories", nil, []Record{withApprovals(1), withApprovals(2)}, "2 records of inventory.taken"},
		{"nothing", nil, []Record{}, "0 records of inventory.taken"},
	} {
		dir, store, claims := folder(t), newMemory(), recorderClaims()
		if tt.change != nil {
			tt.change(claims)
		}
		if tt.records == nil {
			tt.records = []Record{inventoried()}
		}
		file := attestation(t, dir, at(), newPlatform().tokens(claims), tt.records...)
		put(t, dir, store, file)
		got, err := attestor().Newest(t.Context(), store, repository)
		if !errors.Is(err, ErrUnproven) || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %+v, %v\nwant %s", tt.name, got, err, tt.want)
		}
		if wrong := Attest(t.Context(), dir, newMemory(), repository, file); (tt.change == nil) != (wrong != nil) {
			t.Errorf("%s: attested: %v", tt.name, wrong)
		}
	}
}

// TestAttestedBits: no bit of a file or its seal can be changed, nor can either stand elsewhere than its own name says.
func TestAttestedBits(t *testing.T) {
	dir, store, ctx := folder(t), newMemory(), t.Context()
	file := attestation(t, dir, at(), newPlatform().tokens(recorderClaims()), inventoried())
	name := put(t, dir, store, file)
	for _, object := range []string{name, name + sealSuffix} {
		whole := store.objects[object]
		for i := range whole {
			store.objects[object] = slices.Clone(whole)
			store.objects[object][i] ^= 1
			if _, err := attestor().Newest(ctx, store, repository); err == nil {
				t.Fatalf("%s: byte %d doesn't count", object, i)
			}
		}
		store.objects[object] = whole
	}
	for what, where := range map[string]string{
		"as a newer one":     "attested/987654/" + attestedAge(at().Add(time.Minute)) + "/" + file,
		"without its time":   "attested/987654/" + file,
		"below a folder":     "attested/987654/" + attestedAge(at()) + "/x/" + file,
		"under another name": strings.Replace(name, "-deploy-", "-other-", 1),
	} {
		moved := newMemory()
		moved.objects[where], moved.objects[where+sealSuffix] = store.objects[name], store.objects[name+sealSuffix]
		if _, err := attestor().Newest(ctx, moved, repository); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
	delete(store.objects, name+sealSuffix)
	if _, err := attestor().Newest(ctx, store, repository); err == nil || !strings.Contains(err.Error(), "not sealed") {
		t.Errorf("without a seal: %v", err)
	}
}

// TestAttestedPassesOver: what others leave before the newest proven file costs nobody a lease, unless it is so much
// that somebody must have meant to.
func TestAttestedPassesOver(t *testing.T) {
	dir, store, p, ctx := folder(t), newMemory(), newPlatform(), t.Context()
	put(t, dir, store, attestation(t, dir, at(), p.tokens(recorderClaims()), withApprovals(1)))
	mallory := recorderClaims()
	mallory["job_workflow_ref"] = "acme/web/.github/workflows/deploy.yml@refs/heads/main"
	put(t, dir, store, attestation(t, dir, at().Add(time.Minute), p.tokens(mallory), withApprovals(2)))
	// A recorder that is writing: the seal is still to come.
	late := attestation(t, dir, at().Add(2*time.Minute), p.tokens(recorderClaims()), withApprovals(3))
	delete(store.objects, put(t, dir, store, late)+sealSuffix)
	// What is of the future by its name would be the newest for ever.
	future := attestation(t, dir, at().Add(48*time.Hour), p.tokens(recorderClaims()), withApprovals(4))
	name := put(t, dir, store, future)
	got, err := attestor().Newest(ctx, store, repository)
	if err != nil || got[0].Inventory.Guard.Approvals != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	then := attestor()
	then.Now = at().Add(48 * time.Hour)
	if _, err := then.Newest(ctx, store, repository); err != nil {
		t.Errorf("%s, in its time: %v", name, err)
	}
	for i := range maxAttested {
		store.objects["attested/987654/"+attestedAge(at().Add(10*time.Minute))+"/x"+string("0123456789abcdef"[i])+".jsonl"] = []byte("{}\n")
	}
	if _, err := attestor().Newest(ctx, store, repository); err == nil || !strings.Contains(err.Error(), "none is proven of 16 that were looked at; the newest: attested/987654/") {
		t.Errorf("behind %d that aren't proven: %v", maxAttested, err)
	}
}

// unreadable is a store that can't hand out objects whose names end so.
type unreadable struct {
	Store
	end string
	err error
}

func (s unreadable) Get(ctx context.Context, name string) (Object, error) {
	if strings.HasSuffix(name, s.end) {
		return Object{}, s.err
	}
	return s.Store.Get(ctx, name)
}

// TestAttestedUnread: what can't be read may be the newest word. An older one doesn't stand in for it, which may say that
// a guard stands that has fallen since.
func TestAttestedUnread(t *testing.T) {
	dir, store, p := folder(t), newMemory(), newPlatform()
	put(t, dir, store, attestation(t, dir, at(), p.tokens(recorderClaims()), withApprovals(2)))
	newest := attestation(t, dir, at().Add(time.Minute), p.tokens(recorderClaims()), withApprovals(0))
	put(t, dir, store, newest)
	for _, end := range []string{newest, newest + sealSuffix} {
		got, err := attestor().Newest(t.Context(), unreadable{store, end, errDown}, repository)
		if !errors.Is(err, errDown) || got != nil || !strings.Contains(err.Error(), newest) {
			t.Errorf("%s: %+v, %v", end, got, err)
		}
		// What is larger than a ledger writes was read well enough: it is none's.
		if got, err := attestor().Newest(t.Context(), unreadable{store, end, ErrTooLarge}, repository); err != nil || got[0].Inventory.Guard.Approvals != 2 {
			t.Errorf("%s, too large: %+v, %v", end, got, err)
		}
	}
}

func TestIDTime(t *testing.T) {
	for _, when := range []time.Time{at(), time.UnixMilli(0), time.UnixMilli(1<<48 - 1), at().Add(123 * time.Millisecond)} {
		id, err := NewIDs(func() time.Time { return when }, bytes.NewReader(make([]byte, 10))).New()
		if err != nil || !idTime(id).Equal(when) {
			t.Errorf("%s says %s, made %s, %v", id, idTime(id), when, err)
		}
	}
}

// FuzzAttestedName: whatever a file is called, it stands below its repository's folder under a name that a store takes,
// by its own name, or nowhere.
func FuzzAttestedName(f *testing.F) {
	f.Add("987654", "12055500123-1-deploy-01JD9Z6Q4T8K0000000000000A.jsonl")
	f.Add("1", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ.jsonl")
	f.Add("../1", "a/01JD9Z6Q4T8K0000000000000A.jsonl")
	f.Fuzz(func(t *testing.T, of, file string) {
		name, err := attestedName(of, file)
		if err != nil || checkName(file) != nil || len(file)+len(of) > maxName/2 {
			return
		}
		if checkName(name) != nil || path.Base(name) != file || !strings.HasPrefix(name, AttestedPrefix+of+"/") || strings.Count(name, "/") != 3 {
			t.Errorf("%q of %q stands at %q", file, of, name)
		}
	})
}
