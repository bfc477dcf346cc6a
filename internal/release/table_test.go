package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sample is a legal table of a version.
func sample(version string) table {
	t := table{Schema: 1, Version: version, Commit: strings.Repeat("c0ffee0123", 4), Assets: map[string]asset{}}
	for node, p := range platforms() {
		name := p.binary(version)
		t.Assets[node] = asset{
			Name: name, URL: downloads + "v" + version + "/" + name,
			SHA256: strings.Repeat("0123456789abcdef", 4), Bytes: 12_345_678,
		}
	}
	return t
}

func encoded(tb testing.TB, t table) []byte {
	tb.Helper()
	src, err := t.encode()
	if err != nil {
		tb.Fatal(err)
	}
	return src
}

func TestParseTable(t *testing.T) {
	for _, version := range []string{"1.2.3", "0.0.0-dev", "10.20.30-rc.1"} {
		want := sample(version)
		got, err := parseTable(encoded(t, want))
		if err != nil {
			t.Errorf("%s: %v", version, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", version, diff)
		}
	}
}

// TestParseTableRefuses writes tables that would send the action elsewhere, or that another reader could read otherwise.
func TestParseTableRefuses(t *testing.T) {
	change := func(what func(*table)) func([]byte) []byte {
		return func([]byte) []byte {
			bad := sample("1.2.3")
			what(&bad)
			return encoded(t, bad)
		}
	}
	changeAsset := func(what func(*asset)) func([]byte) []byte {
		return change(func(bad *table) {
			a := bad.Assets["linux-x64"]
			what(&a)
			bad.Assets["linux-x64"] = a
		})
	}
	replace := func(old, by string) func([]byte) []byte {
		return func(src []byte) []byte { return bytes.Replace(src, []byte(old), []byte(by), 1) }
	}
	for name, tt := range map[string]struct {
		bad  func([]byte) []byte
		want string
	}{
		"empty":             {func([]byte) []byte { return nil }, "unexpected EOF"},
		"cut off":           {func(src []byte) []byte { return src[:len(src)/2] }, "unexpected EOF"},
		"another schema":    {change(func(t *table) { t.Schema = 2 }), "schema 2: expected 1"},
		"version with a v":  {change(func(t *table) { t.Version = "v1.2.3" }), "without a v"},
		"version as a path": {change(func(t *table) { t.Version = "1.2.3-../../x" }), "expected one like"},
		"short commit":      {change(func(t *table) { t.Commit = "c0ffee0" }), "all 40"},
		"commit as a flag":  {change(func(t *table) { t.Commit = "--upload-pack=touch" }), "all 40"},
		"platform missing":  {change(func(t *table) { delete(t.Assets, "win32-arm64") }), "win32-arm64 is missing"},
		"another platform":  {change(func(t *table) { t.Assets["linux-riscv64"] = t.Assets["linux-x64"] }), `nothing is built for "linux-riscv64"`},
		"another's name":    {changeAsset(func(a *asset) { a.Name = "../../curfew" }), `name "../../curfew", expected`},
		"another host":      {changeAsset(func(a *asset) { a.URL = strings.Replace(a.URL, "github.com", "github.com.evil.example", 1) }), "evil.example"},
		"another version's": {changeAsset(func(a *asset) { a.URL = strings.Replace(a.URL, "v1.2.3", "v1.2.2", 1) }), "expected"},
		"no digest":         {changeAsset(func(a *asset) { a.SHA256 = "" }), "64 hexadecimal digits"},
		"upper case":        {changeAsset(func(a *asset) { a.SHA256 = strings.ToUpper(a.SHA256) }), "in lower case"},
		"no size":           {changeAsset(func(a *asset) { a.Bytes = 0 }), "0 bytes"},
		"unknown key":       {replace(`"schema": 1,`, `"schema": 1, "mirror": "evil.example",`), `unknown field "mirror"`},
		"a key twice":       {replace(`"version": "1.2.3",`, `"version": "6.6.6", "version": "1.2.3",`), "isn't written as"},
		"a key's namesake":  {replace(`"version"`, `"Version"`), "isn't written as"},
		"another order":     {func(src []byte) []byte { return bytes.ReplaceAll(src, []byte("  "), nil) }, "isn't written as"},
		"more after it":     {func(src []byte) []byte { return append(src, src...) }, "isn't written as"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseTable(tt.bad(encoded(t, sample("1.2.3"))))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that has %q", err, tt.want)
			}
		})
	}
}

// FuzzParseTable: a table is legal in the one way of writing it only.
func FuzzParseTable(f *testing.F) {
	f.Add(encoded(f, sample("1.2.3")))
	f.Add([]byte(`{"schema":1,"version":"1.2.3","commit":"","assets":{}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := parseTable(src)
		if err != nil {
			return
		}
		if again := encoded(t, got); !bytes.Equal(again, src) {
			t.Errorf("%q is read as %q", src, again)
		}
	})
}
