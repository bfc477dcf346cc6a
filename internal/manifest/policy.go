package manifest

import "github.com/curfew-ci/curfew/internal/source"

// Policy is an organisation's curfew/org.yml: what no repository may widen.
type Policy struct {
	// Version of the format; 1.
	Version int `yaml:"version"`

	where positions
}

// Fault is something legal that is wrong all the same: an overlap, a wildcard, a term beyond a ceiling.
type Fault struct {
	Region  source.Region
	Pointer string // JSON Pointer of what is at fault; stable, the finding's key
	Kind    string // overlap, glob, term, contradiction, owner, unused, sponsor …
	Message string
	Fix     string
}
