package policy

import "testing"

func TestDigest(t *testing.T) {
	of := func(modules ...Module) string {
		p, err := Compile(t.Context(), "acme", modules)
		if err != nil {
			t.Fatal(err)
		}
		return p.Digest()
	}
	a, b := Module{"a.rego", []byte("package a\n")}, Module{"b.rego", []byte("package b\n")}
	digests := map[string]string{
		"a":              of(a),
		"a and b":        of(a, b),
		"another path":   of(Module{"c.rego", a.Src}, b),
		"another source": of(a, Module{b.Path, []byte("package b\n\n")}),
		"swapped":        of(Module{a.Path, b.Src}, Module{b.Path, a.Src}),
		"joined":         of(Module{a.Path, []byte("package a\n#b.rego\n")}),
		"moved border":   of(Module{"a.rego\n", []byte("package a")}, b),
	}
	seen := map[string]string{}
	for name, d := range digests {
		if len(d) != 64 {
			t.Errorf("%s: %q", name, d)
		}
		if other, ok := seen[d]; ok {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[d] = name
	}
	if of(b, a) != digests["a and b"] {
		t.Error("the order of the modules counts")
	}
	// Fixed, so that who recorded one can compare it with a later curfew's.
	if got, want := digests["a and b"], "65e4c3e9e26cdd0f9d8ee10028e8269ad31bbacdf34f62a03cf9a73908e889d0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	x, y := &Policy{name: "x", digest: digests["a"]}, &Policy{name: "y", digest: digests["a"]}
	if (Set{x, y}).Digest() == (Set{y, x}).Digest() || (Set{x}).Digest() == (Set{x, nil}).Digest() || (Set{x}).Digest() == x.Digest() {
		t.Error("sets that differ have one digest")
	}
}

// TestSourcesAreCopied: a digest stays that of what is judged by.
func TestSourcesAreCopied(t *testing.T) {
	src := []byte(head + "allow := true")
	p := compiled(t, string(src))
	q, err := Compile(t.Context(), "acme", []Module{{"lease.rego", src}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range src {
		src[i] = 'x'
	}
	if q.Digest() != p.Digest() || !q.Judge(t.Context(), sample(t), now()).Allowed {
		t.Error("changed with the caller's bytes")
	}
}
