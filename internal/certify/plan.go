package certify

import (
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/manifest/splice"
)

// Action is what is proposed.
type Action string

// The actions.
const (
	Renew   Action = "renew"   // a later last day
	Narrow  Action = "narrow"  // to what was used, or to what the organisation allows
	Remove  Action = "remove"  // and what it leaves behind is to be deleted where it lives
	Suspend Action = "suspend" // is already so: the manifest records it
)

// Change is a proposal for one entitlement.
type Change struct {
	Review
	Action Action `json:"action"`
	// Reason is one sentence, lower case, without a full stop. It may quote what the manifest says.
	Reason string `json:"reason"`
	// Until is the last day that the change sets; the zero Date where it leaves the day as it is.
	Until manifest.Date `json:"-"`
	// Gone are the grants that a Narrow removes.
	Gone []string `json:"gone,omitempty"`
	// Refused says why the manifest can't be edited for it; "" where it can, or needn't be.
	Refused string `json:"refused,omitempty"`
}

// Group is what one owner has to decide.
type Group struct {
	Owner    string   `json:"owner"`
	Handle   string   `json:"handle,omitempty"`
	Escalate string   `json:"escalate,omitempty"`
	Changes  []Change `json:"changes"`
	// Source is the manifest with all of these changes and nobody else's.
	Source []byte `json:"-"`
}

// Plan proposes what the reviews call for, one group an owner, in the order of their deadlines. src is the
// manifest's text, which path names; in.Manifest is what it was parsed to. What can't be edited without changing
// something else is proposed all the same, and says so.
func Plan(in Input, path string, src []byte) []Group {
	var out []Group
	for _, r := range Status(in) {
		c, ok := in.propose(r)
		if !ok {
			continue
		}
		i := slices.IndexFunc(out, func(g Group) bool { return g.Owner == r.Owner })
		if i < 0 {
			i = len(out)
			out = append(out, Group{Owner: r.Owner, Handle: r.Handle, Escalate: r.Escalate})
		}
		out[i].Changes = append(out[i].Changes, c)
	}
	for i := range out {
		out[i].Source, out[i].Changes = in.apply(path, src, out[i].Changes)
	}
	return out
}

// Together is the manifest with the changes of several groups, and those that can't be made in it.
func Together(in Input, path string, src []byte, groups []Group) (out []byte, refused []Change) {
	var all []Change
	for _, g := range groups {
		all = append(all, g.Changes...)
	}
	out, all = in.apply(path, src, all)
	return out, slices.DeleteFunc(all, func(c Change) bool { return c.Refused == "" })
}

// apply makes as many of the changes as can be made, and says of the others why not.
func (in Input) apply(path string, src []byte, changes []Change) ([]byte, []Change) {
	b := batch{in: in, path: path, src: src, out: src}
	changes = slices.Clone(changes)
	b.take(changes)
	return b.out, changes
}

// batch is a manifest with the changes that it could take so far.
type batch struct {
	in   Input
	path string
	src  []byte
	made []Change
	out  []byte
}

// take makes changes together, or else each half by itself, down to those that can't be made.
func (b *batch) take(changes []Change) {
	if len(changes) == 0 {
		return
	}
	all := slices.Concat(b.made, changes)
	out, err := splice.Apply(b.path, b.src, b.in.edits(all)...)
	switch {
	case err == nil:
		b.made, b.out = all, out
		for i := range changes {
			changes[i].Refused = ""
		}
	case len(changes) == 1:
		changes[0].Refused = strings.ReplaceAll(err.Error(), "\n  try: ", "; ")
	default:
		half := len(changes) / 2
		b.take(changes[:half])
		b.take(changes[half:])
	}
}
