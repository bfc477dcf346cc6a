package workflow

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestUses(t *testing.T) {
	for _, tt := range []struct {
		value string
		want  Uses
		slug  string
	}{
		{"actions/checkout@v4", Uses{Kind: UsesRemote, Owner: "actions", Repo: "checkout", Ref: "v4"}, "actions/checkout"},
		{"Acme/Repo/a/B@main", Uses{Kind: UsesRemote, Owner: "Acme", Repo: "Repo", Path: "a/B", Ref: "main"}, "acme/repo/a/b"},
		{"a/b@c@d", Uses{Kind: UsesRemote, Owner: "a", Repo: "b", Ref: "c@d"}, "a/b"},
		{"./.github/actions/x", Uses{Kind: UsesLocal, Path: ".github/actions/x"}, ""},
		{"$/actions/x", Uses{Kind: UsesSelf, Path: "actions/x"}, ""},
		{"docker://alpine:3", Uses{Kind: UsesDocker, Path: "alpine:3"}, ""},
		{"a/${{ matrix.b }}@c", Uses{Kind: UsesUnknown}, ""},
		{"./${{ matrix.b }}", Uses{Kind: UsesUnknown}, ""},
		{"actions/checkout", Uses{Kind: UsesUnknown}, ""},
		{"checkout@v4", Uses{Kind: UsesUnknown}, ""},
		{"/b@c", Uses{Kind: UsesUnknown}, ""},
		{"a/@c", Uses{Kind: UsesUnknown}, ""},
		{"a/b@", Uses{Kind: UsesUnknown}, ""},
		{"", Uses{Kind: UsesUnknown}, ""},
	} {
		got := newUses(&String{Value: tt.value})
		if d := cmp.Diff(&tt.want, got, cmpopts.IgnoreFields(Uses{}, "Value")); d != "" {
			t.Errorf("%q: (-want +got)\n%s", tt.value, d)
		}
		if got.Slug() != tt.slug {
			t.Errorf("%q: slug %q, want %q", tt.value, got.Slug(), tt.slug)
		}
	}
}

func TestPinned(t *testing.T) {
	const sha = "0123456789abcdefABCDEF0123456789abcdef01"
	for ref, want := range map[string]bool{
		sha:                                true,
		sha + "0123456789abcdef01234567":   true,
		sha[:39]:                           false,
		sha[:39] + "g":                     false,
		"v4":                               false,
		sha + "0123456789abcdef0123456":    false,
		"refs/heads/" + sha:                false,
		sha + "0123456789abcdef0123456 ":   false,
		sha + "0123456789abcdef01234567\n": false,
	} {
		if got := (&Uses{Ref: ref}).Pinned(); got != want {
			t.Errorf("%q: got %t", ref, got)
		}
	}
}
