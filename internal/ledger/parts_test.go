package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// recorded is a record of another plane than that of leases, without what its type needs.
func recorded(plane Plane, typ Type, outcome Outcome) Record {
	return Record{
		Schema: Schema, ID: "01JD9Z6Q4T8K0000000000000C", Time: at(), Plane: plane, Type: typ, Outcome: outcome,
		Identity: Identity{RepositoryID: "987654"}, Task: Task{RunID: "12055500123", Attempt: 1, Job: "collect"},
	}
}

func inventoried() Record {
	r := recorded(Persistence, InventoryTaken, Done)
	r.Inventory = &Inventory{SHA256: strings.Repeat("5e88", 16), Taken: at().Add(-time.Minute), Guard: &Guard{
		Ref: "refs/heads/main", DefaultBranch: true, Approvals: 2, CodeOwners: true, LastPushApproval: true, Bypass: []string{},
	}}
	return r
}

func certified() Record {
	r := recorded(Entitlement, CertificationMerged, Done)
	r.Identity.ID, r.Identity.Owner = "deploy", "payments"
	r.Certification = &Certification{
		Action: Renew, By: []string{"@anna"}, PullRequest: "acme/shop#12", Merged: at().Add(-time.Hour),
		Commit: strings.Repeat("9f2c41e0", 5), Until: "2027-06-01",
	}
	return r
}

func found() Record {
	r := recorded(Persistence, FindingDetected, Open)
	r.Finding = &Finding{Fingerprint: strings.Repeat("c1a0", 8), Rule: "secret-unentitled"}
	return r
}

func ticketed() Record {
	r := recorded(Response, TicketOpened, Open)
	r.Finding = &Finding{Fingerprint: strings.Repeat("c1a0", 8)}
	r.Links.Tickets = []string{"PAY-12"}
	return r
}

func revoked() Record {
	r := recorded(Response, RevocationDone, Done)
	r.Credential = &Credential{Provider: "github", Fingerprint: "sha256:" + strings.Repeat("0c77", 16)}
	return r
}

func sessionRecorded() Record {
	r := recorded(Issuance, SessionRecorded, Done)
	r.Session = &Session{Format: Asciicast, Bytes: 4711, Truncated: true}
	r.Links = Links{CausedBy: []string{"01JD9Z6Q4T8K00000000000009"}, Session: "sha256:" + strings.Repeat("0a", 32)}
	return r
}

func sessionFailed() Record {
	r := recorded(Issuance, SessionFailed, Failed)
	r.Session, r.Links.CausedBy = &Session{Format: Asciicast, Reason: "no space left on device"}, []string{"01JD9Z6Q4T8K00000000000009"}
	return r
}

// sessionOfType is what records of a type say of a recording.
func sessionOfType(typ Type) (*Session, string) {
	switch typ {
	case SessionRecorded:
		return sessionRecorded().Session, sessionRecorded().Links.Session
	case SessionFailed:
		return sessionFailed().Session, ""
	}
	return &Session{Format: Asciicast}, ""
}

// TestTypesHaveForms encodes a record of each type: with what its form asks for it is right, under another plane or
// with another outcome it isn't.
func TestTypesHaveForms(t *testing.T) {
	all := issued()
	for _, typ := range Types() {
		form, ok := formOf(typ)
		if !ok {
			t.Errorf("%s has no form", typ)
			continue
		}
		r := all
		r.Plane, r.Type, r.Outcome = form.plane, typ, form.outcome
		r.Decision = &Decision{Engine: "manifest", Reasons: []string{"why"}}
		if form.finding {
			r.Finding = found().Finding
		}
		if form.inventory {
			r.Inventory = inventoried().Inventory
		}
		if form.certification {
			r.Certification = certified().Certification
		}
		if form.session {
			r.Session, r.Links.Session = sessionOfType(typ)
		}
		if form.glass {
			r.BreakGlass = glassRecord(typ).BreakGlass
			r.BreakGlass.RunID = r.Task.RunID
		}
		back, err := Decode("r", mustEncode(t, r))
		if err != nil || back.Type != typ {
			t.Errorf("%s: %v", typ, err)
		}
		for _, o := range []Outcome{Allow, Deny, Done, Open, Failed, ""} {
			if r.Outcome = o; o != form.outcome && r.Check() == nil {
				t.Errorf("%s is taken with the outcome %q", typ, o)
			}
		}
		r.Outcome = form.outcome
		for _, p := range []Plane{Entitlement, Issuance, Persistence, Response, ""} {
			if r.Plane = p; p != form.plane && r.Check() == nil {
				t.Errorf("%s is taken of the plane %q", typ, p)
			}
		}
	}
}

