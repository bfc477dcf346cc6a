package suppress

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/source"
)

// Baseline is a file of findings that somebody accepted for a while. docs/suppression.md describes it.
type Baseline struct {
	Path    string
	Entries []Entry
}

// Entry is one accepted finding.
type Entry struct {
	Rule        string
	Path        string // of the finding
	Fingerprint string // of the finding, or of the first among those that agree in rule, path and key
	What        string // the finding's message: for people, and to tell findings of one key apart
	Until       manifest.Date
	Reason      string
	Owner       string // the manifest's owner id; "" where none is known

	Region  source.Region // of the fingerprint
	ruleAt  source.Region
	untilAt source.Region
}

// NewBaseline accepts every finding that counts until the given day, for the given reason. Findings that
// a baseline silenced already keep their end and reason; those that an ignore or exception silenced, and
// those of rules that can't be silenced, are left out.
func NewBaseline(found []finding.Finding, now time.Time, until manifest.Date, reason string) (*Baseline, error) {
	switch {
	case until.Over(now):
		return nil, fmt.Errorf("the baseline would end on %s, which is past: give a later day", until)
	case strings.TrimSpace(reason) == "":
		return nil, fmt.Errorf("a baseline needs a reason: say why these findings are accepted")
	}
	b := &Baseline{}
	for i := range found {
		f := &found[i]
		if slices.Contains(guarded(), f.Rule) {
			continue
		}
		e := Entry{
			Rule: f.Rule, Path: f.Region.Path, What: f.Message, Owner: f.Owner, Until: until, Reason: reason,
			Fingerprint: finding.Fingerprint(f.Rule, f.Region.Path, f.Key, 0),
		}
		if s := f.Suppressed; s != nil {
			day, err := manifest.ParseDate(s.Until)
			if s.Kind != "baseline" || err != nil {
				continue
			}
			e.Until, e.Reason = day, s.Reason
		}
		b.Entries = append(b.Entries, e)
	}
	slices.SortStableFunc(b.Entries, func(x, y Entry) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Fingerprint, y.Fingerprint))
	})
	return b, nil
}

// Encode writes the baseline as YAML.
func (b *Baseline) Encode() []byte {
	var out strings.Builder
	out.WriteString("# Findings that are accepted for a while. Entries that end or silence nothing are findings.\nversion: 1\n")
	if len(b.Entries) == 0 {
		out.WriteString("entries: []\n")
		return []byte(out.String())
	}
	out.WriteString("entries:\n")
	for _, e := range b.Entries {
		lead := "  - "
		for _, kv := range [][2]string{
			{"rule", e.Rule},
			{"path", e.Path},
			{"fingerprint", e.Fingerprint},
			{"what", e.What},
			{"until", e.Until.String()},
			{"reason", e.Reason},
			{"owner", e.Owner},
		} {
			if kv[0] == "owner" && kv[1] == "" {
				continue
			}
			fmt.Fprintf(&out, "%s%s: %s\n", lead, kv[0], quote(kv[1]))
			lead = "    "
		}
	}
	return []byte(out.String())
}

// quote writes s as a double-quoted YAML scalar. Go's escapes are a subset of YAML 1.2's (section 5.7)
// once the bytes that are no UTF-8 are replaced.
func quote(s string) string { return strconv.Quote(strings.ToValidUTF8(s, "\uFFFD")) }
