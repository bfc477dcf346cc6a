package source_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/source"
)

func TestPos(t *testing.T) {
	text := source.NewText("f", []byte("ab\r\nčd\n\n😀x"))
	for _, tc := range []struct {
		off  int
		want source.Pos
	}{
		{-1, source.Pos{Line: 1, Col: 1, Offset: 0}},
		{0, source.Pos{Line: 1, Col: 1, Offset: 0}},
		{3, source.Pos{Line: 1, Col: 4, Offset: 3}}, // the LF belongs to its line
		{4, source.Pos{Line: 2, Col: 1, Offset: 4}},
		{6, source.Pos{Line: 2, Col: 2, Offset: 6}}, // č is two bytes, one column
		{8, source.Pos{Line: 3, Col: 1, Offset: 8}},
		{9, source.Pos{Line: 4, Col: 1, Offset: 9}},
		{13, source.Pos{Line: 4, Col: 2, Offset: 13}},
		{99, source.Pos{Line: 4, Col: 3, Offset: 14}},
	} {
		got := text.Pos(tc.off)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("Pos(%d) (-want +got):\n%s", tc.off, diff)
		}
		if tc.off == got.Offset && text.Offset(got.Line, got.Col) != got.Offset {
			t.Errorf("Offset(%v) = %d, want %d", got, text.Offset(got.Line, got.Col), got.Offset)
		}
	}
}

func TestLineAt(t *testing.T) {
	text := source.NewText("f", []byte("a\r\n\nb"))
	var got []string
	for n := 0; n <= text.Lines()+1; n++ {
		got = append(got, string(text.LineAt(n)))
	}
	if diff := cmp.Diff([]string{"", "a", "", "b", ""}, got); diff != "" {
		t.Errorf("lines 0 to 4 (-want +got):\n%s", diff)
	}
}

func TestOffsetStaysInLine(t *testing.T) {
	text := source.NewText("f", []byte("ab\ncd"))
	if got := text.Offset(1, 99); got != 3 {
		t.Errorf("Offset(1, 99) = %d, want 3: the end of line 1", got)
	}
}
