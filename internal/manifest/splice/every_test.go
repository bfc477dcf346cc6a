package splice

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

// TestEveryScalar sets each scalar of each manifest to values that are easy and hard to write.
func TestEveryScalar(t *testing.T) {
	t.Parallel()
	made, refused := 0, 0
	for _, s := range samples(t) {
		doc, err := parse(s.name, s.src)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range places(doc.Root, "", 0, nil) {
			if at.node.Kind != yamltree.Scalar || at.node.Tag != "!!str" {
				continue
			}
			for _, value := range []string{"2027-02-21", "a: b #c 'd' \"e\" \\ é [x], {y} @z\n\u202e\x01 - "} {
				out, err := apply(s.name, s.src, []Edit{Set(at.pointer, value)})
				if err != nil {
					refused++
					mayRefuse(t, s, at.pointer, err)
					continue
				}
				made++
				want := changed(decoded(t, s.src), strings.Split(at.pointer[1:], "/"), value)
				if diff := cmp.Diff(want, decoded(t, out)); diff != "" {
					t.Errorf("%s: set %s: means something else:\n%s", s.name, at.pointer, diff)
				}
				untouched(t, s.src, out, at.node.Place().Start.Offset, at.node.Place().End.Offset, false)
			}
		}
	}
	t.Logf("%d set, %d refused", made, refused)
	if made < 1000 || refused > made/10 {
		t.Errorf("%d set, %d refused", made, refused)
	}
}

// TestEveryRemoval takes each entry out of each manifest's mappings and lists.
func TestEveryRemoval(t *testing.T) {
	t.Parallel()
	made, refused := 0, 0
	for _, s := range samples(t) {
		doc, err := parse(s.name, s.src)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range places(doc.Root, "", 0, nil) {
			out, err := apply(s.name, s.src, []Edit{Remove(at.pointer)})
			if err != nil {
				refused++
				mayRefuse(t, s, at.pointer, err)
				continue
			}
			made++
			want := changed(decoded(t, s.src), strings.Split(at.pointer[1:], "/"), nil)
			if diff := cmp.Diff(want, decoded(t, out)); diff != "" {
				t.Errorf("%s: remove %s: means something else:\n%s", s.name, at.pointer, diff)
			}
			first := at.first
			if at.only {
				first = at.line
			}
			untouched(t, s.src, out, first, at.last, true)
		}
	}
	t.Logf("%d removed, %d refused", made, refused)
	if made < 1000 || refused > made/10 {
		t.Errorf("%d removed, %d refused", made, refused)
	}
}

// TestSeveralAtOnce holds that edits made together come out as one by one.
func TestSeveralAtOnce(t *testing.T) {
	t.Parallel()
	made := 0
	for _, s := range samples(t) {
		doc, err := parse(s.name, s.src)
		if err != nil {
			t.Fatal(err)
		}
		all := places(doc.Root, "", 0, nil)
		for i := range all {
			first, second := all[i], all[(i*7+3)%len(all)]
			if within(first.pointer, second.pointer) || within(second.pointer, first.pointer) {
				continue
			}
			out, ok := together(doc, latest(doc, t, Remove(first.pointer), Remove(second.pointer)))
			if !ok {
				continue
			}
			made++
			want := s.src
			for _, e := range latest(doc, t, Remove(first.pointer), Remove(second.pointer)) {
				at, err := parse(s.name, want)
				if err != nil {
					t.Fatal(err)
				}
				if want, err = change(at, e); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(out, want) {
				t.Errorf("%s: %s, %s:\n%s", s.name, first.pointer, second.pointer, cmp.Diff(string(want), string(out)))
			}
		}
	}
	t.Logf("%d pairs at once", made)
	if made < 1000 {
		t.Errorf("only %d pairs at once", made)
	}
}

func latest(doc *yamltree.Document, t *testing.T, edits ...Edit) []Edit {
	t.Helper()
	steps, err := resolve(doc, edits)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// mayRefuse checks that an edit was refused in words, and for an anchor or a merge key.
func mayRefuse(t *testing.T, s sample, pointer string, err error) {
	t.Helper()
	if !bytes.Contains(s.src, []byte("&")) || !strings.HasPrefix(err.Error(), s.name+":") || !strings.Contains(err.Error(), "try: ") {
		t.Errorf("%s: %s: %v\n%s", s.name, pointer, err, s.src)
	}
}

// TestEveryReview makes of each manifest what reviews make: later ends, fewer entries, identities and
// exceptions gone. What comes out is a manifest, or nothing does.
func TestEveryReview(t *testing.T) {
	t.Parallel()
	made, refused := 0, 0
	for _, s := range samples(t) {
		m, errs := manifest.Parse(s.name, s.src)
		if m == nil {
			t.Fatal(errs)
		}
		for _, e := range reviews(m) {
			out, err := Apply(s.name, s.src, e)
			if err != nil {
				refused++
				if out != nil {
					t.Errorf("%s: %s: an error, and a text", s.name, e)
				}
				continue
			}
			made++
			after, errs := manifest.Parse(s.name, out)
			if after == nil {
				t.Fatalf("%s: %s: %v", s.name, e, errs)
			}
			changes := manifest.Diff(m, after)
			for _, c := range changes {
				if !within(c.Pointer, e.pointer) && !within(e.pointer, c.Pointer) {
					t.Errorf("%s: %s changed %s: %s", s.name, e, c.Pointer, c.Message)
				}
			}
			if len(changes) == 0 && !bytes.Equal(out, s.src) {
				t.Errorf("%s: %s changed nothing that counts", s.name, e)
			}
		}
	}
	t.Logf("%d made, %d refused", made, refused)
	if made < 500 {
		t.Errorf("only %d made", made)
	}
}

func reviews(m *manifest.Manifest) []Edit {
	var out []Edit
	for _, id := range m.IdentityIDs() {
		at := manifest.Pointer("identities", id)
		out = append(out, Set(at+"/expires", "2027-08-31"), Set(at+"/purpose", "To be # seen: \"again\""), Remove(at))
		for i := range m.Identities[id].Secrets {
			out = append(out, Remove(at+fmt.Sprintf("/secrets/%d", i)))
		}
		for scope := range m.Identities[id].Token {
			out = append(out, Remove(at+manifest.Pointer("token", scope)))
		}
		for _, name := range m.GrantIDs(id) {
			out = append(out, Remove(at+manifest.Pointer("grants", name)))
		}
	}
	for _, id := range m.ExceptionIDs() {
		at := manifest.Pointer("exceptions", id)
		out = append(out, Set(at+"/expires", "2027-08-31"), Set(at+"/rotate-every", "7d"), Remove(at))
	}
	return out
}
