package secret

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/source"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("x", excerptBytes)
	tests := []struct {
		name, text string
		from, to   int
		hidden     []redact.Range
		want       []string
	}{
		{"a line", "one\ntwo\nthree\n", 4, 7, nil, []string{"two"}},
		{"what is hidden in it", "one\ntwo\nthree\n", 4, 7, []redact.Range{{Start: 0, End: 3}, {Start: 5, End: 6}, {Start: 8, End: 13}}, []string{"t*o"}},
		{"what is hidden over its ends", "one\ntwo\nthree\n", 4, 7, []redact.Range{{Start: 2, End: 5}, {Start: 6, End: 9}}, []string{"*w*"}},
		{"the first of many lines", "1\n2\n3\n4\n5\n6\n", 0, 11, nil, []string{"1", "2", "3", "4", "5"}},
		{"as long as a line may be", long + "\n", 0, 3, nil, []string{long}},
		{"a longer line", long + "x\n", 0, 3, nil, nil},
		{"a longer line among others", "a\n" + long + "x\n", 0, 5, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := source.NewText("a.txt", []byte(tt.text))
			r := source.Region{Path: "a.txt", Span: source.Span{Start: text.Pos(tt.from), End: text.Pos(tt.to)}}
			got := Excerpt(text, r, tt.hidden, NewMasker())
			for i := range got {
				got[i] = strings.Map(func(r rune) rune {
					if r > unicode.MaxASCII {
						return '*' // what a hidden character is shown as
					}
					return r
				}, got[i])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}
