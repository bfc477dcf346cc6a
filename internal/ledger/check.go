package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Check says what is wrong with a record, the first thing only; nil where nothing is. It never quotes a
// value.
func (r *Record) Check() error {
	switch {
	case r.Schema != Schema:
		return fmt.Errorf("schema %d: this curfew knows schema %d alone; read it with the one that wrote it", r.Schema, Schema)
	case !ValidID(r.ID):
		return errors.New("id: expected a ULID, 26 characters of 0-9 and A-Z without I, L, O and U")
	case r.Time.IsZero():
		return errors.New("time: missing")
	case r.Identity.RepositoryID == "":
		return errors.New("identity.repository_id: missing")
	case r.Task.RunID == "" || r.Task.Job == "" || r.Task.Attempt < 1:
		return errors.New("task: expected run_id, attempt from 1 and job")
	}
	for _, check := range []func() error{
		r.checkType, r.checkForms, r.checkCredential, r.checkFinding, r.checkInventory, r.checkCertification, r.checkSession, r.checkGlass, r.checkTexts,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkType compares plane, type, outcome and the parts that the type needs.
func (r *Record) checkType() error {
	if !slices.Contains([]Plane{Entitlement, Issuance, Persistence, Response}, r.Plane) {
		return errors.New("plane: expected entitlement, issuance, persistence or response")
	}
	form, ok := formOf(r.Type)
	switch {
	case !ok || form.plane != r.Plane:
		return fmt.Errorf("type: the plane %s has no such type", r.Plane)
	case r.Outcome != form.outcome:
		return fmt.Errorf("outcome: records of %s have %q", r.Type, form.outcome)
	case form.credential && r.Credential == nil:
		return fmt.Errorf("credential: missing, a %s has one", r.Type)
	case form.notAfter && r.Credential.NotAfter.IsZero():
		return fmt.Errorf("credential.not_after: missing, a %s has one", r.Type)
	case form.handle && r.Credential.Handle == "" && r.Credential.Fingerprint == "":
		return fmt.Errorf("credential: a %s has its handle or its fingerprint", r.Type)
	case form.decision && r.Decision == nil:
		return fmt.Errorf("decision: missing, a %s has one", r.Type)
	case r.Type == LeaseDenied && len(r.Decision.Reasons) == 0:
		return errors.New("decision.reasons: a denial has at least one")
	case form.ticket && len(r.Links.Tickets) == 0:
		return fmt.Errorf("links.tickets: a %s has at least one", r.Type)
	}
	return r.checkParts(form)
}

// checkForms looks at all values that have a form of their own.
func (r *Record) checkForms() error {
	hexes := map[string]string{
		"manifest.commit": r.Manifest.Commit, "manifest.org_commit": r.Manifest.OrgCommit,
		"manifest.sha256": r.Manifest.SHA256, "task.sha": r.Task.SHA,
	}
	if r.Decision != nil {
		hexes["decision.policy_sha256"] = r.Decision.PolicySHA256
		if r.Decision.Engine == "" {
			return errors.New("decision.engine: missing")
		}
	}
	for _, name := range []string{"manifest.commit", "manifest.sha256", "manifest.org_commit", "task.sha", "decision.policy_sha256"} {
		if v := hexes[name]; v != "" && !isHex(v, 40) && !isHex(v, 64) {
			return fmt.Errorf("%s: expected 40 or 64 hexadecimal digits in lower case", name)
		}
	}
	if s := r.Links.Session; s != "" && !isDigest(s) {
		return errors.New(`links.session: expected "sha256:" and 64 hexadecimal digits`)
	}
	for _, id := range r.Links.CausedBy {
		if !ValidID(id) {
			return errors.New("links.caused_by: expected ids of records")
		}
	}
	for _, t := range r.times() {
		if year := t.Year(); !t.IsZero() && (year < 1970 || year > 9999) {
			return errors.New("a time is out of the years 1970 to 9999")
		}
	}
	return nil
}

func (r *Record) checkCredential() error {
	c := r.Credential
	switch {
	case c == nil:
		return nil
	case c.Provider == "":
		return errors.New("credential.provider: missing")
	case c.Fingerprint != "" && !isDigest(c.Fingerprint):
		return errors.New(`credential.fingerprint: expected "sha256:" and 64 hexadecimal digits`)
	case !slices.Contains([]Revocable{"", ByToken, ByRole, NotRevocable}, c.Revocable):
		return errors.New("credential.revocable: expected token, role or none")
	case !c.Issued.IsZero() && !c.NotAfter.IsZero() && c.NotAfter.Before(c.Issued):
		return errors.New("credential.not_after: before credential.issued")
	}
	return nil
}

// checkTexts refuses broken UTF-8, which an encoder would replace in silence.
func (r *Record) checkTexts() error {
	texts := []string{
		r.Identity.ID, r.Identity.RepositoryID, r.Identity.Owner, r.Identity.Grant, r.Manifest.Guard,
		r.Task.RunID, r.Task.Job, r.Task.Actor, r.Task.Trigger.Kind, r.Task.Trigger.Ref, r.Task.Trigger.Status,
	}
	texts = append(texts, r.Links.Tickets...)
	if c := r.Credential; c != nil {
		texts = append(texts, c.Provider, c.Handle)
	}
	if d := r.Decision; d != nil {
		texts = slices.Concat(texts, []string{d.Engine}, d.Reasons, d.Controls)
	}
	texts = append(texts, r.partTexts()...)
	if slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) }) {
		return errors.New("a text isn't UTF-8")
	}
	return nil
}

// times lists all times of a record.
func (r *Record) times() []time.Time {
	out := []time.Time{r.Time, r.Task.Trigger.Observed}
	if c := r.Credential; c != nil {
		out = append(out, c.Issued, c.NotAfter)
	}
	if i := r.Inventory; i != nil {
		out = append(out, i.Taken)
	}
	if c := r.Certification; c != nil {
		out = append(out, c.Merged)
	}
	if g := r.BreakGlass; g != nil {
		out = append(out, g.Used, g.Due, g.Reviewed)
	}
	return out
}

func isHex(s string, digits int) bool {
	return len(s) == digits && strings.Trim(s, "0123456789abcdef") == ""
}

func isDigest(s string) bool {
	digits, ok := strings.CutPrefix(s, "sha256:")
	return ok && isHex(digits, 64)
}