func TestCheckParts(t *testing.T) {
	for _, tt := range []struct {
		of     func() Record
		want   string
		change func(*Record)
	}{
		{issued, "certification: records of lease.issued have none", func(r *Record) { r.Certification = certified().Certification }},
		{issued, "inventory: records of lease.issued have none", func(r *Record) { r.Inventory = inventoried().Inventory }},
		{issued, "finding: records of lease.issued have none", func(r *Record) { r.Finding = found().Finding }},
		{certified, "inventory: records of certification.merged have none", func(r *Record) { r.Inventory = inventoried().Inventory }},
		{found, "finding: missing, records of finding.detected have one", func(r *Record) { r.Finding = nil }},
		{found, "finding.fingerprint: expected 32 hexadecimal digits in lower case", func(r *Record) { r.Finding.Fingerprint = "C1A0" }},
		{found, "finding.rule: missing", func(r *Record) { r.Finding.Rule = "" }},
		{inventoried, "inventory: missing, records of inventory.taken have one", func(r *Record) { r.Inventory = nil }},
		{inventoried, "inventory.sha256: expected 64 hexadecimal digits in lower case", func(r *Record) { r.Inventory.SHA256 = strings.Repeat("a", 40) }},
		{inventoried, "inventory.taken: missing", func(r *Record) { r.Inventory.Taken = time.Time{} }},
		{inventoried, "a time is out of the years 1970 to 9999", func(r *Record) { r.Inventory.Taken = time.Unix(-1, 0) }},
		{inventoried, "inventory.guard.ref: expected a full ref, such as refs/heads/main", func(r *Record) { r.Inventory.Guard.Ref = "main" }},
		{inventoried, "inventory.guard.approvals: expected a number from 0", func(r *Record) { r.Inventory.Guard.Approvals = -1 }},
		{inventoried, "inventory.guard.bypass: a name is empty", func(r *Record) { r.Inventory.Guard.Bypass = []string{""} }},
		{inventoried, "a text isn't UTF-8", func(r *Record) { r.Inventory.Guard.Bypass = []string{"\xff"} }},
		{certified, "certification: missing, records of certification.merged have one", func(r *Record) { r.Certification = nil }},
		{certified, "identity.id: missing, a certification is of one identity", func(r *Record) { r.Identity.ID = "" }},
		{certified, "certification.action: expected keep, renew, narrow, remove or suspend", func(r *Record) { r.Certification.Action = "" }},
		{certified, `certification.by: expected at least one owner, such as "@anna"`, func(r *Record) { r.Certification.By = []string{"anna"} }},
		{certified, `certification.by: expected at least one owner, such as "@anna"`, func(r *Record) { r.Certification.By = nil }},
		{certified, "certification.pull_request: expected OWNER/NAME#NUMBER, such as acme/shop#12", func(r *Record) { r.Certification.PullRequest = "acme/shop#012" }},
		{certified, "certification.pull_request: expected OWNER/NAME#NUMBER, such as acme/shop#12", func(r *Record) { r.Certification.PullRequest = "acme/shop/x#1" }},
		{certified, "certification.merged: missing", func(r *Record) { r.Certification.Merged = time.Time{} }},
		{certified, "certification.commit: expected 40 or 64 hexadecimal digits in lower case", func(r *Record) { r.Certification.Commit = "9f2c41e" }},
		{certified, "certification.until: expected a day, such as 2027-06-01", func(r *Record) { r.Certification.Until = "2027-6-1" }},
		{ticketed, "links.tickets: a ticket.opened has at least one", func(r *Record) { r.Links.Tickets = nil }},
		{revoked, "credential: missing, a revocation.done has one", func(r *Record) { r.Credential = nil }},
		{revoked, "credential: a revocation.done has its handle or its fingerprint", func(r *Record) { r.Credential.Fingerprint = "" }},
		{issued, "session: records of lease.issued have none", func(r *Record) { r.Session = &Session{Format: Asciicast} }},
		{sessionRecorded, "session: missing, records of session.recorded have one", func(r *Record) { r.Session = nil }},
		{sessionRecorded, "session.format: expected asciicast-v2", func(r *Record) { r.Session.Format = "" }},
		{sessionRecorded, "session.bytes: expected a number from 1 in records of session.recorded, and none in others", func(r *Record) { r.Session.Bytes = 0 }},
		{sessionRecorded, "session.bytes: expected a number from 1 in records of session.recorded, and none in others", func(r *Record) { r.Session.Bytes = -1 }},
		{sessionRecorded, "links.session: expected the recording's digest in records of session.recorded, and none in others of a session", func(r *Record) { r.Links.Session = "" }},
		{sessionRecorded, "session.reason: expected one in records of session.failed, and none in others", func(r *Record) { r.Session.Reason = "why" }},
		{sessionRecorded, "links.caused_by: missing, a session is of a lease", func(r *Record) { r.Links.CausedBy = nil }},
		{sessionFailed, "session.bytes: expected a number from 1 in records of session.recorded, and none in others", func(r *Record) { r.Session.Bytes = 1 }},
		{sessionFailed, "links.session: expected the recording's digest in records of session.recorded, and none in others of a session", func(r *Record) { r.Links.Session = sessionRecorded().Links.Session }},
		{sessionFailed, "session.truncated: records of session.failed have none", func(r *Record) { r.Session.Truncated = true }},
		{sessionFailed, "session.reason: expected one in records of session.failed, and none in others", func(r *Record) { r.Session.Reason = "" }},
		{sessionFailed, "a text isn't UTF-8", func(r *Record) { r.Session.Reason = "\xff" }},
	} {
		r := tt.of()
		tt.change(&r)
		if _, err := r.Encode(); fmt.Sprint(err) != "encode record: "+tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
}

// TestUnknownBypassIsKept tells nobody from nobody knows, through both encodings.
func TestUnknownBypassIsKept(t *testing.T) {
	for _, bypass := range [][]string{nil, {}, {"@anna"}} {
		r := inventoried()
		r.Inventory.Guard.Bypass = bypass
		back, err := Decode("r", mustEncode(t, r))
		if err != nil {
			t.Fatal(err)
		}
		if got := back.Inventory.Guard.Bypass; (got == nil) != (bypass == nil) || len(got) != len(bypass) {
			t.Errorf("%#v came back as %#v", bypass, got)
		}
	}
	said := bytes.Replace(mustEncode(t, inventoried()), []byte(`"code_owners":true`), []byte(`"code_owners":false`), 1)
	if _, err := Decode("r", said); err == nil || !strings.Contains(err.Error(), "not in canonical form") {
		t.Errorf("false is written: %v", err)
	}
	said = bytes.Replace(said, []byte(`"code_owners":false`), []byte(`"code_owners":"true"`), 1)
	if _, err := Decode("r", said); err == nil || !strings.Contains(err.Error(), "expected true or false") {
		t.Errorf("a text for a truth: %v", err)
	}
}

// TestPageParts holds the parts on the page to be what records have.
func TestPageParts(t *testing.T) {
	page, err := os.ReadFile("../../docs/ledger.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```json parts\n(.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("no parts in docs/ledger.md")
	}
	var line bytes.Buffer
	if err := json.Compact(&line, block[1]); err != nil {
		t.Fatal(err)
	}
	var parts struct {
		Finding       *Finding       `json:"finding"`
		Inventory     *Inventory     `json:"inventory"`
		Certification *Certification `json:"certification"`
		Session       *Session       `json:"session"`
		BreakGlass    *BreakGlass    `json:"break_glass"`
	}
	if err := decodeInto("docs/ledger.md", line.Bytes(), &parts); err != nil {
		t.Fatal(err)
	}
	one, two, three, four, five := found(), inventoried(), certified(), sessionRecorded(), glassRecord(BreakGlassStated)
	one.Finding, two.Inventory, three.Certification, four.Session, five.BreakGlass = parts.Finding, parts.Inventory, parts.Certification, parts.Session, parts.BreakGlass
	for _, r := range []Record{one, two, three, four, five} {
		if err := r.Check(); err != nil {
			t.Error(err)
		}
	}
}
