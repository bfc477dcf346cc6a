package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkParts holds a record to have the parts that its type needs, and none that its type has nothing to do with: who
// looks for certifications needn't ask what else could carry one.
func (r *Record) checkParts(form form) error {
	for _, part := range []struct {
		name             string
		there, must, may bool
	}{
		{"finding", r.Finding != nil, form.finding, form.finding || form.ticket && !form.glass},
		{"inventory", r.Inventory != nil, form.inventory, form.inventory},
		{"certification", r.Certification != nil, form.certification, form.certification},
		{"session", r.Session != nil, form.session, form.session},
		{"break_glass", r.BreakGlass != nil, form.glass, form.glass},
	} {
		switch {
		case part.must && !part.there:
			return fmt.Errorf("%s: missing, records of %s have one", part.name, r.Type)
		case part.there && !part.may:
			return fmt.Errorf("%s: records of %s have none", part.name, r.Type)
		}
	}
	return nil
}

func (r *Record) checkFinding() error {
	const digits = 32
	switch f := r.Finding; {
	case f == nil:
		return nil
	case !isHex(f.Fingerprint, digits):
		return fmt.Errorf("finding.fingerprint: expected %d hexadecimal digits in lower case", digits)
	case f.Rule == "" && r.Type == FindingDetected:
		return errors.New("finding.rule: missing")
	}
	return nil
}

func (r *Record) checkInventory() error {
	i := r.Inventory
	switch {
	case i == nil:
		return nil
	case !isHex(i.SHA256, 64):
		return errors.New("inventory.sha256: expected 64 hexadecimal digits in lower case")
	case i.Taken.IsZero():
		return errors.New("inventory.taken: missing")
	case i.Guard == nil:
		return nil
	case !strings.HasPrefix(i.Guard.Ref, "refs/"):
		return errors.New("inventory.guard.ref: expected a full ref, such as refs/heads/main")
	case i.Guard.Approvals < 0:
		return errors.New("inventory.guard.approvals: expected a number from 0")
	case slices.Contains(i.Guard.Bypass, ""):
		return errors.New("inventory.guard.bypass: a name is empty")
	}
	return nil
}

func (r *Record) checkCertification() error {
	c := r.Certification
	if c == nil {
		return nil
	}
	day, err := time.Parse(time.DateOnly, c.Until)
	switch {
	case r.Identity.ID == "":
		return errors.New("identity.id: missing, a certification is of one identity")
	case !slices.Contains([]Action{Keep, Renew, Narrow, Remove, Suspend}, c.Action):
		return errors.New("certification.action: expected keep, renew, narrow, remove or suspend")
	case len(c.By) == 0 || slices.ContainsFunc(c.By, func(who string) bool { return len(who) < 2 || who[0] != '@' }):
		return errors.New(`certification.by: expected at least one owner, such as "@anna"`)
	case !isPullRequest(c.PullRequest):
		return errors.New("certification.pull_request: expected OWNER/NAME#NUMBER, such as acme/shop#12")
	case c.Merged.IsZero():
		return errors.New("certification.merged: missing")
	case !isHex(c.Commit, 40) && !isHex(c.Commit, 64):
		return errors.New("certification.commit: expected 40 or 64 hexadecimal digits in lower case")
	case c.Until != "" && (err != nil || day.Format(time.DateOnly) != c.Until):
		return errors.New("certification.until: expected a day, such as 2027-06-01")
	}
	return nil
}

// checkSession holds a recording's record to say what became of it: who looks for those that were promised and aren't there goes
// by the type alone.
func (r *Record) checkSession() error {
	s := r.Session
	recorded, failed := r.Type == SessionRecorded, r.Type == SessionFailed
	switch {
	case s == nil:
		return nil
	case s.Format != Asciicast:
		return fmt.Errorf("session.format: expected %s", Asciicast)
	case s.Bytes < 0 || recorded != (s.Bytes > 0):
		return fmt.Errorf("session.bytes: expected a number from 1 in records of %s, and none in others", SessionRecorded)
	case recorded != (r.Links.Session != ""):
		return fmt.Errorf("links.session: expected the recording's digest in records of %s, and none in others of a session", SessionRecorded)
	case s.Truncated && !recorded:
		return fmt.Errorf("session.truncated: records of %s have none", r.Type)
	case failed != (s.Reason != ""):
		return fmt.Errorf("session.reason: expected one in records of %s, and none in others", SessionFailed)
	case len(r.Links.CausedBy) == 0:
		return errors.New("links.caused_by: missing, a session is of a lease")
	}
	return nil
}

// isPullRequest reports whether s is "owner/name#12".
func isPullRequest(s string) bool {
	repository, number, _ := strings.Cut(s, "#")
	owner, name, ok := strings.Cut(repository, "/")
	n, err := strconv.ParseUint(number, 10, 63)
	return ok && owner != "" && name != "" && !strings.Contains(name, "/") && err == nil && n > 0 && strconv.FormatUint(n, 10) == number
}

// partTexts lists the texts of those parts of a record.
func (r *Record) partTexts() []string {
	var texts []string
	if f := r.Finding; f != nil {
		texts = append(texts, f.Rule)
	}
	if i := r.Inventory; i != nil && i.Guard != nil {
		texts = append(append(texts, i.Guard.Ref), i.Guard.Bypass...)
	}
	if c := r.Certification; c != nil {
		texts = append(append(texts, c.PullRequest), c.By...)
	}
	if s := r.Session; s != nil {
		texts = append(texts, s.Format, s.Reason)
	}
	if g := r.BreakGlass; g != nil {
		texts = append(texts, g.Entry, g.Activator, g.Incident, g.Reason, g.By)
	}
	return texts
}
