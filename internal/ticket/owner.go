package ticket

import (
	"cmp"
	"regexp"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// Owner is who gets a ticket.
type Owner struct {
	ID       string // in the manifest; "" for nobody
	Handle   string // "@acme/payments"; "" where the manifest doesn't know the owner
	Escalate string
	Project  string
}

// Key tells owners apart in a tracker that several repositories share: what a manifest calls its owners is its own.
func (o Owner) Key() string { return cmp.Or(o.Handle, o.ID) }

// handleForm is what may be written as a mention: a user or a team of GitHub's.
var handleForm = regexp.MustCompile(`^@[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$`)

// owner looks an owner up. why is set where its tickets have no place in this tracker.
func (in *Input) owner(id string) (o Owner, why string) {
	o.ID = id
	var m manifest.Owner
	if in.Manifest != nil && id != "" {
		m, _ = in.Manifest.OwnerOf(id, in.Policy)
	}
	o.Handle, o.Escalate = cmp.Or(m.Team, m.Person), m.Escalate
	if in.Place != nil {
		o.Project, why = in.Place(id, m)
	}
	return o, why
}
