package issuance

import "github.com/curfew-ci/curfew/internal/ledger"

// Session records what becomes of the recording of what a lease's command prints: t is one of ledger's types of sessions, digest the
// recording's SHA-256 in hexadecimal, where there is one. More are the ids of what else it is of: later leases of the
// same command, and the record of the recording's beginning.
func (b *Broker) Session(l *Lease, t ledger.Type, s ledger.Session, digest string, more ...string) (string, error) {
	w := &way{Broker: b}
	w.hide(l.Credential.Secrets()...)
	s.Reason = w.say(s.Reason, maxText)
	r := ledger.Record{
		Plane: ledger.Issuance, Type: t, Outcome: ledger.Open, Time: b.o.Now(),
		Identity: l.origin.Identity, Manifest: l.origin.Manifest, Task: l.origin.Task,
		Session: &s, Links: ledger.Links{CausedBy: append([]string{l.ID}, more...)},
	}
	switch t {
	case ledger.SessionRecorded:
		r.Outcome, r.Links.Session = ledger.Done, "sha256:"+digest
	case ledger.SessionFailed:
		r.Outcome = ledger.Failed
	}
	return b.o.Records.Append(r)
}
