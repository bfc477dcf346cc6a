package manifest

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
)

var (
	worlds    = flag.Int("worlds", 10, "how many generated manifests each property is held against")
	worldSeed = flag.Uint64("world-seed", 1, "the first of their seeds")
)

// eachWorld calls f for as many worlds as the flag says.
func eachWorld(t *testing.T, wild bool, f func(t *testing.T, w *world)) {
	t.Helper()
	for seed := *worldSeed; seed < *worldSeed+uint64(*worlds); seed++ {
		f(t, newWorld(seed, wild))
		if t.Failed() {
			t.Fatalf("in the world of -world-seed %d -worlds 1", seed)
		}
	}
}

// TestWorldsAreAllowed holds the generator itself: a property over denials only would prove nothing.
func TestWorldsAreAllowed(t *testing.T) {
	eachWorld(t, false, func(t *testing.T, w *world) {
		m, p := w.parse(t)
		for _, g := range w.grants {
			d := Decide(m, p, Question{Claims: w.claims(nil), Grant: g, Task: w.task}, w.facts, w.now)
			if !d.Allow {
				t.Errorf("%s\n%s", d.Text(), w.manifest.write())
			}
		}
	})
}

// bench is a world with its samples and what is decided for them.
type bench struct {
	*world
	m        *Manifest
	p        *Policy
	samples  []sample
	before   []Decision
	leaveOut func(*Decision) bool // what wider leaves out; nil: nothing

	refused, taken int // changed manifests
}

func newBench(t *testing.T, w *world) *bench {
	m, p := w.parse(t)
	b := &bench{world: w, m: m, p: p, samples: w.samples(t, m, p)}
	for i := range b.samples {
		b.before = append(b.before, b.samples[i].decide(m))
	}
	return b
}

// wider says where a changed manifest entitles to more than the original, by all samples, or by the jobs
// that are meant and some others. "" is nowhere.
func (b *bench) wider(m *Manifest, some int) string {
	chosen := b.Perm(len(b.samples))
	if some > 0 {
		chosen = chosen[:min(some, len(chosen))]
		for i := range b.grants {
			chosen = append(chosen, i) // the base samples come first
		}
	}
	for _, i := range chosen {
		before, after := &b.before[i], b.samples[i].decide(m)
		switch {
		case b.leaveOut != nil && b.leaveOut(before):
		case after.Allow && !before.Allow:
			return fmt.Sprintf("%s, %s: allowed, was %s", b.samples[i].grant, b.samples[i].what, before.Text())
		case after.TTL > before.TTL:
			return fmt.Sprintf("%s, %s: for %s, was %s", b.samples[i].grant, b.samples[i].what, after.TTL, before.TTL)
		}
	}
	return b.widerStatically(m)
}

// widerStatically compares what a scan takes a job to be entitled to.
func (b *bench) widerStatically(m *Manifest) string {
	for id, after := range m.Identities {
		before, ok := b.m.Identities[id]
		if !ok {
			return "identity " + id + " is new"
		}
		for scope, level := range after.Token {
			if had, ok := before.Token[scope]; !ok || !had.Covers(level) {
				return "token of " + id + " has " + scope + ": " + string(level)
			}
		}
		for _, s := range after.Secrets {
			if !slices.Contains(before.Secrets, s) {
				return "identity " + id + " may read " + s
			}
		}
		for _, job := range []string{"run", id, "other", ""} {
			file := ".github/workflows/" + id + ".yml"
			if after.RunsAs.match(file, job) > before.RunsAs.match(file, job) {
				return "identity " + id + " has job " + job
			}
		}
		for name, g := range after.Grants {
			had := before.Grants[name]
			if lost := lostRestriction(&had, &g); lost != "" {
				return "grant " + id + "/" + name + " has lost its " + lost
			}
		}
	}
	return ""
}

// lostRestriction names what restricts the credential before and doesn't after.
func lostRestriction(before, after *Grant) string {
	none := func(n *Narrow) bool { return n == nil || n.None }
	open := func(l *List) bool { return l == nil || l.None }
	switch {
	case before.Provider() == "" && after.Provider() != "":
		return "absence"
	case !none(before.Narrow) && none(after.Narrow):
		return "narrow"
	case before.GCP != nil && after.GCP != nil && (!none(before.GCP.Boundary) && none(after.GCP.Boundary) || !open(before.GCP.Scopes) && open(after.GCP.Scopes)):
		return "scopes or boundary"
	case before.OAuth != nil && after.OAuth != nil && (!open(before.OAuth.Scope) && open(after.OAuth.Scope) || !open(before.OAuth.Resource) && open(after.OAuth.Resource)):
		return "scope or resource"
	}
	return ""
}

