package ledger

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// recorderClaims are those of a job of the collector's workflow, which looks at other repositories than its own.
func recorderClaims() map[string]any {
	c := jobClaims()
	c["repository_id"] = "555"
	return c
}

// sealRecords leaves a sealed file of these records in dir.
func sealRecords(t testing.TB, dir *Folder, name string, tokens TokenSource, records ...Record) {
	t.Helper()
	var src []byte
	for _, r := range records {
		src = append(append(src, mustEncode(t, r)...), '\n')
	}
	if err := dir.Create(t.Context(), name, src); err != nil {
		t.Fatal(err)
	}
	if err := sealFile(t.Context(), dir, name, rand.NewChaCha8([32]byte{byte(len(name))}), tokens); err != nil {
		t.Fatal(err)
	}
}

// TestCollectRecorder: a recorder's job writes of all repositories, and of its own leases as every job does.
func TestCollectRecorder(t *testing.T) {
	inbox, store, p := folder(t), newMemory(), newPlatform()
	own := issued()
	own.Identity.RepositoryID = "555"
	records := []Record{inventoried(), certified(), found(), ticketed(), revoked(), own}
	for i := range records {
		records[i].ID = records[i].ID[:25] + string("0123456789"[i])
	}
	sealRecords(t, inbox, "a.jsonl", p.tokens(recorderClaims()), records...)
	c := newCollector(t, inbox, store)
	c.Recorders = []string{"acme/audit/.github/workflows/audit.yml@refs/heads/main", collector}
	got, err := c.Collect(t.Context())
	if err != nil || got.Added != len(records) || len(got.Refused) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if r, err := Verify(t.Context(), store, options(t)); err != nil || r.Checkpoint.Size != int64(len(records)) {
		t.Errorf("verify: %+v, %v", r, err)
	}
}

// TestCollectRefusesRecorders changes what makes a job a recorder, one thing at a time.
func TestCollectRefusesRecorders(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(map[string]any)
		want   string
	}{
		{"another workflow", func(m map[string]any) {
			m["job_workflow_ref"] = "acme/.github/.github/workflows/other.yml@refs/heads/main"
		}, "the ID token's job_workflow_ref is \"acme/.github/.github/workflows/other.yml@refs/heads/main\", a recorder's is \"" + collector + "\""},
		{"another ref", func(m map[string]any) {
			m["job_workflow_ref"] = strings.Replace(collector, "heads/main", "heads/mallory", 1)
		}, "the ID token's job_workflow_ref is"},
		{"a ref that begins alike", func(m map[string]any) { m["job_workflow_ref"] = collector + "2" }, "the ID token's job_workflow_ref is"},
		{"the same in other letters", func(m map[string]any) { m["job_workflow_ref"] = strings.ToUpper(collector) }, "the ID token's job_workflow_ref is"},
		{"no workflow", func(m map[string]any) { m["job_workflow_ref"] = nil }, "the ID token's job_workflow_ref is absent"},
		{
			"who calls the workflow", func(m map[string]any) { m["repository"], m["repository_id"] = "acme/app", "987654" },
			`the ID token's repository is "acme/app": who calls a workflow from another repository isn't that workflow`,
		},
		{"no repository", func(m map[string]any) { m["repository"] = nil }, "the ID token's repository is absent"},
		{"another owner", func(m map[string]any) { m["repository_owner_id"] = "666" }, "neither may write to this ledger"},
		{"no owner", func(m map[string]any) { m["repository_owner_id"] = nil }, "neither may write to this ledger"},
		{"a pull request's", func(m map[string]any) { m["event_name"] = "pull_request_target" }, "those never write to the ledger"},
		{"another run's record", func(m map[string]any) { m["run_id"] = "7" }, `task.run_id is "12055500123", the ID token's run_id is "7"`},
		{"long before the record", func(m map[string]any) { m["exp"] = at().Unix() - 301 }, "the record's time isn't one that the ID token's job can have had"},
	} {
		for kind, r := range map[string]Record{"inventory": inventoried(), "certification": certified(), "finding": found(), "ticket": ticketed(), "revocation": revoked()} {
			inbox, store := folder(t), newMemory()
			claims := recorderClaims()
			tt.change(claims)
			sealRecords(t, inbox, "a.jsonl", newPlatform().tokens(claims), r)
			c := newCollector(t, inbox, store)
			c.Recorders, c.Events = []string{collector}, []string{"pull_request_target"}
			got, err := c.Collect(t.Context())
			if err != nil || got.Added != 0 || len(got.Refused) != 1 || !strings.Contains(got.Refused[0].Reason, tt.want) {
				t.Errorf("%s, %s: %+v, %v\nwant %s", tt.name, kind, got, err, tt.want)
			}
		}
	}
}

// TestCollectRefusesMixed: one record of another plane spoils a job's whole file, wherever it stands; and a recorder
// leases for itself alone, as every job.
func TestCollectRefusesMixed(t *testing.T) {
	certificate := certified()
	for name, tt := range map[string]struct {
		claims    map[string]any
		recorders []string
		records   []Record
		want      string
	}{
		"a job's, with a certification":                    {jobClaims(), []string{"acme/x/.github/workflows/x.yml@refs/heads/main"}, []Record{issued(), certificate, denied()}, "line 2: a job's file has records of the plane issuance alone"},
		"nobody is a recorder":                             {recorderClaims(), nil, []Record{certificate}, "there are none"},
		"an empty name is none":                            {func() map[string]any { c := recorderClaims(); c["job_workflow_ref"] = ""; return c }(), []string{""}, []Record{certificate}, `the ID token's job_workflow_ref is ""`},
		"a recorder's, with a lease of another repository": {recorderClaims(), []string{collector}, []Record{certificate, issued()}, `line 2: identity.repository_id is "987654", the ID token's repository_id is "555"`},
	} {
		inbox, store := folder(t), newMemory()
		for i := range tt.records {
			tt.records[i].Task.Attempt = 1
		}
		sealRecords(t, inbox, "a.jsonl", newPlatform().tokens(tt.claims), tt.records...)
		c := newCollector(t, inbox, store)
		c.Recorders = tt.recorders
		got, err := c.Collect(t.Context())
		if err != nil || got.Added != 0 || len(got.Refused) != 1 || !strings.Contains(got.Refused[0].Reason, tt.want) {
			t.Errorf("%s: %+v, %v\nwant %s", name, got, err, tt.want)
		}
	}
	// A record that calls its plane issuance and carries a certification is none.
	line := bytes.Replace(mustEncode(t, certificate), []byte(`"plane":"entitlement"`), []byte(`"plane":"issuance"`), 1)
	if _, err := Decode("r", line); err == nil || !strings.Contains(err.Error(), "the plane issuance has no such type") {
		t.Errorf("a plane that isn't the type's: %v", err)
	}
}
