package unpack_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/unpack"
)

// walk returns what Walk visits and skips, as lines.
func walk(t *testing.T, name string, data []byte, limits unpack.Limits) (visits, skips []string) {
	t.Helper()
	skipped, err := unpack.Walk(t.Context(), name, data, limits, func(inner string, content []byte) error {
		visits = append(visits, fmt.Sprintf("%s: %.40q", inner, content))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range skipped {
		if s.Fix == "" {
			t.Errorf("%s is skipped (%s) without a word of what to do", s.Path, s.Reason)
		}
		skips = append(skips, s.Path+": "+s.Reason)
	}
	return visits, skips
}

func TestWalk(t *testing.T) {
	text := file{"dir/a.txt", "text"}
	for _, tc := range []struct {
		name   string
		data   []byte
		visits []string
		skips  []string
	}{
		{"a.zip", zipOf(t, text, file{"b", ""}), []string{`a.zip!dir/a.txt: "text"`, `a.zip!b: ""`}, nil},
		{"a.tar", tarOf(t, text, file{"b", "more"}), []string{`a.tar!dir/a.txt: "text"`, `a.tar!b: "more"`}, nil},
		{"old.tar", oldTar(tarOf(t, text)), []string{`old.tar!dir/a.txt: "text"`}, nil},
		{"a.tar.gz", gzipOf(t, tarOf(t, text)), []string{`a.tar.gz!dir/a.txt: "text"`}, nil},
		{"log/a.txt.gz", gzipOf(t, []byte("text")), []string{`log/a.txt.gz!a.txt: "text"`}, nil},
		{"a.gz", append(gzipOf(t, []byte("one, ")), gzipOf(t, []byte("two"))...), []string{`a.gz!a: "one, two"`}, nil},
		{"empty.gz", gzipOf(t, nil), []string{`empty.gz!empty: ""`}, nil},
		{"a.bz2", bzip2Text(t), []string{`a.bz2!a: "a text\n"`}, nil},
		{"empty.zip", zipOf(t), nil, nil},
		{"folders.zip", zipOf(t, file{"dir/", ""}), nil, nil},
		{"links.tar", tarOf(t, file{"link", "-> /etc/passwd"}, text), []string{`links.tar!dir/a.txt: "text"`}, nil},
		{
			"outer.zip", zipOf(t, file{"lib/in.jar", string(zipOf(t, text))}, file{"x.tgz", string(gzipOf(t, tarOf(t, text)))}),
			[]string{`outer.zip!lib/in.jar!dir/a.txt: "text"`, `outer.zip!x.tgz!dir/a.txt: "text"`},
			nil,
		},
		{"evil.tar", tarOf(t, file{"../../up", "1"}), []string{`evil.tar!up: "1"`}, nil},
		{"app", append([]byte("#!/usr/bin/env python\n"), zipOf(t, text)...), []string{`app!dir/a.txt: "text"`}, nil},
		{"a.xz", []byte("\xFD7zXZ\x00 and so on"), nil, []string{"a.xz: an archive of kind xz, which is not read"}},
		{
			"a.zip", zipOf(t, file{"b.7z", "7z\xBC\xAF\x27\x1C"}, text),
			[]string{`a.zip!dir/a.txt: "text"`},
			[]string{"a.zip!b.7z: an archive of kind 7z, which is not read"},
		},
		{
			"half.gz", gzipOf(t, []byte("text that goes on"))[:20],
			[]string{`half.gz!half: "text that"`},
			[]string{"half.gz!half: corrupt after 9 bytes: unexpected EOF"},
		},
		{"half.zip", zipOf(t, text)[:40], nil, []string{"half.zip: corrupt: zip: not a valid zip file"}},
		{
			"half.tar", tarOf(t, text, file{"b", strings.Repeat("x", 600)})[:1024+512+100],
			[]string{`half.tar!dir/a.txt: "text"`, `half.tar!b: "` + strings.Repeat("x", 40) + `"`},
			[]string{"half.tar!b: corrupt after 100 bytes: unexpected EOF", "half.tar: corrupt after 2 files: unexpected EOF"},
		},
		{"not.gz", []byte("\x1F\x8B\x08"), nil, []string{"not.gz: corrupt: unexpected EOF"}},
		{
			"sum.zip", damage(zipOf(t, text), "PK\x07\x08", 4, 0),
			[]string{`sum.zip!dir/a.txt: "text"`},
			[]string{"sum.zip!dir/a.txt: corrupt after 4 bytes: zip: checksum error"},
		},
		{"locked.zip", damage(zipOf(t, text), "PK\x01\x02", 8, 1), nil, []string{"locked.zip!dir/a.txt: encrypted"}},
		{"lzma.zip", damage(zipOf(t, text), "PK\x01\x02", 10, 14), nil, []string{"lzma.zip!dir/a.txt: compressed by method 14, which is not read"}},
		{
			"a.zip", zipOf(t, file{"broken.gz", "\x1F\x8B\x08 is how a gzip begins"}),
			[]string{`a.zip!broken.gz: "\x1f\x8b\b is how a gzip begins"`},
			[]string{"a.zip!broken.gz: corrupt: flate: corrupt input before offset 5"},
		},
		{"padded.tar", append(tarOf(t, text), make([]byte, 20<<10)...), []string{`padded.tar!dir/a.txt: "text"`}, nil},
		{
			"two.tar", append(append(tarOf(t, text), make([]byte, 100<<10)...), tarOf(t, file{"b", "more"})...),
			[]string{`two.tar!dir/a.txt: "text"`},
			[]string{"two.tar: something follows its end: that is left out"},
		},
		{
			"two.tgz", append(gzipOf(t, tarOf(t, text)), gzipOf(t, tarOf(t, file{"b", "more"}))...),
			[]string{`two.tgz!dir/a.txt: "text"`},
			[]string{"two.tgz: something follows its end: that is left out"},
		},
		{
			"tail.tgz", append(gzipOf(t, tarOf(t, text)), "tail"...),
			[]string{`tail.tgz!dir/a.txt: "text"`},
			[]string{"tail.tgz: corrupt after its end: unexpected EOF"},
		},
		{"note.txt", []byte("plain text"), nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			visits, skips := walk(t, tc.name, tc.data, unpack.DefaultLimits())
			if diff := cmp.Diff(tc.visits, visits); diff != "" {
				t.Errorf("visits (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.skips, skips); diff != "" {
				t.Errorf("skips (-want +got):\n%s", diff)
			}
			if want := tc.name != "note.txt"; unpack.IsArchive(tc.data) != want {
				t.Errorf("IsArchive = %v, want %v", !want, want)
			}
		})
	}
}

// TestNames: what archives call their files is for reading only, and must not do anything to the reader.
func TestNames(t *testing.T) {
	for _, tc := range []struct{ name, want string }{
		{"../../up", "a.zip!up"},
		{"dir/../../up", "a.zip!up"},
		{"/etc/abs", "a.zip!etc/abs"},
		{`C:\dir\x`, "a.zip!C:/dir/x"},
		{"a\x1b[31m\nb\xff\u202e", "a.zip!a\uFFFD[31m\uFFFDb\uFFFD\uFFFD"},
		{".", "a.zip!(no name)"},
		{strings.Repeat("n", 2000), "a.zip!…" + strings.Repeat("n", 1024)},
	} {
		visits, skips := walk(t, "a.zip", zipOf(t, file{tc.name, ""}), unpack.DefaultLimits())
		if diff := cmp.Diff([]string{tc.want + `: ""`}, visits); diff != "" || skips != nil {
			t.Errorf("%.40q (-want +got):\n%s\nskips: %q", tc.name, diff, skips)
		}
	}
}

func TestLimits(t *testing.T) {
	three := zipOf(t, file{"1", "one"}, file{"2", "two"}, file{"3", "three"})
	nested := zipOf(t, file{"2.zip", string(zipOf(t, file{"3.zip", string(three)}, file{"a", "text"}))})
	bomb := gzipOf(t, make([]byte, 80<<20))
	limits := func(change func(*unpack.Limits)) unpack.Limits {
		l := unpack.DefaultLimits()
		change(&l)
		return l
	}
	zeros := `%s: "` + strings.Repeat(`\x00`, 40)
	for _, tc := range []struct {
		name   string
		data   []byte
		limits unpack.Limits
		visits []string
		skips  []string
	}{
		{
			"depth", nested, limits(func(l *unpack.Limits) { l.Depth = 2 }),
			[]string{`f!2.zip!a: "text"`},
			[]string{"f!2.zip!3.zip: nested deeper than 2 archives"},
		},
		{"no depth", three, limits(func(l *unpack.Limits) { l.Depth = 0 }), nil, []string{"f: nested deeper than 0 archives"}},
		{
			"files of a zip", three, limits(func(l *unpack.Limits) { l.Entries = 2 }),
			nil,
			[]string{"f: lists more than 2 files"},
		},
		{
			"files of a tar", tarOf(t, file{"1", "one"}, file{"2", "two"}, file{"3", "three"}), limits(func(l *unpack.Limits) { l.Entries = 2 }),
			[]string{`f!1: "one"`, `f!2: "two"`},
			[]string{"f: holds more than 2 files: the rest is left out"},
		},
		{
			"bytes of a file", three, limits(func(l *unpack.Limits) { l.EntryBytes = 3 }),
			[]string{`f!1: "one"`, `f!2: "two"`, `f!3: "thr"`},
			[]string{"f!3: larger than 3 bytes: the rest is left out"},
		},
		{
			"bytes of all", three, limits(func(l *unpack.Limits) { l.TotalBytes = 5 }),
			[]string{`f!1: "one"`, `f!2: "tw"`},
			[]string{"f: unpacks to more than 5 bytes: the rest is left out"},
		},
		{
			"bomb", bomb, limits(func(l *unpack.Limits) { l.EntryBytes = 100 << 20 }),
			[]string{fmt.Sprintf(zeros, "f!f") + `"`},
			[]string{"f: unpacks to more than 67108864 bytes: the rest is left out"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			visits, skips := walk(t, "f", tc.data, tc.limits)
			if diff := cmp.Diff(tc.visits, visits); diff != "" {
				t.Errorf("visits (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.skips, skips); diff != "" {
				t.Errorf("skips (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWalkEnds: the caller's error and the end of its context end the walk, and come back.
func TestWalkEnds(t *testing.T) {
	data := gzipOf(t, tarOf(t, file{"1", "one"}, file{"2", "two"}))
	stop, n := errors.New("enough"), 0
	_, err := unpack.Walk(t.Context(), "f", data, unpack.DefaultLimits(), func(string, []byte) error { n++; return stop })
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("error %v after %d visits, want %v after 1", err, n, stop)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n = 0
	_, err = unpack.Walk(ctx, "f", data, unpack.DefaultLimits(), func(string, []byte) error { n++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("error %v after %d visits, want %v after 1", err, n, context.Canceled)
	}
}

// FuzzWalk: no bytes make Walk panic or go beyond its limits, and what it tells is complete.
func FuzzWalk(f *testing.F) {
	text := file{"dir/a.txt", "text"}
	f.Add(zipOf(f, text, file{"../b", "x"}))
	f.Add(tarOf(f, text, file{"link", "-> a"}))
	f.Add(gzipOf(f, tarOf(f, text)))
	f.Add(bzip2Text(f))
	f.Add(zipOf(f, file{"in.zip", string(zipOf(f, text))}, file{"in.gz", string(gzipOf(f, []byte("text")))}))
	f.Add(append([]byte("#!/bin/sh\n"), zipOf(f, text)...))
	limits := unpack.Limits{Depth: 3, Entries: 50, EntryBytes: 1 << 10, TotalBytes: 1 << 14, Ratio: 10}
	f.Fuzz(func(t *testing.T, data []byte) {
		var files int
		var total int64
		skips, err := unpack.Walk(t.Context(), "f", data, limits, func(inner string, content []byte) error {
			if !strings.HasPrefix(inner, "f!") || strings.ContainsAny(inner, "\x00\x1b\n") {
				t.Errorf("a file is called %q", inner)
			}
			if int64(len(content)) > limits.EntryBytes {
				t.Errorf("%s has %d bytes", inner, len(content))
			}
			files++
			total += int64(len(content))
			return nil
		})
		if err != nil {
			t.Errorf("Walk: %v", err)
		}
		if files > limits.Entries || total > limits.TotalBytes {
			t.Errorf("%d files, %d bytes", files, total)
		}
		for _, s := range skips {
			if !strings.HasPrefix(s.Path, "f") || s.Reason == "" || s.Fix == "" {
				t.Errorf("skip %+v", s)
			}
		}
		if !unpack.IsArchive(data) && (files > 0 || len(skips) > 0) {
			t.Errorf("no archive, and yet %d files and the skips %v", files, skips)
		}
	})
}
