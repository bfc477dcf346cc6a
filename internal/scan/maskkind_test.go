package scan

import (
	"context"
	"reflect"
	"testing"
)

// TestMaskKinds: what can't be masked is an error, and never let through as it is.
func TestMaskKinds(t *testing.T) {
	m := &resultMasker{mask: func(context.Context, string) (string, error) { return "hidden", nil }, seen: map[string]string{}}
	for _, v := range []any{
		&struct{ M map[string]string }{map[string]string{"a": "b"}}, &struct{ I any }{"text"}, &struct{ A [1]string }{[1]string{"text"}}, &struct{ S []any }{[]any{"text"}},
	} {
		if err := m.visit(t.Context(), reflect.ValueOf(v).Elem()); err == nil {
			t.Errorf("%T is taken for masked", v)
		}
	}
	ok := struct {
		S []string
		N int
	}{[]string{"text"}, 1}
	if err := m.visit(t.Context(), reflect.ValueOf(&ok).Elem()); err != nil || ok.S[0] != "hidden" {
		t.Error(ok, err)
	}
}
