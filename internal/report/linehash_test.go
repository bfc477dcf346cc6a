package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/source"
)

type vector struct {
	Name  string
	Parts []struct {
		Base64 []byte
		Times  int
	}
	Hashes []string
}

func (v vector) content() []byte {
	var b []byte
	for _, p := range v.Parts {
		b = append(b, bytes.Repeat(p.Base64, p.Times)...)
	}
	return b
}

func TestLineHashesAgreeWithCodeqlAction(t *testing.T) {
	src, err := os.ReadFile("testdata/linehash/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(src, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 80 {
		t.Fatalf("%d vectors, expected at least 80", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			content := v.content()
			if diff := cmp.Diff(v.Hashes, lineHashes(content, len(v.Hashes)+5)); diff != "" {
				t.Errorf("hashes of the whole file (-codeql-action +curfew):\n%s", diff)
			}
			for last := 1; last <= len(v.Hashes); last++ {
				if diff := cmp.Diff(v.Hashes[:last], lineHashes(content, last)); diff != "" {
					t.Fatalf("hashes up to line %d (-codeql-action +curfew):\n%s", last, diff)
				}
			}
		})
	}
}

func TestLineHasherReadsEachFileOnce(t *testing.T) {
	read := map[string]int{}
	h := lineHasher{files: map[string][]string{}, source: func(path string) ([]byte, error) {
		read[path]++
		if path == "gone" {
			return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
		}
		return []byte("a\nb\nc\n"), nil
	}}
	at := func(path string, line int) *finding.Finding {
		return &finding.Finding{Region: source.Region{Path: path, Span: source.Span{Start: source.Pos{Line: line}}}}
	}
	found := []*finding.Finding{at("x", 2), at("x", 1), at("y", 0), at("gone", 1), at("", 0)}
	if err := h.load(found); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"x": 1, "y": 1, "gone": 1}, read); diff != "" {
		t.Errorf("reads (-want +got):\n%s", diff)
	}
	all := lineHashes([]byte("a\nb\nc\n"), 4)
	for _, c := range []struct {
		f    *finding.Finding
		want string
	}{
		{at("x", 1), all[0]}, {at("x", 2), all[1]}, {at("x", 9), ""}, {at("y", 0), all[0]}, {at("gone", 1), ""}, {at("", 0), ""},
	} {
		if got := h.at(c.f.Region); got != c.want {
			t.Errorf("hash at %s: got %q, want %q", c.f.Region, got, c.want)
		}
	}
}

func TestLineHasherFailsWhereAFileCannotBeRead(t *testing.T) {
	h := lineHasher{files: map[string][]string{}, source: func(string) ([]byte, error) { return nil, fs.ErrPermission }}
	err := h.load([]*finding.Finding{{Region: source.Region{Path: "x"}}})
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want an error that wraps %v", err, fs.ErrPermission)
	}
}
