package gitrepo

import (
	"context"
	"slices"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Numbers that stand in an object's place.
const (
	noObject  odb.Num = -1 // the database lacks it
	emptyTree odb.Num = -2 // git knows the folder that has nothing without storing it
)

// graph is commits and how they descend from each other. A commit's slot says when it was read.
type graph struct {
	num  []odb.Num // by slot
	tree []odb.Num // or noObject, or emptyTree
	when []int64   // committer time, in seconds since 1970

	parents []odb.Num // of all slots, one after the other
	end     []int32   // where the parents of each slot end

	flags []uint8 // by slot
	slots []int32 // by odb.Num, the slot + 1; badCommit where there is no such commit; 0 is not known
}

// badCommit stands in a commit's slot where it can't be read.
const badCommit int32 = -1

// What is known of a commit.
const (
	included uint8 = 1 << iota // a ref reaches it, and HistoryOptions.Since doesn't
	excluded                   // HistoryOptions.Since reaches it
	grafted                    // the clone ends here: it has parents that were left out on purpose
)

// slot is the slot of commit n, if it was read.
func (g *graph) slot(n odb.Num) (int32, bool) { return g.slots[n] - 1, g.slots[n] > 0 }

func (g *graph) parentsOf(slot int32) []odb.Num {
	start := int32(0)
	if slot > 0 {
		start = g.end[slot-1]
	}
	return g.parents[start:g.end[slot]]
}

// grower reads commits into a graph.
type grower struct {
	graph
	ctx     context.Context //nolint:containedctx // of the one call that the grower lives in
	db      *odb.DB
	reader  *odb.Reader
	shallow map[odb.ID]struct{} // the commits at which the clone ends
	gaps    *gaps
	open    queue[int32] // slots whose parents are still to be read, latest first, as commits are mostly made of later ones

	lacking []absent // what commits name and the database lacks
	limit   int      // maxParents

	rawTree, rawParents []byte
}

// absent is an object that a commit names.
type absent struct {
	slot int32
	kind lack
	id   odb.ID
}

// maxParents bounds the parents of all commits together, as commits with very many take nothing in a pack where they are
// made of each other. The largest public repositories have a tenth.
const maxParents = 1 << 24

func newGrower(ctx context.Context, db *odb.DB, reader *odb.Reader, shallow map[odb.ID]struct{}, gaps *gaps) *grower {
	g := &grower{ctx: ctx, db: db, reader: reader, shallow: shallow, gaps: gaps, limit: maxParents}
	g.slots = make([]int32, db.Len())
	g.open.before = func(a, b int32) bool { return g.when[a] > g.when[b] }
	return g
}

// add reads commit n, unless it was read, and returns its slot; false where it can't be read. The commit is a
// parent of the one in slot by, or what the ref or revision called name leads to.
func (g *grower) add(n odb.Num, by int32, name string) (int32, bool) {
	if g.slots[n] != 0 {
		return g.slot(n)
	}
	kind, raw, err := g.reader.Read(n)
	wrong, ok := wrongKind, false
	if err == nil && kind == odb.Commit {
		wrong, ok = g.read(n, raw)
	}
	if !ok {
		g.slots[n] = badCommit
		where := func() string {
			if by < 0 {
				return name
			}
			return "a parent of " + g.name(by)
		}
		if err != nil {
			g.gaps.unread(g.db.ID(n), where, err)
		} else {
			g.gaps.add(wrong, g.db.ID(n), where)
		}
		return 0, false
	}
	slot := int32(len(g.num) - 1) //nolint:gosec // fewer than db.Len
	g.slots[n] = slot + 1
	return slot, true
}

// read appends the commit to the graph, or says why it can't.
func (g *grower) read(n odb.Num, raw []byte) (wrong lack, ok bool) {
	var when int64
	g.rawTree, g.rawParents, when, ok = commitLinks(raw, g.rawTree[:0], g.rawParents[:0], g.db.Hash().Size())
	if !ok {
		return wrongKind, false
	}
	var flags uint8
	if len(g.shallow) > 0 && len(g.rawParents) > 0 {
		if _, ends := g.shallow[g.db.ID(n)]; ends {
			flags, g.rawParents = grafted, g.rawParents[:0]
		}
	}
	if len(g.parents)+len(g.lacking)+len(g.rawParents)/g.db.Hash().Size() > g.limit {
		return manyParents, false
	}
	for id := range slices.Chunk(g.rawParents, g.db.Hash().Size()) {
		if parent, ok := g.db.FindRaw(id); ok {
			g.parents = append(g.parents, parent)
		} else {
			g.lack(lackCommit, id)
		}
	}
	tree, ok := findTree(g.db, g.rawTree)
	if !ok {
		g.lack(lackTree, g.rawTree)
	}
	g.num = append(g.num, n)
	g.tree = append(g.tree, tree)
	g.when = append(g.when, when)
	g.end = append(g.end, int32(len(g.parents))) //nolint:gosec // a repository of 2^31 parents is out of reach
	g.flags = append(g.flags, flags)
	return 0, true
}

// lack keeps what the commit that is read names in vain.
func (g *grower) lack(kind lack, raw []byte) {
	id, _ := odb.RawID(raw)
	g.lacking = append(g.lacking, absent{int32(len(g.num)), kind, id}) //nolint:gosec // fewer than db.Len
}

// tellAbsent reports what the commits of the history name and the database lacks.
func (g *grower) tellAbsent() {
	for _, a := range g.lacking {
		if g.listed(a.slot) {
			g.gaps.add(a.kind, a.id, func() string { return a.id.String() + ", named by " + g.name(a.slot) })
		}
	}
}

// grow reads what since reaches, all of it, and then what else the tips do. An earlier end would have to go by the commits'
// times, and clocks are wrong.
func (g *grower) grow(tips []tip, since []odb.Num) error {
	for _, n := range since {
		if slot, ok := g.add(n, -1, "a revision to begin after"); ok {
			g.reach(slot, excluded)
		}
	}
	if err := g.expand(excluded); err != nil {
		return err
	}
	for i := range tips {
		if tips[i].slot >= 0 {
			g.reach(tips[i].slot, included)
		}
	}
	if err := g.expand(included); err != nil {
		return err
	}
	g.tellAbsent()
	return nil
}

// expand reaches all ancestors of the commits that are open.
func (g *grower) expand(flag uint8) error {
	for step := 0; len(g.open.items) > 0; step++ {
		if step%1024 == 0 && g.ctx.Err() != nil {
			return g.ctx.Err()
		}
		slot := g.open.pop()
		for _, n := range g.parentsOf(slot) {
			if parent, ok := g.add(n, slot, ""); ok {
				g.reach(parent, flag)
			}
		}
	}
	return nil
}

// reach sets a flag of a commit, the first time that any is, and opens it.
func (g *grower) reach(slot int32, flag uint8) {
	if g.flags[slot]&(included|excluded) == 0 {
		g.flags[slot] |= flag
		g.open.push(slot)
	}
}

func (g *grower) name(slot int32) string { return "commit " + g.db.ID(g.num[slot]).String() }

// listed reports whether a commit is part of the history that was asked for.
func (g *graph) listed(slot int32) bool { return g.flags[slot]&included != 0 }
