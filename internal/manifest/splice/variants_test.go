package splice

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// sample is a manifest that tests edit.
type sample struct {
	name string
	src  []byte
}

// samples are the manifests of testdata, and each of them in some other formats where it is right in them
// too.
func samples(t testing.TB) []sample {
	t.Helper()
	files, err := filepath.Glob("testdata/manifests/*.yml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d manifests: %v", len(files), err)
	}
	var out []sample
	all := formats()
	for i, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		out = append(out, sample{name, src})
		for _, k := range []int{i, i + 5} {
			f := all[k%len(all)]
			s := sample{name + "+" + f.name, f.of(src)}
			if _, errs := manifest.Parse(s.name, s.src); len(errs) == 0 && !bytes.Equal(s.src, src) {
				out = append(out, s)
			}
		}
	}
	if len(out) < 40 {
		t.Fatalf("only %d manifests", len(out))
	}
	return out
}

// format writes a manifest another way.
type format struct {
	name string
	of   func(src []byte) []byte
}

func formats() []format {
	all := func(old, text string) func([]byte) []byte {
		return func(src []byte) []byte { return bytes.ReplaceAll(src, []byte(old), []byte(text)) }
	}
	return []format{
		{"crlf", all("\n", "\r\n")},
		{"cr", all("\n", "\r")},
		{"nel", all("\n", "\u0085")},
		{"no-end", func(src []byte) []byte { return bytes.TrimRight(src, "\n") }},
		{"mark", func(src []byte) []byte { return append([]byte("\ufeff"), src...) }},
		{"spaces-at-end", all("\n", "  \n")},
		{"blank-lines", all("\n", "\n\n")},
		{"comment-lines", commented},
		{"comments-behind", func(src []byte) []byte {
			return all("\n", " #\tbehind\n")(bytes.ReplaceAll(src, []byte("\n\n"), []byte("\n")))
		}},
		{"crlf-comments-no-end", func(src []byte) []byte {
			return bytes.TrimRight(all("\n", " # behind\r\n")(src), "\r\n")
		}},
	}
}

// commented puts a comment of the same indentation above each line.
func commented(src []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(src) {
		trimmed := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(trimmed)) > 0 && trimmed[0] != '%' {
			out.Write(line[:len(line)-len(trimmed)])
			out.WriteString("# above\t# it\n")
		}
		out.Write(line)
	}
	return out.Bytes()
}