// try parses a changed manifest and reports whether it was refused or entitles to no more.
func (b *bench) try(t *testing.T, what string, changed *node) {
	t.Helper()
	m, errs := Parse(Path, []byte(changed.write()))
	if errs != nil {
		b.refused++
		return
	}
	b.taken++
	if wider := b.wider(m, 0); wider != "" {
		t.Errorf("%s makes it wider: %s", what, wider)
	}
}

// isEntry reports whether names end at an entry of a list, or of a map whose keys are names: removing
// one may widen, and manifest diff says so.
func isEntry(parentKind shape, names []string) bool {
	if parentKind == sequence {
		return true
	}
	up := names[len(names)-2]
	return slices.Contains([]string{"identities", "claims", "token", "grants", "read", "permissions", "names"}, up)
}

// TestDeletingAFieldNeverWidens is the manifest's first promise: what goes missing never helps.
func TestDeletingAFieldNeverWidens(t *testing.T) {
	t.Parallel()
	refused, taken := 0, 0
	for _, wild := range []bool{false, true} {
		eachWorld(t, wild, func(t *testing.T, w *world) {
			b := newBench(t, w)
			b.eachField(func(path []int, names []string) {
				b.try(t, "without "+strings.Join(names, "."), b.manifest.clone(path, nil))
			})
			refused, taken = refused+b.refused, taken+b.taken
		})
	}
	t.Logf("%d manifests refused, %d taken", refused, taken)
	if refused == 0 || taken == 0 {
		t.Error("the property was held against nothing")
	}
}

// eachField visits the fields of identities and grants.
func (b *bench) eachField(f func(path []int, names []string)) {
	kinds := map[string]shape{}
	b.manifest.visit(func(path []int, names []string, v *node) {
		kinds[strings.Join(names, "\x00")] = v.kind
		up := kinds[strings.Join(names[:len(names)-1], "\x00")]
		if names[0] == "identities" && len(names) > 2 && !isEntry(up, names) {
			f(path, names)
		}
	})
}

// TestAWrongTypeNeverWidens replaces each value by some of other types.
func TestAWrongTypeNeverWidens(t *testing.T) {
	t.Parallel()
	refused, taken := 0, 0
	eachWorld(t, false, func(t *testing.T, w *world) {
		b := newBench(t, w)
		b.manifest.visit(func(path []int, names []string, v *node) {
			others := otherTypes(v)
			w.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
			for _, other := range others[:2] {
				b.try(t, strings.Join(names, ".")+" as "+other.inline(), b.manifest.clone(path, other))
			}
		})
		refused, taken = refused+b.refused, taken+b.taken
	})
	t.Logf("%d manifests refused, %d taken", refused, taken)
	if refused == 0 || taken == 0 {
		t.Error("the property was held against nothing")
	}
}

// otherTypes are values of other types than v's. Some of them are right where several are: a list of
// one for a value.
func otherTypes(v *node) []*node {
	wrong := []*node{bare("null"), bare("true"), bare("1.5"), seq(seq()), table("x", str("y"))}
	switch v.kind {
	case sequence:
		wrong = append(wrong, str("x"), table())
		if len(v.kids) > 0 {
			wrong = append(wrong, v.kids[0])
		}
	case mapping:
		wrong = append(wrong, str("x"), seq())
	case plain:
		wrong = append(wrong, seq(v), table(), str(v.text), bare("!x "+v.text))
	default:
		wrong = append(wrong, seq(v), seq(), table(), bare("7"), bare("~"), bare("!!binary "+v.inline()), bare("!x "+v.inline()))
	}
	return wrong
}

// TestUnquotedDatesAreRefused takes the quotes off each day.
func TestUnquotedDatesAreRefused(t *testing.T) {
	dates := 0
	eachWorld(t, false, func(t *testing.T, w *world) {
		w.manifest.visit(func(path []int, names []string, v *node) {
			if v.kind != dated {
				return
			}
			dates++
			if m, errs := Parse(Path, []byte(w.manifest.clone(path, bare(v.text)).write())); m != nil || len(errs) == 0 {
				t.Errorf("%s is taken without quotes", strings.Join(names, "."))
			}
		})
	})
	if dates == 0 {
		t.Error("no manifest has a date")
	}
}
