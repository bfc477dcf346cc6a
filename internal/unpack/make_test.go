package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// file is one entry of an archive to make.
type file struct{ name, content string }

func zipOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, f := range files {
		e, err := w.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func tarOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.content)), Typeflag: tar.TypeReg}
		if target, ok := strings.CutPrefix(f.content, "-> "); ok {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, target, 0
			f.content = ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func gzipOf(t testing.TB, content []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// bzip2Text is "a text\n"; the standard library doesn't write bzip2.
func bzip2Text(t testing.TB) []byte {
	t.Helper()
	data, err := hex.DecodeString("425a68393141592653597dc278b100000151800010400022000440200021800c02c6f5dc5dc914e14241f709e2c4")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// oldTar is a tar of one file as it was written before POSIX: without the magic word, which counts in the checksum.
func oldTar(data []byte) []byte {
	clear(data[257:265])
	sum := 8 * int(' ')
	for i, c := range data[:512] {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	copy(data[148:], fmt.Sprintf("%06o\x00 ", sum))
	return data
}

// damage returns data with the byte at a distance from each occurrence of what is before it put to another.
func damage(data []byte, before string, distance int, value byte) []byte {
	for i := range data {
		if bytes.HasPrefix(data[i:], []byte(before)) {
			data[i+distance] = value
		}
	}
	return data
}
