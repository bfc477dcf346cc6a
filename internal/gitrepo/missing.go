package gitrepo

import (
	"context"
	"errors"
	"fmt"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Missing is something that a history names and that could not be read.
type Missing struct {
	What     string   // lower case, plural: "blobs that the repository lacks"
	Count    int      // different ones
	Examples []string // some of them: where they are named, and what is wrong; printable
	Fix      string   // what to do
}

// lack is a kind of Missing.
type lack int

const (
	lackStore lack = iota
	lackCommit
	lackTree
	lackBlob
	lackTagged
	lackRef
	damaged
	wrongKind
	tooDeep
	tooMany
	manyParents
	lacks // how many kinds there are
)

// maxExamples is how many of a kind are told by name.
const maxExamples = 3

// gaps gathers what could not be read, each object once.
type gaps struct {
	found [lacks]Missing
	seen  map[odb.ID]struct{}
}

// add counts an object; where says what names it.
func (g *gaps) add(kind lack, id odb.ID, where func() string) {
	if _, known := g.seen[id]; known {
		return
	}
	if g.seen == nil {
		g.seen = map[odb.ID]struct{}{}
	}
	g.seen[id] = struct{}{}
	g.note(kind, where)
}

// note counts something that is no object.
func (g *gaps) note(kind lack, where func() string) {
	m := &g.found[kind]
	m.Count++
	if len(m.Examples) < maxExamples {
		m.Examples = append(m.Examples, escaped(where()))
	}
}

// unread counts an object that there is and that can't be read.
func (g *gaps) unread(id odb.ID, where func() string, err error) {
	g.add(damaged, id, func() string {
		what := err.Error()
		if fault := (*odb.ReadError)(nil); errors.As(err, &fault) {
			what = fault.Fault.What
		}
		return fmt.Sprintf("%s (%s): %s", where(), id, what)
	})
}

// noteAll counts what of the database and which refs can't be read.
func (g *gaps) noteAll(faults []odb.Fault, refs []string) {
	for _, fault := range faults {
		g.note(lackStore, fault.String)
	}
	for _, name := range refs {
		g.note(lackRef, func() string { return name })
	}
}

// list tells what was gathered, and what to do about it; about what is absent fixAbsent says that.
func (g *gaps) list(fixAbsent func() string) []Missing {
	texts := [lacks]struct{ what, fix string }{
		lackStore:   {"packs and other parts of the object database that can't be read", fixDamage},
		lackCommit:  {"commits that the repository lacks", ""},
		lackTree:    {"folders that the repository lacks", ""},
		lackBlob:    {"files that the repository lacks", ""},
		lackTagged:  {"objects that refs or tags name and the repository lacks", ""},
		lackRef:     {"refs that can't be read", "run git fsck, and delete them or fetch them anew"},
		damaged:     {"objects that can't be read", fixDamage},
		wrongKind:   {"objects that aren't what they are named as", fixDamage},
		tooDeep:     {"folders that are nested too deep", "search them with git log -p by hand"},
		tooMany:     {fmt.Sprintf("folders that were read in part, after %d paths, %d MiB of them, or %d further paths of what has one", maxPaths, maxPathText>>20, maxRepeats), "search them with git log -p by hand: folders that repeat each other have paths without end"},
		manyParents: {fmt.Sprintf("commits that were left out with what came before them, after %d parents of others", maxParents), "search them with git log -p by hand"},
	}
	var out []Missing
	for kind, m := range g.found {
		if m.Count > 0 {
			m.What, m.Fix = texts[kind].what, texts[kind].fix
			if m.Fix == "" {
				m.Fix = fixAbsent()
			}
			out = append(out, m)
		}
	}
	return out
}

// fixAbsent is what to do about objects that are named and not there.
func (t *Tree) fixAbsent(ctx context.Context, db *odb.DB) string {
	switch {
	case db.Promised() || t.says(ctx, "config", "--type=bool", "--get-regexp", `^remote\..*\.promisor$`):
		return "this is a partial clone, and nothing is fetched while it is read: git fetch --refetch --no-filter, or clone without --filter"
	case t.says(ctx, "rev-parse", "--is-shallow-repository"):
		return "this is a shallow clone: check out with fetch-depth: 0, or git fetch --unshallow"
	}
	return fixDamage
}
